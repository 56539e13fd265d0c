import { minimumVersion, pinnedVersion } from "./version.mts";

/** One rung of the ladder that doesn't hold; its message is a clause, and the ladder goes on. */
export class RungFailure extends Error {
    override readonly name = "RungFailure";
}

/** What is needed can't be had. The message is complete: what was tried, and what to do about it. */
export abstract class Unavailable extends Error {}

/** No rung of the ladder holds. */
export class EngineUnavailable extends Unavailable {
    override readonly name = "EngineUnavailable";

    constructor(tried: readonly string[]) {
        super(
            [
                "There is no Pulumi engine here, and none could be had:",
                ...tried.map((line) => `  - ${line}`),
                "Any one of these helps:",
                `  - install the Pulumi CLI ${minimumVersion} or newer (https://www.pulumi.com/docs/install/) and put its folder on the PATH;`,
                `  - let this machine reach https://get.pulumi.com and https://github.com, for Pulumi ${pinnedVersion};`,
                "  - install Go 1.26 or newer (https://go.dev/doc/install): where a Go module proxy can be reached, the",
                "    engine is then built from its modules: once, in some 7 minutes, with 2 GB for Go's own caches.",
            ].join("\n"),
        );
    }
}

/** The engine has no host for YAML programs, and none could be built. */
export class YamlHostUnavailable extends Unavailable {
    override readonly name = "YamlHostUnavailable";

    constructor(tried: readonly string[]) {
        super(
            [
                "There is no pulumi-language-yaml here, which runs YAML programs, and none could be had:",
                ...tried.map((line) => `  - ${line}`),
                "Any one of these helps:",
                `  - install the Pulumi CLI ${minimumVersion} or newer (https://www.pulumi.com/docs/install/), which brings`,
                "    it along, and put its folder on the PATH;",
                "  - install Go 1.26 or newer (https://go.dev/doc/install): where a Go module proxy can be reached, it is",
                "    then built from its module, once.",
            ].join("\n"),
        );
    }
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
