import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { repositoryRoot } from "../../tools/engine/repository.mts";

export interface MachineOptions {
    /** The user's repository, as it is checked out. */
    readonly repository: string;
    /** Pulumi's own command, and what an engine of this machine's needs. */
    readonly pulumi: { readonly command: string; readonly environment: Readonly<Record<string, string>> };
    /** In place of Pulumi Cloud and of Microsoft's clouds. */
    readonly scenery: Readonly<Record<string, string>>;
    readonly emulator: Emulator;
}

/** A step that failed, with all that the run printed. */
export class StepFailed extends Error {
    readonly output: string;

    constructor(step: string, code: number | null, output: string) {
        super(`${step} ended with ${code}\n${output}`);
        this.output = output;
    }
}

/**
 * A runner: nothing on it but an operating system, a home of its own and what steps bring; thrown away after one run.
 *
 * What `npm ci` would fetch is linked from this repository, as `npm ci` links a `file:` dependency.
 */
export class Machine implements Disposable {
    readonly emulator: Emulator;
    /** The checked out repository. */
    readonly folder: string;
    /** What later steps inherit. */
    readonly environment: Record<string, string>;
    readonly #root: string;
    readonly #pulumi: MachineOptions["pulumi"];
    /** Stand-ins, before everything that a step brings. */
    readonly #tools: string;
    readonly #path: string[];
    #output = "";

    constructor({ repository, pulumi, scenery, emulator }: MachineOptions) {
        this.#root = mkdtempSync(join(tmpdir(), "entrasync-runner-"));
        this.#pulumi = pulumi;
        this.emulator = emulator;
        this.folder = join(this.#root, "work");
        const home = join(this.#root, "home");
        const tools = join(this.#root, "tools");
        for (const folder of [home, tools, join(this.#root, "tmp")]) mkdirSync(folder);
        cpSync(repository, this.folder, {
            recursive: true,
            filter: (source) => basename(source) !== "node_modules",
        });
        this.#tools = tools;
        this.#path = ["/usr/bin", "/bin"];
        this.#tool("npm", npm);
        // The sign-in is federated: whoever asks the Azure CLI instead is found out.
        this.#tool("az", `process.stderr.write("az is not to be asked\\n"); process.exit(1);`);
        this.environment = {
            HOME: home,
            // Pulumi takes the home in the system's list of users, whatever HOME says.
            PULUMI_HOME: join(home, ".pulumi"),
            TMPDIR: join(this.#root, "tmp"),
            CI: "true",
            ...scenery,
        };
    }

    /** All that the steps printed. */
    get output(): string {
        return this.#output;
    }

    /** Where the command line tools of the job's own are found from now on. */
    bringNode(): void {
        this.#path.unshift(dirname(process.execPath));
    }

    bringPulumi(): void {
        const { PATH = "", ...rest } = this.#pulumi.environment;
        this.#path.unshift(dirname(this.#pulumi.command), ...PATH.split(delimiter));
        Object.assign(this.environment, rest);
    }

    /** A file that only the job sees. */
    file(name: string, content: string): string {
        const path = join(this.#root, name);
        writeFileSync(path, content, { mode: 0o600 });
        return path;
    }

    /** Runs a script by a command line that ends with the script's file, and throws where it fails. */
    async shell(
        name: string,
        script: string,
        command: readonly string[],
        environment: Readonly<Record<string, string>>,
    ): Promise<void> {
        const [program = "bash", ...args] = [...command, this.file("step.sh", script)];
        const child = spawn(program, args, {
            cwd: this.folder,
            env: {
                ...this.environment,
                ENTRASYNC_TEST_PACKAGES: join(repositoryRoot, "node_modules"),
                ENTRASYNC_TEST_PACKAGE: repositoryRoot,
                PATH: [this.#tools, ...this.#path].join(delimiter),
                ...environment,
            },
            stdio: ["ignore", "pipe", "pipe"],
        });
        for (const stream of [child.stdout, child.stderr]) {
            stream.setEncoding("utf8").on("data", (text: string) => {
                this.#output += text;
            });
        }
        const code = await new Promise<number | null>((resolve, reject) => {
            child.on("error", reject).on("close", resolve);
        });
        if (code !== 0) {
            throw new StepFailed(name, code, this.#output);
        }
    }

    [Symbol.dispose](): void {
        rmSync(this.#root, { recursive: true, force: true });
    }

    #tool(name: string, script: string): void {
        const file = join(this.#tools, name);
        writeFileSync(file, `#!${process.execPath}\n${script}\n`);
        chmodSync(file, 0o755);
    }
}

/** `npm ci` and nothing else. */
const npm = `
const { mkdirSync, symlinkSync } = require("node:fs");
const { dirname } = require("node:path");
const asked = process.argv.slice(2).join(" ");
if (asked !== "ci") {
    process.stderr.write("npm: unexpected: " + asked + "\\n");
    process.exit(1);
}
const { ENTRASYNC_TEST_PACKAGES: packages, ENTRASYNC_TEST_PACKAGE: ours } = process.env;
const link = (name, target) => {
    mkdirSync(dirname("node_modules/" + name), { recursive: true });
    symlinkSync(target, "node_modules/" + name);
};
link("pulumi-entrasync", ours);
link(".bin/pulumi-entrasync", ours + "/dist/command.js");
for (const name of ["@pulumi/pulumi", "@types/node", "typescript"]) link(name, packages + "/" + name);
`;
