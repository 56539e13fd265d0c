import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";

export const repositoryRoot = resolve(import.meta.dirname, "../..");

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-tools-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

export function write(file: string, text: string): string {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
}

export function writeScript(file: string, ...lines: string[]): string {
    write(file, ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(file, 0o755);
    return file;
}

export interface Result {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

export interface Running {
    readonly pid: number;
    readonly kill: (signal: NodeJS.Signals) => void;
    /** Resolves once `text` was printed on either stream. */
    readonly prints: (text: string) => Promise<void>;
    readonly result: Promise<Result>;
}

/** Starts one of the tools, as npm would, without a shell between. */
export function start(tool: string, args: string[], options: { cwd?: string; env: NodeJS.ProcessEnv }): Running {
    const child = spawn(process.execPath, [join(repositoryRoot, "tools/engine", tool), ...args], {
        ...options,
        stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    const listeners = new Set<() => void>();
    for (const stream of ["stdout", "stderr"] as const) {
        child[stream].setEncoding("utf8").on("data", (text: string) => {
            said[stream] += text;
            for (const listener of listeners) listener();
        });
    }
    const result = new Promise<Result>((done, fail) => {
        child.on("error", fail);
        child.on("close", (code) => done({ code, ...said }));
    });
    const prints = (text: string) =>
        new Promise<void>((done, fail) => {
            const look = () => {
                if ((said.stdout + said.stderr).includes(text)) done();
            };
            listeners.add(look);
            look();
            void result.then(() => fail(new Error(`ended without ${text}: ${said.stdout}${said.stderr}`)));
        });
    if (child.pid === undefined) throw new Error(`${tool} could not be started`);
    return { pid: child.pid, kill: (signal) => child.kill(signal), prints, result };
}

/** A machine with nothing on its PATH but what is put there and what any machine has, and a cache of its own. */
export class Machine {
    readonly folder = temporaryFolder();
    readonly cache = join(this.folder, "cache");
    readonly #path: string[] = [];
    readonly #env: Record<string, string> = {};

    constructor() {
        const basics = join(this.folder, "basics");
        mkdirSync(basics);
        for (const program of ["sh", "env", "tar", "gzip", "cat", "cp", "sleep", "chmod", "dirname", "readlink"]) {
            const found = ["/usr/bin", "/bin"].map((folder) => join(folder, program));
            symlinkSync(found.find((file) => existsSync(file)) ?? program, join(basics, program));
        }
        this.#path.push(basics);
        // Nobody listens there: like a network that refuses.
        this.set("PULUMI_ENTRASYNC_DOWNLOADS", "http://127.0.0.1:1");
    }

    set(name: string, value: string): this {
        this.#env[name] = value;
        return this;
    }

    /** Puts an executable script into a new folder, behind those already on the PATH. */
    install(program: string, ...lines: string[]): string {
        const folder = join(this.folder, `path-${this.#path.length}`);
        this.#path.push(folder);
        return writeScript(join(folder, program), ...lines);
    }

    addToPath(folder: string): void {
        this.#path.push(folder);
    }

    get env(): NodeJS.ProcessEnv {
        return { HOME: this.folder, PULUMI_ENTRASYNC_CACHE: this.cache, PATH: this.#path.join(":"), ...this.#env };
    }

    start(tool: string, ...args: string[]): Running {
        return start(tool, args, { env: this.env, cwd: this.folder });
    }

    run(tool: string, ...args: string[]): Promise<Result> {
        return this.start(tool, ...args).result;
    }
}
