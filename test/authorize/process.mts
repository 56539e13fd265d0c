import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createHome, type Home } from "../environments/machine.mts";

const command = fileURLToPath(new URL("../../dist/command.js", import.meta.url));

export interface Surroundings {
    readonly environment: Readonly<Record<string, string>>;
    readonly folder: string;
}

/** `pulumi-entrasync authorize`, as a process of its own. */
export class Authorizing {
    readonly #child: ChildProcessWithoutNullStreams;
    readonly #ended: Promise<number | null>;
    #output = "";

    private constructor(child: ChildProcessWithoutNullStreams) {
        this.#child = child;
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding("utf8").on("data", (text: string) => {
                this.#output += text;
            });
        }
        child.stdin.on("error", () => undefined);
        this.#ended = new Promise((resolve, reject) => {
            child.once("error", reject).once("close", (code, signal) => {
                resolve(code);
                if (signal !== null) this.#output += `\n(ended by ${signal})`;
            });
        });
    }

    static start(args: readonly string[], { environment, folder }: Surroundings): Authorizing {
        return new Authorizing(
            spawn(process.execPath, [command, "authorize", ...args], { env: environment, cwd: folder }),
        );
    }

    /** The same on a terminal, which echoes what is typed unless the command sees to it that it does not. */
    static startOnTerminal(args: readonly string[], { environment, folder }: Surroundings): Authorizing {
        const quoted = [process.execPath, command, "authorize", ...args].map((word) => `'${word}'`).join(" ");
        const wrapped = ["--quiet", "--return", "--command", quoted, "/dev/null"];
        return new Authorizing(spawn("script", wrapped, { env: environment, cwd: folder }));
    }

    /** All that it has said so far, on both streams. */
    get output(): string {
        return this.#output;
    }

    /** Waits until it has said this; the first group of it, or the whole. */
    async said(pattern: RegExp): Promise<string> {
        let isOver = false;
        void this.#ended.then(() => {
            isOver = true;
        });
        for (;;) {
            const found = pattern.exec(this.#output);
            if (found !== null) return found[1] ?? found[0];
            if (isOver) throw new Error(`It ended without saying ${pattern}:\n${this.#output}`);
            await sleep(10);
        }
    }

    /** What is waited for while it runs; that it ends before is an error. */
    async meanwhile<Result>(awaited: Promise<Result>): Promise<Result> {
        const early = this.#ended.then(() => Promise.reject(new Error(`It ended early:\n${this.#output}`)));
        return Promise.race([awaited, early]);
    }

    /** What a person types or pastes. */
    type(text: string): void {
        this.#child.stdin.write(text);
    }

    closeInput(): void {
        this.#child.stdin.end();
    }

    signal(signal: NodeJS.Signals): void {
        this.#child.kill(signal);
    }

    /** Its exit code, in the end. */
    async ended(): Promise<number | null> {
        return this.#ended;
    }
}

/** A browser that opens nothing and notes the address that it was to open. */
export class FakeBrowser {
    readonly #home: Home;
    readonly #log: string;

    constructor() {
        this.#home = createHome();
        this.#log = join(this.#home.path, "opened");
        const script = `require("node:fs").appendFileSync(${JSON.stringify(this.#log)}, process.argv[2] + "\\n");`;
        for (const name of ["xdg-open", "open"]) this.#home.tool(name, script);
    }

    /** The environment with this browser in it. */
    in(environment: Readonly<Record<string, string>>): Record<string, string> {
        return { ...environment, PATH: [join(this.#home.path, "bin"), environment.PATH].join(delimiter) };
    }

    /** The next address that is opened. */
    async opened(): Promise<string> {
        const before = this.#addresses().length;
        for (;;) {
            const address = this.#addresses()[before];
            if (address !== undefined) return address;
            await sleep(10);
        }
    }

    #addresses(): string[] {
        return existsSync(this.#log) ? readFileSync(this.#log, "utf8").split("\n").slice(0, -1) : [];
    }

    remove(): void {
        this.#home.remove();
    }
}
