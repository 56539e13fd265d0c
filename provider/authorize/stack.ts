import { spawn } from "node:child_process";
import { constants } from "node:os";
import { scrub } from "../core/scrub.js";
import { Problem } from "./problem.js";

/** A stack, by way of the Pulumi CLI. */
export interface Stack {
    /** With organization and project: the same one, whatever is selected meanwhile. */
    readonly name: string;
    /** A value of the configuration, secret or not; `undefined` where there is none. */
    read(key: string): Promise<string | undefined>;
    /** Encrypts and stores a value. It goes by way of standard input, and is nowhere else in clear. */
    storeSecret(key: string, value: string): Promise<void>;
    /** Runs `pulumi up --yes` with this process's own streams; its exit code. */
    up(): Promise<number>;
}

/** The stack of this name, or the selected one. */
export async function findStack(name: string | undefined, folder: string): Promise<Stack> {
    const chosen = name === undefined ? [] : ["--stack", name];
    const found = await run(["stack", "--show-name", "--fully-qualify-stack-names", ...chosen], folder);
    if (found.code !== 0) {
        const hint =
            name === undefined ? ". Run it in the project's folder, with a stack selected, or give --stack" : "";
        throw new Problem(`the stack that is to keep the code can't be had: ${found.words}${hint}`);
    }
    const fullName = found.stdout.trim();
    const ofStack = ["--stack", fullName];
    return {
        name: fullName,
        async read(key) {
            const { code, stdout, words } = await run(["config", "get", ...ofStack, "--", key], folder);
            if (code !== 0 && !words.includes("not found for stack")) {
                throw new Problem(`the configuration of stack ${fullName} can't be read: ${words}`);
            }
            const value = stdout.trim();
            return code === 0 && value !== "" ? value : undefined;
        },
        async storeSecret(key, value) {
            const { code, words } = await run(["config", "set", "--secret", ...ofStack, "--", key], folder, value);
            if (code !== 0) {
                throw new Problem(`${key} could not be stored in stack ${fullName}: ${scrub(words, [value])}`);
            }
        },
        up: () => runAttached(["up", "--yes", ...ofStack], folder),
    };
}

interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    /** What Pulumi said of a failure. */
    readonly words: string;
}

function run(args: readonly string[], cwd: string, input = ""): Promise<Ran> {
    return new Promise((resolve, reject) => {
        const child = spawn("pulumi", ["--non-interactive", "--color", "never", ...args], { cwd });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
            stderr += text;
        });
        // It may end before it has read: how it ended says why.
        child.stdin.on("error", () => undefined);
        child.stdin.end(input);
        child.once("error", (error) => reject(startProblem(error)));
        child.once("close", (code) => resolve({ code, stdout, words: stderr.trim().replace(/^error: /, "") }));
    });
}

function runAttached(args: readonly string[], cwd: string): Promise<number> {
    return new Promise((resolve, reject) => {
        const child = spawn("pulumi", args, { cwd, stdio: "inherit" });
        // Ctrl-C reaches it from the terminal, too, and is its own to answer; whoever ends this process means both.
        const wait = () => undefined;
        const end = () => child.kill("SIGTERM");
        process.on("SIGINT", wait).on("SIGTERM", end);
        const settle = () => process.off("SIGINT", wait).off("SIGTERM", end);
        child.once("error", (error) => {
            settle();
            reject(startProblem(error));
        });
        child.once("close", (code, signal) => {
            settle();
            resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
        });
    });
}

function startProblem(error: NodeJS.ErrnoException): Problem {
    return new Problem(
        error.code === "ENOENT" ? "there is no pulumi on the PATH" : `pulumi can't be started: ${error.code}`,
    );
}
