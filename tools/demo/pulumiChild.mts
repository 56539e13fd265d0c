import { spawn } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";

/** The person pressed Ctrl-C, and Pulumi has come to its end. */
export class Interrupted extends Error {
    override readonly message = "Interrupted.";
}

/**
 * Runs the repository's Pulumi to its end. `quiet` shows its output only where it fails; with `fails`, it has to.
 *
 * Interrupted, it waits for Pulumi to stop in order, which `tools/engine/pulumi.mts` sees to, and throws `Interrupted`.
 */
export async function runPulumi(
    args: readonly string[],
    options: {
        environment: NodeJS.ProcessEnv;
        interruption: AbortSignal;
        quiet?: boolean;
        input?: string;
        fails?: boolean;
    },
): Promise<void> {
    if (options.interruption.aborted) {
        throw new Interrupted();
    }
    const child = spawn(process.execPath, [join(repositoryRoot, "tools/engine/pulumi.mts"), ...args], {
        cwd: repositoryRoot,
        env: options.environment,
        stdio: [
            options.input === undefined ? "ignore" : "pipe",
            options.quiet ? "pipe" : "inherit",
            options.quiet ? "pipe" : "inherit",
        ],
    });
    const output: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
    child.stdin?.end(options.input);
    options.interruption.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
    const code = await new Promise<number | null>((resolve, reject) => {
        child.on("error", reject).on("close", resolve);
    });
    if (options.interruption.aborted) {
        throw new Interrupted();
    }
    const { fails = false } = options;
    if (fails !== (code !== 0)) {
        process.stderr.write(Buffer.concat(output));
        throw new Error(`pulumi ${args.join(" ")} ended with code ${code}.`);
    }
}
