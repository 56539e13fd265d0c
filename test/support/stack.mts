import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { type Engine, ensureEngine } from "../../tools/engine/engine.mts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { ensureYamlHost } from "../../tools/engine/yamlHost.mts";
import { Loads, probeEnvironment } from "./loads.mts";

/** How a command ended, and all that it said. */
export interface Result {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
    /** Both. */
    readonly output: string;
}

/** A resource as `pulumi stack export` has it. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface State {
    readonly version: number;
    readonly deployment: { readonly resources?: StateResource[] };
}

/** One step of `pulumi preview --json`. */
export interface Step {
    readonly op: string;
    readonly urn: string;
    readonly oldState?: StateResource;
    readonly newState?: StateResource;
}

export interface StackOptions {
    /** The program's files by name, `package.json` among them where it is not a plain CommonJS one. */
    readonly files: Readonly<Record<string, string>>;
    /** What the program is written in: `declare` is for JavaScript, the default, `declareYaml` for YAML. */
    readonly language?: "javascript" | "yaml";
    /** Lines of `runtime.options` in Pulumi.yaml. */
    readonly runtimeOptions?: readonly string[];
    readonly project?: string;
    readonly stack?: string;
    /** Where the program's Entra and Graph are. */
    readonly emulator: Pick<Emulator, "environment">;
}

export interface RunOptions {
    /** Added to the stack's environment; `undefined` takes a variable out. */
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly input?: string;
}

export const resourceType = "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition";

/** The same resource, as the plugin has it. */
export const pluginResourceType = "entrasync:index:SynchronizationTokenAcquisition";

/**
 * A PATH with this Node.js first, and without what npm puts before that of its scripts: the plugin is among the commands
 * there, and the engine takes one on the PATH before any that is installed.
 */
export function asForUsers(path = ""): string {
    const folders = path.split(delimiter).filter((folder) => !folder.endsWith(join("node_modules", ".bin")));
    return [dirname(process.execPath), ...folders].join(delimiter);
}

let engine: Promise<Engine> | undefined;

/** The machine's engine; got or built where there is none, which takes minutes once. */
export function theEngine(): Promise<Engine> {
    engine ??= ensureEngine({ onProgress: (line) => console.error(`engine: ${line}`) });
    return engine;
}

/**
 * A program and its stack, as a user in a workspace has them: a folder of their own with the packages linked into its
 * node_modules, a file backend, a home and a passphrase of their own, and nothing of this machine's Pulumi, Azure or
 * Node.js settings. `await using` removes all of it.
 */
export class Stack implements AsyncDisposable {
    readonly folder: string;
    readonly name: string;
    readonly project: string;
    /** The file backend's folder. */
    readonly backend: string;
    /** The children's own folder for temporary files. */
    readonly temporary: string;
    /** What the children get; only this, nothing of ours. */
    readonly environment: Readonly<Record<string, string>>;
    readonly #engine: Engine;
    readonly #root: string;
    #probes = 0;

    private constructor(engine: Engine, host: Pick<Engine, "environment">, root: string, options: StackOptions) {
        this.#engine = engine;
        this.#root = root;
        this.name = options.stack ?? "dev";
        this.project = options.project ?? "fleet";
        this.folder = join(root, "program");
        this.backend = join(root, "backend");
        this.temporary = join(root, "tmp");
        const home = join(root, "home");
        for (const folder of [this.folder, this.backend, this.temporary, home]) mkdirSync(folder);
        this.environment = {
            ...host.environment,
            PATH: asForUsers(host.environment.PATH),
            HOME: home,
            TMPDIR: this.temporary,
            PULUMI_HOME: join(home, ".pulumi"),
            PULUMI_BACKEND_URL: `file://${this.backend}`,
            PULUMI_CONFIG_PASSPHRASE: randomBytes(24).toString("base64url"),
            ...options.emulator.environment,
        };
        const runtimeOptions = options.runtimeOptions ?? [];
        this.write(
            "Pulumi.yaml",
            [
                `name: ${this.project}`,
                "runtime:",
                "    name: nodejs",
                ...(runtimeOptions.length === 0 ? [] : ["    options:"]),
                ...runtimeOptions.map((line) => `        ${line}`),
                "",
            ].join("\n"),
        );
        if (options.language === "yaml") this.declareYaml({});
        this.write("package.json", JSON.stringify({ name: this.project, private: true }));
        for (const [name, text] of Object.entries(options.files)) this.write(name, text);
        this.link("pulumi-entrasync");
        for (const name of ["@pulumi/pulumi", "@types/node", "typescript", "tsx"]) {
            this.#link(name, join(repositoryRoot, "node_modules", name));
        }
    }

    static async open(options: StackOptions): Promise<Stack> {
        const found = await theEngine();
        const host = options.language === "yaml" ? await ensureYamlHost(found) : found;
        const stack = new Stack(found, host, mkdtempSync(join(tmpdir(), "entrasync-engine-")), options);
        await stack.does(["stack", "init", stack.name]);
        return stack;
    }

    write(name: string, text: string): void {
        const file = join(this.folder, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
    }

    /** Writes `index.js`: these statements, with `pulumi` and `SynchronizationTokenAcquisition` at hand. */
    declare(statements: string): void {
        this.write("index.js", javaScript(statements));
    }

    /**
     * Writes `Pulumi.yaml`: a program of these sections (`resources`, `outputs`, …) that takes the plugin from where the
     * build put it. JSON, which is YAML.
     */
    declareYaml(sections: Readonly<Record<string, unknown>>): void {
        const plugins = { providers: [{ name: "entrasync", path: join(repositoryRoot, "dist") }] };
        this.write(
            "Pulumi.yaml",
            JSON.stringify({ name: this.project, runtime: "yaml", plugins, ...sections }, null, 4),
        );
    }

    /** Links this package into the program's node_modules. */
    link(name: "pulumi-entrasync"): void {
        this.#link(name, repositoryRoot);
    }

    /** Takes it out again, as someone does who no longer wants it installed. */
    unlink(name: "pulumi-entrasync"): void {
        rmSync(join(this.folder, "node_modules", name));
    }

    /** Runs the command to its end, whatever that is. */
    async run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
        return execute(this.#engine.command, args, this.folder, this.#childEnvironment(options), options.input);
    }

    /** The same, where any end but success is an error. */
    async does(args: readonly string[], options: RunOptions = {}): Promise<Result> {
        const result = await this.run(args, options);
        if (result.code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${result.code}\n${result.output}`);
        return result;
    }

    /** Runs a script of the program's folder with Node.js, as one runs an Automation API program. */
    async node(script: string, options: RunOptions = {}): Promise<Result> {
        return execute(process.execPath, [script], this.folder, this.#childEnvironment(options), options.input);
    }

    up(...args: string[]): Promise<Result> {
        return this.does(["up", "--yes", "--skip-preview", ...args]);
    }

    /** An up, with what it did to each of this package's resources, by their names: `create`, `same`, … */
    async upSteps(options: RunOptions = {}): Promise<Readonly<Record<string, readonly string[]>>> {
        const { stdout } = await this.does(["up", "--yes", "--skip-preview", "--json"], options);
        const steps: Record<string, string[]> = {};
        for (const line of stdout.split("\n").filter(Boolean)) {
            const { resourcePreEvent } = JSON.parse(line) as { resourcePreEvent?: { metadata: Step } };
            if (resourcePreEvent !== undefined && isOurs(resourcePreEvent.metadata.urn)) {
                const { urn, op } = resourcePreEvent.metadata;
                steps[nameOf(urn)] = [...(steps[nameOf(urn)] ?? []), op];
            }
        }
        return steps;
    }

    /** An up that is expected to fail; its exit code and its words are the test's to judge. */
    tryUp(...args: string[]): Promise<Result> {
        return this.run(["up", "--yes", "--skip-preview", ...args]);
    }

    refresh(...args: string[]): Promise<Result> {
        return this.does(["refresh", "--yes", "--skip-preview", ...args]);
    }

    destroy(...args: string[]): Promise<Result> {
        return this.does(["destroy", "--yes", "--skip-preview", ...args]);
    }

    /** The steps that a preview plans for this package's resources, by their names. */
    async plan(options: RunOptions = {}): Promise<Readonly<Record<string, Step>>> {
        const { stdout } = await this.does(["preview", "--json", "--show-sames"], options);
        const { steps } = JSON.parse(stdout) as { steps: readonly Step[] };
        const ours = steps.filter(({ urn }) => isOurs(urn));
        return Object.fromEntries(ours.map((step) => [nameOf(step.urn), step]));
    }

    /** Sets a value by way of standard input: a secret has no place among a process's arguments. */
    async config(key: string, value: string, kind: "plain" | "secret" = "plain"): Promise<void> {
        await this.does(["config", "set", `--${kind === "secret" ? "secret" : "plaintext"}`, key], { input: value });
    }

    /** The stack's outputs, secrets in clear. */
    async outputs(): Promise<Record<string, unknown>> {
        const { stdout } = await this.does(["stack", "output", "--json", "--show-secrets"]);
        return JSON.parse(stdout) as Record<string, unknown>;
    }

    async exportState(...args: string[]): Promise<State> {
        const { stdout } = await this.does(["stack", "export", ...args]);
        return JSON.parse(stdout) as State;
    }

    async importState(state: State): Promise<void> {
        await this.does(["stack", "import"], { input: JSON.stringify(state) });
    }

    /**
     * What state holds of this package's resources, secrets in clear: id, inputs and outputs. To see that something was
     * kept: encrypted, it is another text after every command.
     */
    async contents(): Promise<Readonly<Record<string, Pick<StateResource, "id" | "inputs" | "outputs">>>> {
        const resources = await this.resources("--show-secrets");
        return Object.fromEntries(
            Object.entries(resources).map(([name, { id, inputs, outputs }]) => [name, { id, inputs, outputs }]),
        );
    }

    /** This package's resources in state, by their names. */
    async resources(...args: string[]): Promise<Readonly<Record<string, StateResource>>> {
        const { deployment } = await this.exportState(...args);
        const ours = (deployment.resources ?? []).filter(({ urn }) => isOurs(urn));
        return Object.fromEntries(ours.map((resource) => [nameOf(resource.urn), resource]));
    }

    /** Runs `work` with the load probe in every Node.js process that it is given the environment for. */
    async watchLoads(work: (environment: Readonly<Record<string, string>>) => Promise<unknown>): Promise<Loads> {
        const log = join(this.#root, `loads-${++this.#probes}`);
        await work(probeEnvironment(log));
        return Loads.read(log);
    }

    async [Symbol.asyncDispose](): Promise<void> {
        rmSync(this.#root, { recursive: true, force: true });
    }

    #childEnvironment({ environment = {} }: RunOptions): NodeJS.ProcessEnv {
        return { ...this.environment, ...environment };
    }

    #link(name: string, target: string): void {
        const place = join(this.folder, "node_modules", name);
        mkdirSync(dirname(place), { recursive: true });
        symlinkSync(target, place);
    }
}

export function openStack(options: StackOptions): Promise<Stack> {
    return Stack.open(options);
}

/** A CommonJS program of these statements. */
export function javaScript(statements: string): string {
    return `"use strict";
const pulumi = require("@pulumi/pulumi");
const { SynchronizationTokenAcquisition } = require("pulumi-entrasync");
${statements}
`;
}

/** The last part of a urn: the resource's name in the program. */
export function nameOf(urn: string): string {
    return urn.slice(urn.lastIndexOf("::") + 2);
}

/** Whether it is the urn of a resource of this package's, by whichever face. */
function isOurs(urn: string): boolean {
    return urn.includes(`${resourceType}::`) || urn.includes(`${pluginResourceType}::`);
}

function execute(
    command: string,
    args: readonly string[],
    cwd: string,
    env: NodeJS.ProcessEnv,
    input: string | undefined,
): Promise<Result> {
    const child = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
        output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
        output += text;
    });
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
        child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr, output }));
    });
}
