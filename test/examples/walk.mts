import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Emulator } from "pulumi-entrasync/emulator";
import { expect } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { version } from "../../tools/plugin/contents.mts";
import { watch } from "../support/observed.mts";
import { filesUnder, leaks, Sentinel } from "../support/sentinels.mts";
import type { Result, Stack } from "../support/stack.mts";
import { blocksOf, missingLines } from "../walkthrough/page.mts";

/** What one `up` of an example's README comes to. */
export interface Up {
    /** What Pulumi counts: `2 created`, `1 updated`. */
    readonly counts: readonly string[];
    /** What the emulator then has acquired, in any order. */
    readonly acquired: readonly { readonly target: string; readonly keys: readonly string[] }[];
    /** How often it then has validated. */
    readonly validated?: number;
}

export interface WalkOptions {
    readonly example: string;
    readonly stack: Stack;
    readonly emulator: Emulator;
    /** For the words in capitals that a reader replaces, and for values of the README that are only possible ones. */
    readonly values: Readonly<Record<string, string>>;
    /** Secrets that must be right, by their keys; all others are made up. */
    readonly secrets?: Readonly<Record<string, string>>;
    readonly ups: readonly Up[];
    /** Added to the environment of what runs the program. */
    readonly environment?: Readonly<Record<string, string>>;
    /** After the files of a second step have been put in place: what is compiled is compiled again, say. */
    readonly replaced?: () => Promise<void>;
    /** Where the test stands in for a command: what it does instead. */
    readonly insteadOf?: Readonly<Record<string, () => Promise<Result | undefined>>>;
}

type Command = (walk: Walk, words: readonly string[]) => Promise<Result | undefined>;

/** Every command that a README of an example may have, and how it is run. What is no command of these is an error. */
const commands: readonly (readonly [pattern: RegExp, run: Command])[] = [
    // Both were done when the stack was opened; npm would fetch what is linked here.
    [/^npm install$/, async (walk) => walk.checkDependencies()],
    [/^npm install pulumi-entrasync$/, async (walk) => walk.checkPackage()],
    [/^pulumi stack init dev$/, async ({ options: { stack } }) => void expect(stack.name).toBe("dev")],
    [/^pulumi plugin install resource entrasync (\S+) --file (\S+)$/, async (walk, words) => walk.installPlugin(words)],
    [/^pulumi config set --secret (\w+)$/, async (walk, words) => walk.setSecret(words[1] ?? "")],
    [/^pulumi (config (?:set|rm) .+)$/, async (walk, words) => walk.pulumi((words[1] ?? "").split(" "))],
    [/^pulumi preview --diff$/, async (walk) => walk.preview()],
    [/^pulumi up$/, async (walk) => walk.up(() => walk.pulumi(["up", "--yes", "--skip-preview"]))],
    [/^pulumi destroy$/, async (walk) => walk.silently(() => walk.pulumi(["destroy", "--yes", "--skip-preview"]))],
    [/^pulumi stack rm dev$/, async (walk) => walk.pulumi(["stack", "rm", "--yes", "dev"])],
    [/^cp step2\/(\S+) \.$/, async (walk, words) => walk.replace(words[1] ?? "")],
];

/** Those that a test has to stand in for, each for a reason that the test names. */
const stoodInFor: readonly RegExp[] = [
    /^npx pulumi-entrasync authorize --up$/,
    /^pulumi package add \.\/node_modules\/pulumi-entrasync\/dist\/pulumi-resource-entrasync$/,
    /^go mod tidy$/,
    /^python3 -m venv venv$/,
    /^\. venv\/bin\/activate$/,
    /^pip install -r requirements\.txt$/,
    /^pip install \.\/sdks\/entrasync$/,
];

/** The lines of a README that nothing here could run. */
export function unknownCommands(page: string): readonly string[] {
    const known = [...commands.map(([pattern]) => pattern), ...stoodInFor];
    return linesOf(page).filter((line) => !known.some((pattern) => pattern.test(line)));
}

/** Every file of an example, as a stack is opened with them. */
export function filesOf(example: string): Readonly<Record<string, string>> {
    const folder = join(repositoryRoot, "examples", example);
    const files = filesUnder(folder, (path) => path.includes("/node_modules/") || path.includes("/sdks/"));
    return Object.fromEntries(
        Object.keys(files).map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]),
    );
}

export function readmeOf(example: string): string {
    return readFileSync(join(repositoryRoot, "examples", example, "README.md"), "utf8");
}

/**
 * Goes through an example by its README: runs each of its commands in its order, looks for what it says that one then sees,
 * and holds every up to what it is expected to send. After the first one there is another, which has nothing to do.
 */
export async function walk(options: WalkOptions): Promise<void> {
    await new Walk(options).go();
}

class Walk {
    readonly options: WalkOptions;
    readonly #sentinels: Sentinel[] = [];
    #said = "";
    #ups = 0;

    constructor(options: WalkOptions) {
        this.options = options;
    }

    async go(): Promise<void> {
        const { example, stack, ups, secrets = {} } = this.options;
        let output = "";
        for (const { language, text } of blocksOf(readmeOf(example))) {
            if (language === "text") {
                expect(missingLines(text, output), `${text}\nThe output was:\n${output}`).toEqual([]);
                continue;
            }
            output = "";
            for (const line of linesOf(text, language)) output += (await this.#run(line))?.output ?? "";
        }
        expect(this.#ups).toBe(ups.length);
        // No value that was made up, and none that had to be right, in anything that was printed or is kept.
        const kept = filesUnder(dirname(stack.folder), (path) => path.includes("/node_modules/"));
        expect(leaks({ ...kept, output: this.#said }, this.#sentinels)).toEqual([]);
        for (const [key, value] of Object.entries(secrets)) expect(this.#said, key).not.toContain(value);
    }

    async #run(line: string): Promise<Result | undefined> {
        const instead = this.options.insteadOf?.[line];
        if (instead !== undefined) {
            return line.endsWith("authorize --up") ? this.up(instead) : this.#heard(await instead());
        }
        for (const [pattern, command] of commands) {
            const words = pattern.exec(line);
            if (words !== null) return command(this, [...words]);
        }
        throw new Error(`Nobody knows what to do with this: ${line}`);
    }

    async pulumi(args: readonly string[]): Promise<Result> {
        const { stack, environment = {}, values } = this.options;
        const filled = args.map((word) => values[word] ?? word);
        return this.#heard(await stack.does(filled, { environment }));
    }

    /** An up, what it sends, and, after the first, another that sends nothing. */
    async up(run: () => Promise<Result | undefined>): Promise<Result | undefined> {
        const { emulator, ups } = this.options;
        const expected = ups[this.#ups];
        this.#ups += 1;
        const validationsBefore = emulator.store.validations.length;
        const since = watch(emulator);
        const result = this.#heard(await run());
        for (const count of expected?.counts ?? ["an up that the test knows of"])
            expect(result?.output).toContain(count);
        const acquired = since().acquisitions.map(({ targetId, keys }) => ({
            target: targetId,
            keys: [...keys].sort(),
        }));
        const wanted = (expected?.acquired ?? []).map(({ target, keys }) => ({ target, keys: [...keys].sort() }));
        expect(acquired.sort(byTarget)).toEqual(wanted.sort(byTarget));
        // One POST each: none was sent in vain.
        expect(since().posts).toHaveLength(wanted.length);
        expect(emulator.store.validations.length - validationsBefore).toBe(expected?.validated ?? 0);
        if (wanted.length === 0 && expected?.validated === undefined) expect(since().requests).toEqual([]);
        if (this.#ups === 1) {
            const again = await this.silently(() => this.pulumi(["up", "--yes", "--skip-preview"]));
            expect(again.output).toMatch(/^ *\d+ unchanged$/m);
            expect(again.output).not.toMatch(/created|updated|deleted|replaced/);
        }
        return result;
    }

    /** What sends nothing to anybody. */
    async silently(run: () => Promise<Result>): Promise<Result> {
        const since = watch(this.options.emulator);
        const result = await run();
        expect(since().requests).toEqual([]);
        return result;
    }

    preview(): Promise<Result> {
        return this.silently(() => this.pulumi(["preview", "--diff"]));
    }

    /** By way of standard input, where a person types it. */
    async setSecret(key: string): Promise<undefined> {
        const { stack, secrets = {} } = this.options;
        const sentinel = new Sentinel(key);
        if (secrets[key] === undefined) this.#sentinels.push(sentinel);
        await stack.config(key, secrets[key] ?? sentinel.value, "secret");
    }

    /** What `npm install` would bring is there, in a version that the example takes. */
    async checkDependencies(): Promise<undefined> {
        const { stack } = this.options;
        const { dependencies } = JSON.parse(readFileSync(join(stack.folder, "package.json"), "utf8")) as {
            dependencies: Record<string, string>;
        };
        for (const name of Object.keys(dependencies)) {
            expect(existsSync(join(stack.folder, "node_modules", name, "package.json")), name).toBe(true);
        }
    }

    /** A stack's program has the package linked, so what `npm install` would bring is there. */
    async checkPackage(): Promise<undefined> {
        expect(existsSync(join(this.options.stack.folder, "node_modules/pulumi-entrasync/package.json"))).toBe(true);
    }

    async installPlugin([line = "", named]: readonly string[]): Promise<undefined> {
        expect(named).toBe(version);
        await this.pulumi(line.split(" ").slice(1));
    }

    async replace(files: string): Promise<undefined> {
        const { stack, replaced } = this.options;
        await promisify(execFile)("cp", [join("step2", files), "."], { cwd: stack.folder });
        await replaced?.();
    }

    #heard(result: Result | undefined): Result {
        const heard = result ?? { code: 0, stdout: "", stderr: "", output: "" };
        this.#said += heard.output;
        return heard;
    }
}

/** The commands of a page, or of one block. */
function linesOf(text: string, language?: string): readonly string[] {
    const blocks = language === undefined ? blocksOf(text) : [{ language, text, line: 0 }];
    return blocks
        .filter((block) => block.language === "sh")
        .flatMap((block) => block.text.split("\n").filter((line) => line !== ""));
}

function byTarget({ target: one }: { target: string }, { target: other }: { target: string }): number {
    return one.localeCompare(other);
}
