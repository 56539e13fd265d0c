/* `npm run pulumi -- ARGS`: the Pulumi CLI for this repository. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ensureForCommand } from "./command.mts";
import { repositoryRoot } from "./repository.mts";

const burstMs = 1_000;

/**
 * npm runs scripts in the package's root and leaves the caller's directory in INIT_CWD. A program that npm started for
 * another script has that variable too, where it means nothing, as do programs that start this file themselves.
 */
function callersDirectory(): string {
    const { npm_lifecycle_event: script, INIT_CWD } = process.env;
    return script === "pulumi" && INIT_CWD && process.cwd() === repositoryRoot ? INIT_CWD : process.cwd();
}

const engine = await ensureForCommand();

/*
 * Pulumi takes a first interrupt as "finish what is under way" and a second as "stop at once", which leaves pending
 * operations. At a terminal, Ctrl-C reaches its whole foreground group: this process, Pulumi, and npm, which sends it
 * to us once more; so Pulumi already has it and we only wait. Without a terminal, a signal may come to us alone, to
 * the group, or both: Pulumi gets a group of its own, and from us one interrupt for all those of one second.
 */
const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;

const child = spawn(engine.command, process.argv.slice(2), {
    cwd: callersDirectory(),
    env: { ...process.env, ...engine.environment },
    stdio: "inherit",
    detached: !atTerminal,
});

let lastInterrupt = Number.NEGATIVE_INFINITY;
process.on("SIGINT", () => {
    if (atTerminal || performance.now() - lastInterrupt < burstMs) return;
    lastInterrupt = performance.now();
    child.kill("SIGINT");
});
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));

child.on("error", (error) => {
    console.error(`${engine.command} could not be started: ${error.message}`);
    process.exitCode = 1;
});
child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
});
