import { type Engine, ensureEngine } from "./engine.mts";
import { EngineUnavailable } from "./failure.mts";

/** `ensureEngine` for a command: progress on stderr, so that stdout is Pulumi's alone; exit code 1 without a stack where there is none. */
export async function ensureForCommand(): Promise<Engine> {
    // An exit, unlike death by a signal, lets go of the lock and stops the compiler.
    const stop = () => process.exit(130);
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
        return await ensureEngine({ onProgress: (line) => process.stderr.write(`engine: ${line}\n`) });
    } catch (error) {
        if (!(error instanceof EngineUnavailable)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exit(1);
    } finally {
        process.removeListener("SIGINT", stop).removeListener("SIGTERM", stop);
    }
}
