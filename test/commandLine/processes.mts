import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pathOf = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

export const command = pathOf("command.js");
export const plugin = pathOf("pulumi-resource-entrasync");

export interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** An environment with nothing in it that decides about colours, or signs in anywhere. */
export const bare = { PATH: "/usr/bin:/bin" };

/** How long a process is waited for that says nothing: this bounds a hang on a machine that may be busy. */
export const patienceMs = 120_000;

/** All that a process says, as it comes. */
export function saidBy(child: ChildProcessWithoutNullStreams): { readonly stdout: string; readonly stderr: string } {
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
            said[name] += text;
        });
    }
    return said;
}

/** Runs a program to its end, with pipes in place of a terminal and no input. */
export async function run(
    file: string,
    args: readonly string[],
    { environment = bare, folder }: { environment?: NodeJS.ProcessEnv; folder?: string } = {},
): Promise<Ran> {
    const child = spawn(file, args, { env: environment, ...(folder === undefined ? {} : { cwd: folder }) });
    const said = saidBy(child);
    child.stdin.on("error", () => undefined).end();
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    return { code, ...said };
}

/* `bash --norc`: on a socket, as Node.js has pipes, bash takes itself for a remote shell and reads ~/.bashrc. */

/** Runs one of ours. */
export function runNode(file: string, args: readonly string[], environment: NodeJS.ProcessEnv = bare): Promise<Ran> {
    return run(process.execPath, [file, ...args], { environment });
}

/** Why nothing can be run on a terminal here; `undefined`: it can. */
export const whyNoTerminal =
    process.platform === "linux" && existsSync("/usr/bin/script") ? undefined : "there is no Linux script command";

/**
 * Runs a program on a terminal of its own: `script` opens a real pty. Both streams come as one, with a terminal's line ends.
 *
 * @param typed what is typed, each after these words have been seen.
 */
export async function runOnTerminal(
    words: readonly string[],
    {
        environment = bare,
        folder,
        typed = [],
    }: { environment?: NodeJS.ProcessEnv; folder?: string; typed?: readonly { after: string; text: string }[] } = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const child = spawn("script", ["--quiet", "--return", "--command", `exec ${quoted}`, "/dev/null"], {
        env: { TERM: "xterm-256color", ...environment },
        ...(folder === undefined ? {} : { cwd: folder }),
    });
    let output = "";
    const waiting = [...typed];
    // A shell that waits for a person waits for ever.
    const limit = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        for (let next = waiting[0]; next !== undefined && output.includes(next.after); next = waiting[0]) {
            child.stdin.write(next.text);
            waiting.shift();
        }
    });
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    clearTimeout(limit);
    return { code, output };
}
