import { type Engine, ensureEngine } from "./engine.mts";
import { Unavailable } from "./failure.mts";

/** `ensureEngine` for a command. */
export function ensureForCommand(): Promise<Engine> {
    return forCommand(ensureEngine);
}

/** Progress on stderr, so that stdout is Pulumi's alone; exit code 1 without a stack where what is needed can't be had. */
export async function forCommand<T>(
    ensure: (options: { onProgress: (line: string) => void }) => Promise<T>,
): Promise<T> {
    // An exit, unlike death by a signal, lets go of the lock and stops the compiler.
    const stop = () => process.exit(130);
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
        return await ensure({ onProgress: (line) => process.stderr.write(`engine: ${line}\n`) });
    } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exit(1);
    } finally {
        process.removeListener("SIGINT", stop).removeListener("SIGTERM", stop);
    }
}
