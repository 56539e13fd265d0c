import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process as Linux's /proc shows it. */
export interface Process {
    readonly pid: number;
    readonly parent: number;
    readonly commandLine: string;
    /** When it was started, in the machine's ticks: with it a process is told from a later one of the same id. */
    readonly startedAt: string;
}

/** The processes below one, at whatever depth. */
export function descendantsOf(pid: number): Process[] {
    const all = processes();
    const below = (parent: number): Process[] =>
        all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
    return below(pid);
}

/** Ends what is left of these, each by its own id. */
export function endLeftovers(known: readonly Process[]): void {
    for (const { pid, startedAt } of known) {
        if (readProcess(pid)?.startedAt === startedAt) {
            process.kill(pid, "SIGKILL");
        }
    }
}

export function isRunning({ pid, startedAt }: Process): boolean {
    return readProcess(pid)?.startedAt === startedAt;
}

/** Waits until it is so; fails with what was waited for where that takes too long. */
export async function until(what: string, isSo: () => boolean, limitMs = 60_000): Promise<void> {
    const endsAtMs = performance.now() + limitMs;
    while (!isSo()) {
        if (performance.now() > endsAtMs) {
            throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
        }
        await sleep(20);
    }
}

function processes(): Process[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((name) => readProcess(Number(name)))
        .filter((one) => one !== undefined);
}

/** `undefined` where there is none, or only what its parent has not buried yet. */
function readProcess(pid: number): Process | undefined {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // The second field is the name, in parentheses, and may hold anything.
        const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return state === "Z" ? undefined : { pid, parent: Number(parent), commandLine, startedAt: rest[17] ?? "" };
    } catch {
        return undefined;
    }
}
