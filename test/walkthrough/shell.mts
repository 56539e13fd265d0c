import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";

/** How a block of commands ended, and all that it printed. */
export interface Ran {
    readonly code: number;
    readonly output: string;
}

/** A shell that a reader types into: what one block sets, the next has. Closing it is Ctrl-C, to all that it runs. */
export class Shell implements AsyncDisposable {
    readonly #child;
    #output = "";
    #waiting: (() => void) | undefined;

    constructor(options: { readonly folder: string; readonly environment: Readonly<Record<string, string>> }) {
        this.#child = spawn("bash", ["--noprofile", "--norc"], {
            cwd: options.folder,
            env: { ...options.environment },
            // A group of its own, for Ctrl-C.
            detached: true,
            stdio: ["pipe", "pipe", "pipe"],
        });
        for (const stream of [this.#child.stdout, this.#child.stderr]) {
            stream.on("data", (chunk: Buffer) => {
                this.#output += chunk.toString();
                this.#waiting?.();
            });
        }
        this.#child.on("close", () => this.#waiting?.());
        this.type("exec 2>&1\n");
    }

    /** Everything so far. */
    get output(): string {
        return this.#output;
    }

    /** Without waiting for what comes of it. */
    type(commands: string): void {
        this.#child.stdin.write(commands);
    }

    /** All of the commands; the code is that of the first that failed. What they read is not what is typed next. */
    async run(commands: string): Promise<Ran> {
        const end = randomUUID();
        const start = this.#output.length;
        const isOver = new RegExp(`^${end} (\\d+)$`, "m");
        // `set -e` would end the shell itself. What a block prints last may lack its line's end.
        this.type(
            `trap 'failed=\${failed:-$?}' ERR; failed=; {\n${commands}\n} </dev/null; printf '\\n%s %s\\n' ${end} "\${failed:-0}"; trap - ERR\n`,
        );
        for (;;) {
            const output = this.#output.slice(start);
            const over = isOver.exec(output);
            if (over !== null) {
                return { code: Number(over[1]), output: output.slice(0, over.index) };
            }
            if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
                throw new Error(`The shell ended: ${output}`);
            }
            await new Promise<void>((resolve) => {
                this.#waiting = resolve;
            });
        }
    }

    async [Symbol.asyncDispose](): Promise<void> {
        if (this.#child.exitCode === null && this.#child.signalCode === null) {
            const closed = once(this.#child, "close");
            // Bash waits for what it runs and then reads on, to its end.
            process.kill(-(this.#child.pid ?? 0), "SIGINT");
            this.#child.stdin.end();
            await closed;
        }
    }
}
