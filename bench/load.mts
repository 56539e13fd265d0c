import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repositoryRoot } from "../tools/engine/repository.mts";
import { measure } from "./processes.mts";

/** What it costs to load something, in a fresh process each. */
export interface Load {
    readonly ms: number;
    readonly mb: number;
    /** Files that Node.js loaded as modules. */
    readonly modules: number;
    /** Packages of theirs, beside our own. */
    readonly packages: readonly string[];
}

export interface Loads {
    /** `require("pulumi-entrasync")`, after `@pulumi/pulumi`. */
    readonly program: readonly Load[];
    /** `require("pulumi-entrasync/runtime")`, in a process that has loaded nothing. */
    readonly runtime: readonly Load[];
    /** The plugin, from its start to its port. */
    readonly plugin: readonly Pick<Load, "ms" | "mb">[];
    /** Pulumi's host of dynamic providers, likewise: what ours is started beside or instead of. */
    readonly dynamicHost: readonly Pick<Load, "ms" | "mb">[];
}

export async function measureLoads(rounds: number): Promise<Loads> {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-load-"));
    try {
        for (const [name, target] of [
            ["pulumi-entrasync", repositoryRoot],
            ["@pulumi/pulumi", join(repositoryRoot, "node_modules/@pulumi/pulumi")],
        ] as const) {
            const place = join(folder, "node_modules", name);
            mkdirSync(dirname(place), { recursive: true });
            symlinkSync(target, place);
        }
        const loads = { program: [] as Load[], runtime: [] as Load[], plugin: [] as Port[], dynamicHost: [] as Port[] };
        // The first of each fills the file system's cache, and does not count.
        for (let round = 0; round <= rounds; round += 1) {
            const [program, runtime, plugin, dynamicHost] = [
                await load(folder, "pulumi-entrasync", "@pulumi/pulumi"),
                await load(folder, "pulumi-entrasync/runtime"),
                await port(folder, join(repositoryRoot, "dist/pulumi-resource-entrasync")),
                await port(folder, join(repositoryRoot, "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs")),
            ];
            if (round > 0) {
                loads.program.push(program);
                loads.runtime.push(runtime);
                loads.plugin.push(plugin);
                loads.dynamicHost.push(dynamicHost);
            }
        }
        return loads;
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

type Port = Pick<Load, "ms" | "mb">;

async function load(folder: string, name: string, before?: string): Promise<Load> {
    const script = `
        const Module = require("node:module");
        ${before === undefined ? "" : `require(${JSON.stringify(before)});`}
        const known = new Set(Object.keys(require.cache));
        global.gc();
        const memory = () => { const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; };
        const bytesBefore = memory();
        const startedMs = performance.now();
        require(${JSON.stringify(name)});
        const ms = performance.now() - startedMs;
        global.gc();
        const mb = (memory() - bytesBefore) / 2 ** 20;
        process.stdout.write(JSON.stringify({ ms, mb, files: Object.keys(require.cache).filter((file) => !known.has(file)) }));
    `;
    const args = ["--expose-gc", "--input-type=commonjs", "-e", script];
    const { stdout } = await measure({ file: process.execPath, args, cwd: folder, env: {} }, undefined);
    const { ms, mb, files } = JSON.parse(stdout) as { ms: number; mb: number; files: readonly string[] };
    const packages = files.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
    return { ms, mb, modules: files.length, packages: [...new Set(packages)] };
}

/** Starts it as an engine does, to the first line on its standard output, and ends it with all that it started. */
async function port(folder: string, command: string): Promise<Port> {
    const startedMs = performance.now();
    const child = spawn(command, ["127.0.0.1:1"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
        // A group of its own: the dynamic host is a shell script that leaves its node behind.
        detached: true,
        env: { PATH: [dirname(process.execPath), process.env.PATH].join(":"), HOME: folder, TMPDIR: folder },
    });
    const closed = new Promise((resolve) => child.on("close", resolve));
    try {
        await new Promise<void>((resolve, reject) => {
            child.on("error", reject).on("close", (code) => reject(new Error(`${command} ended with ${code}`)));
            child.stdout.setEncoding("utf8").on("data", (text: string) => text.includes("\n") && resolve());
        });
        const ms = performance.now() - startedMs;
        return { ms, mb: peakMbOfGroup(child.pid ?? 0) };
    } finally {
        if (child.pid !== undefined && child.exitCode === null) {
            process.kill(-child.pid, "SIGKILL");
        }
        await closed;
    }
}

/** The plugin is one process; the host of dynamic providers is a shell and its one child. */
function peakMbOfGroup(pid: number): number {
    const children = readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
    return Math.max(
        ...[pid, ...children].map(
            (one) => Number(/^VmHWM:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${one}/status`))?.[1] ?? 0) / 1024,
        ),
    );
}

function readOrEmpty(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}
