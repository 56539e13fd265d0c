import { execFile } from "node:child_process";

/** The engine that this repository downloads or builds: the newest whose Go modules could be had (modules/go.mod). */
export const pinnedVersion = "3.259.0";

/** The YAML language host that is built where there is none: the newest whose Go module could be had (modules/go.mod). */
export const pinnedYamlVersion = "1.38.1";

/**
 * The oldest `pulumi` on the PATH that is used as it is: the low end of package.json's peer range for @pulumi/pulumi,
 * so that no user whom the package serves is told to install another CLI. The tests were only ever run on
 * {@link pinnedVersion}; asking for that one instead would download an engine for nearly everybody who has one.
 */
export const minimumVersion = "3.142.0";

type Triple = readonly [number, number, number];

function parse(text: string): Triple | undefined {
    const [, major, minor, patch] = /^(?:v|go)?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim()) ?? [];
    return major === undefined ? undefined : [Number(major), Number(minor), Number(patch ?? 0)];
}

/** Whether `version` is at least `minimum`; what can't be read as a version is not. A pre-release counts as its release. */
export function isAtLeast(version: string, minimum: string): boolean {
    const [have, need] = [parse(version), parse(minimum)];
    if (have === undefined || need === undefined) return false;
    const [major, minor, patch] = have.map((part, index) => part - (need[index] ?? 0)) as [number, number, number];
    return (major || minor || patch) >= 0;
}

/** What `pulumi version` of this very binary says, without the `v`; an error that says why where it doesn't. */
export function versionOf(command: string): Promise<string> {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1" };
    return new Promise((resolve, reject) => {
        execFile(command, ["version"], { env, timeout: 15_000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
            const said = (stderr.trim() || stdout.trim()).split("\n")[0]?.slice(0, 200);
            if (error !== null) {
                const what = error.killed ? "no answer in 15 s" : `failed with ${error.code ?? error.signal}`;
                reject(new Error(`\`pulumi version\` ${what}${said ? `: ${said}` : ""}`));
            } else if (parse(stdout) === undefined)
                reject(new Error(`\`pulumi version\` says ${JSON.stringify(said)}`));
            else resolve(stdout.trim().replace(/^v/, ""));
        });
    });
}
