import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What a program's processes used. */
export interface ProcessUse {
    /** Of all of them. */
    readonly cpuMs: number;
    /** Of the largest one, at its peak. */
    readonly peakMb: number;
}

const lookMs = 40;
/** /proc counts a processor's time in these. */
const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

export interface Command {
    readonly file: string;
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    /** What it reads from its standard input. Default: nothing. */
    readonly input?: string;
}

/**
 * Runs a command to its end, which must be a good one, and looks meanwhile what those of its descendants use whose command
 * line holds `watched`. By /proc, so on Linux only, and with what comes after the last look left out.
 */
export async function measure(
    { file, args, cwd, env, input = "" }: Command,
    watched: string | undefined,
): Promise<{ readonly wallMs: number; readonly provider: ProcessUse | undefined; readonly stdout: string }> {
    const startedMs = performance.now();
    const child = spawn(file, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(input);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
    });
    const look = watched === undefined ? undefined : watch(child.pid ?? 0, watched);
    const [code, wallMs] = await new Promise<[number | null, number]>((resolve, reject) => {
        let endedMs = 0;
        child.on("error", reject);
        child.on("exit", () => {
            endedMs = performance.now();
        });
        child.on("close", (ended) => resolve([ended, endedMs - startedMs]));
    });
    const provider = look?.();
    if (code !== 0) {
        throw new Error(`${file} ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    }
    return { wallMs, provider, stdout };
}

function watch(root: number, watched: string): () => ProcessUse | undefined {
    const found = new Map<number, { ticks: number; peakKb: number }>();
    let looks = 0;
    const look = () => {
        // To find processes is the expensive part: all of /proc.
        if (looks % 3 === 0) {
            for (const pid of descendants(root, watched)) {
                if (!found.has(pid)) {
                    found.set(pid, { ticks: 0, peakKb: 0 });
                }
            }
        }
        looks += 1;
        for (const [pid, use] of found) {
            use.ticks = Math.max(use.ticks, ticksOf(pid));
            use.peakKb = Math.max(use.peakKb, peakKbOf(pid));
        }
    };
    const timer = setInterval(look, lookMs);
    return () => {
        clearInterval(timer);
        const uses = [...found.values()].filter(({ ticks }) => ticks > 0);
        return uses.length === 0
            ? undefined
            : {
                  cpuMs: (uses.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond) * 1000,
                  peakMb: Math.max(...uses.map(({ peakKb }) => peakKb)) / 1024,
              };
    };
}

function descendants(root: number, watched: string): number[] {
    const parents = new Map<number, number>();
    for (const name of readdirSync("/proc")) {
        const parent = /^\d+$/.test(name) ? statOf(Number(name))?.[1] : undefined;
        if (parent !== undefined) {
            parents.set(Number(name), Number(parent));
        }
    }
    const isBelow = (pid: number): boolean => {
        const parent = parents.get(pid);
        return parent !== undefined && (parent === root || isBelow(parent));
    };
    return [...parents.keys()].filter((pid) => isBelow(pid) && commandLineOf(pid).includes(watched));
}

/** What stands behind the process's name: state, parent, … */
function statOf(pid: number): string[] | undefined {
    const stat = read(`/proc/${pid}/stat`);
    return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function ticksOf(pid: number): number {
    const stat = statOf(pid);
    return stat === undefined ? 0 : Number(stat[11]) + Number(stat[12]);
}

function peakKbOf(pid: number): number {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** The shell that starts the real one has the same words in its command line, and uses nothing: it does no harm. */
function commandLineOf(pid: number): string {
    return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

function read(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        // It has ended meanwhile.
        return "";
    }
}
