import {
    chmodSync,
    copyFileSync,
    cpSync,
    existsSync,
    mkdirSync,
    readFileSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Engine, ensureEngine } from "../../tools/engine/engine.mts";
import { isExecutable } from "../../tools/engine/executables.mts";
import { languageHost, repositoryRoot } from "../../tools/engine/repository.mts";
import { ensureYamlHost } from "../../tools/engine/yamlHost.mts";
import { Sentinel } from "../support/sentinels.mts";
import { type Ran, Shell } from "../walkthrough/shell.mts";

/**
 * Somebody with a machine of their own: a home and a Pulumi home with nothing in them, Node.js and Pulumi, and an empty
 * folder outside of this repository. Nothing of the checkout is on the PATH or in any variable: what an engine of our own
 * build needs beside it is copied.
 */
export class Newcomer implements AsyncDisposable {
    /** The empty folder. */
    readonly folder: string;
    readonly environment: Readonly<Record<string, string>>;
    /** The token that they type where they are asked for it. */
    readonly scimToken = new Sentinel("scimToken");
    readonly #engine: Engine;
    readonly #root: string;
    readonly #tarball: string;
    readonly #first: Shell;
    readonly #second: Shell;
    #output = "";

    private constructor(engine: Engine, yamlHost: string, root: string, tarball: string) {
        this.#engine = engine;
        this.#root = root;
        this.#tarball = tarball;
        this.folder = join(root, "acme");
        const machine = join(root, "machine");
        for (const folder of [this.folder, join(root, "home"), join(root, "backend"), machine]) {
            mkdirSync(folder, { recursive: true });
        }
        copyFileSync(process.execPath, join(machine, "node"));
        writeFileSync(join(root, "token"), this.scimToken.value, { mode: 0o600 });
        this.environment = {
            ...howPackagesAreHad(),
            ...(engine.origin === "cache-build" ? this.#bringHosts(machine, yamlHost) : {}),
            PATH: [machine, dirname(engine.command), dirname(yamlHost), "/usr/local/bin", "/usr/bin", "/bin"].join(
                delimiter,
            ),
            HOME: join(root, "home"),
            TMPDIR: root,
            PULUMI_HOME: join(root, "home/.pulumi"),
            PULUMI_BACKEND_URL: `file://${join(root, "backend")}`,
            PULUMI_CONFIG_PASSPHRASE: new Sentinel("passphrase").value,
            PULUMI_SKIP_UPDATE_CHECK: "1",
            // In place of a person who says yes.
            PULUMI_SKIP_CONFIRMATIONS: "true",
        };
        this.#first = new Shell(this);
        this.#second = new Shell(this);
    }

    static async arrive(root: string, tarball: string): Promise<Newcomer> {
        const engine = await ensureEngine({ onProgress: (line) => console.error(`engine: ${line}`) });
        return new Newcomer(engine, (await ensureYamlHost(engine)).command, root, tarball);
    }

    /** All that was printed. */
    get output(): string {
        return this.#output + this.#first.output;
    }

    /** Whether their Pulumi came with the host of a language, as the official one does. */
    hasHost(language: string): boolean {
        return isExecutable(join(dirname(this.#engine.command), `pulumi-language-${language}`));
    }

    write(name: string, text: string): void {
        writeFileSync(join(this.folder, name), text);
    }

    /**
     * Types the README's commands, one after the other, as they stand: only that the package is not published yet, that an
     * id is to be filled in, and that a secret is typed where it is asked for.
     */
    async type(commands: string, values: Readonly<Record<string, string>> = {}): Promise<void> {
        for (const line of commands.trimEnd().split("\n")) {
            let typed = line.replace(/^(npm install) pulumi-entrasync$/, `$1 '${this.#tarball}'`);
            for (const [name, value] of Object.entries(values)) typed = typed.replace(name, value);
            if (typed.includes("config set --secret")) typed += ` < '${join(this.#root, "token")}'`;
            await this.run(typed);
        }
    }

    /** What is not the README's, too. */
    async run(command: string): Promise<Ran> {
        const ran = await this.#second.run(command);
        this.#output += ran.output;
        if (ran.code !== 0) throw new Error(`${command} ended with ${ran.code}\n${ran.output}\n${this.#first.output}`);
        return ran;
    }

    /** Starts the emulator by the README's command, in the shell that stays; the id that it prints. */
    async startEmulator(command: string): Promise<string> {
        const file = join(this.folder, "emulator.env");
        this.#first.type(command);
        for (let tries = 0; !existsSync(file) || !this.#first.output.includes("Ctrl-C"); tries += 1) {
            if (tries === 600) throw new Error(`The emulator did not start: ${this.#first.output}`);
            await sleep(100);
        }
        const [, id] = /^# servicePrincipalId +(\S+)$/m.exec(this.#first.output) ?? [];
        if (id === undefined) throw new Error(`The emulator printed no id: ${this.#first.output}`);
        return id;
    }

    /** What the emulator tells about the acquisitions that it has seen. */
    async acquisitions(): Promise<unknown> {
        const asked = `curl -sS --fail --cacert "$SSL_CERT_FILE" "https://$ARM_METADATA_HOSTNAME/_emulator/acquisitions"`;
        return (JSON.parse((await this.run(asked)).output) as { value: unknown }).value;
    }

    /** A language host of these tests, for a Pulumi that lacks the language's own. */
    bringHost(language: "python"): void {
        const machine = join(this.#root, "machine");
        copyFileSync(join(repositoryRoot, "test/examples/host.cjs"), join(machine, "launcher/program.cjs"));
        copyFileSync(join(repositoryRoot, "test/examples/program.py"), join(machine, "launcher/program.py"));
        const stub = join(machine, `pulumi-language-${language}`);
        const command = JSON.stringify(["python", join(machine, "launcher/program.py")]);
        writeFileSync(
            stub,
            `#!/bin/sh\nENTRASYNC_PROGRAM='${command}' exec node "${join(machine, "launcher/program.cjs")}" "$@"\n`,
        );
        chmodSync(stub, 0o755);
    }

    async [Symbol.asyncDispose](): Promise<void> {
        await this.#second[Symbol.asyncDispose]();
        await this.#first[Symbol.asyncDispose]();
    }

    /** In place of what lies beside an official Pulumi. The Node.js packages that they need are the newcomer's own. */
    #bringHosts(machine: string, yamlHost: string): Readonly<Record<string, string>> {
        const launcher = join(machine, "launcher");
        cpSync(dirname(languageHost), launcher, { recursive: true });
        symlinkSync(join(this.folder, "node_modules"), join(launcher, "node_modules"));
        return {
            PULUMI_ENTRASYNC_LANGUAGE_HOST: join(launcher, "pulumi-language-nodejs"),
            PULUMI_ENTRASYNC_DYNAMIC_HOST: join(
                this.folder,
                "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs",
            ),
            PULUMI_ENTRASYNC_YAML_HOST: yamlHost,
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        };
    }
}

/** The machine's own settings of npm and of certificates: they say where packages come from, and nothing else. */
function howPackagesAreHad(): Record<string, string> {
    const kept = /^(npm_config_(registry|cache|userconfig|.*proxy|cafile)|(https?|no)_proxy|NODE_EXTRA_CA_CERTS)$/i;
    const settings = Object.entries(process.env).filter(
        (entry): entry is [string, string] => kept.test(entry[0]) && entry[1] !== undefined,
    );
    return {
        npm_config_cache: join(homedir(), ".npm"),
        npm_config_userconfig: join(homedir(), ".npmrc"),
        npm_config_prefer_offline: "true",
        npm_config_audit: "false",
        npm_config_fund: "false",
        npm_config_update_notifier: "false",
        ...Object.fromEntries(settings),
    };
}

/** The folder of Python's packages that were installed once, for a machine without a registry of them. */
export function sitePackages(python: string): string {
    const config = readFileSync(join(dirname(dirname(python)), "pyvenv.cfg"), "utf8");
    const [, minor = ""] = /^version(?:_info)? *= *(3\.\d+)/m.exec(config) ?? [];
    return join(dirname(dirname(python)), `lib/python${minor}/site-packages`);
}
