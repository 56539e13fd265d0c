/* `npm run pulumi -- ARGS`: the Pulumi CLI for this repository. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ensureForCommand, forCommand } from "./command.mts";
import { isYamlProject, projectDirectory } from "./project.mts";
import { repositoryRoot } from "./repository.mts";
import { ensureYamlHost } from "./yamlHost.mts";

const burstMs = 1_000;

/**
 * npm runs scripts in the package's root and leaves the caller's directory in INIT_CWD. A program that npm started for
 * another script has that variable too, where it means nothing, as do programs that start this file themselves.
 */
function callersDirectory(): string {
    const { npm_lifecycle_event: script, INIT_CWD } = process.env;
    return script === "pulumi" && INIT_CWD && process.cwd() === repositoryRoot ? INIT_CWD : process.cwd();
}

const directory = callersDirectory();
const args = process.argv.slice(2);
const engine = await ensureForCommand();

/*
 * A YAML project gets its host at whichever command comes first, even one that would not start it: which ones do is
 * Pulumi's affair and changes. The alternative, a stub that builds when the engine starts it, was rejected: its progress
 * would drown in the engine's display, and an interrupt would be the engine's to pass on.
 */
const { environment } = isYamlProject(projectDirectory(args, directory))
    ? await forCommand((options) => ensureYamlHost(engine, options))
    : engine;

/*
 * Pulumi takes a first interrupt as "finish what is under way" and a second as "stop at once", which leaves pending
 * operations. At a terminal, Ctrl-C reaches its whole foreground group: this process, Pulumi, and npm, which sends it
 * to us once more; so Pulumi already has it and we only wait. Without a terminal, a signal may come to us alone, to
 * the group, or both: Pulumi gets a group of its own, and from us one interrupt for all those of one second.
 */
const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;

const child = spawn(engine.command, args, {
    cwd: directory,
    env: { ...process.env, ...environment },
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
