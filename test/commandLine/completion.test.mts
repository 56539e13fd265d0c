import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shells } from "../../provider/commandLine/shells.ts";
import { command, run, runNode, runOnTerminal, whyNoTerminal } from "./processes.mts";
import { commandNames, commands } from "./program.mts";
import { findShell } from "./shells.mts";

const folder = mkdtempSync(join(tmpdir(), "entrasync-completion-"));
const scriptOf = (shell: string) => join(folder, `completion.${shell}`);

beforeAll(async () => {
    for (const { name } of shells) {
        const { code, stdout, stderr } = await runNode(command, ["completion", name]);
        expect([code, stderr]).toEqual([0, ""]);
        writeFileSync(scriptOf(name), stdout);
    }
    writeFileSync(join(folder, "env file"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What may follow a command, by the table that its help is made of. */
function wordsAfter(name: string): string[] {
    const found = commands.find((one) => one.name === name);
    const options = Object.entries(found?.options ?? {}).filter(([, { isHidden }]) => isHidden !== true);
    const names = options.map(([option]) => `--${option}`);
    return [...(found?.operand?.choices ?? []), ...names, "--help", "-h"].sort();
}
const firstWords = [...commandNames, "--help", "-h", "--version"].sort();
const optionsWithValues = commands.flatMap(({ name, options }) =>
    Object.entries(options)
        .filter(([, { type, offers, isHidden }]) => type === "string" && offers === undefined && isHidden !== true)
        .map(([option]) => [name, `--${option}`] as const),
);

describe("bash, asked as it asks at Tab,", () => {
    /** What is offered for the last word, in the folder with the scripts. */
    async function offered(...words: string[]): Promise<string[]> {
        const asked = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pulumi_entrasync; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const args = ["--norc", "-c", asked, "bash", scriptOf("bash"), "pulumi-entrasync", ...words];
        const { code, stdout, stderr } = await run("bash", args, { folder });
        expect([code, stderr]).toEqual([0, ""]);
        return stdout.split("\n").filter(Boolean).sort();
    }

    test("offers the commands", async () => {
        expect(await offered("")).toEqual(firstWords);
        expect(await offered("au")).toEqual(["authorize"]);
    });

    test.each(commandNames)("offers the options of %s, and what may stand there", async (name) => {
        expect(await offered(name, "")).toEqual(wordsAfter(name));
    });

    test("offers files for a path, also after an equals sign, and with a space in it", async () => {
        expect(await offered("emulator", "--write-env", "env")).toEqual(["env file"]);
        expect(await offered("emulator", "--write-env", "=", "env")).toEqual(["env file"]);
        expect(await offered("emulator", "--write-env", "=")).toContain("env file");
    });

    test("offers nothing where only the person knows the value", async () => {
        expect(optionsWithValues.length).toBeGreaterThan(10);
        for (const [name, option] of optionsWithValues) {
            expect(await offered(name, option, "")).toEqual([]);
        }
        expect(await offered("emulater", "")).toEqual([]);
    });

    test("completes what is typed at a prompt", async (context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const { output } = await typeInto(["bash", "--norc", "--noprofile", "-i"], `source ${scriptOf("bash")}`);
        expect(output).toContain("ran: emulator --write-env env file\r\n");
    });
});

describe("zsh", () => {
    const zsh = findShell("zsh");

    test("completes what is typed at a prompt", async (context) => {
        context.skip(zsh === undefined || whyNoTerminal !== undefined, "there is no zsh, or no terminal");
        const setUp = `autoload -Uz compinit && compinit -D -u && source ${scriptOf("zsh")}`;
        const { output } = await typeInto([zsh ?? "zsh", "-f", "-i"], setUp);
        expect(output).toContain("ran: emulator --write-env=env file\r\n");
    });

    test("is told of each command and option", async () => {
        const { stdout } = await runNode(command, ["completion", "zsh"]);
        const cases = casesOf(stdout, /^ {8}([\w-]+)\)$/gm);
        expect(Object.keys(cases)).toEqual(commandNames);
        expect([...stdout.matchAll(/^ {8}'([\w-]+):/gm)].map(([, name]) => name)).toEqual(commandNames);
        for (const [name, text] of Object.entries(cases)) {
            const flags = [...text.matchAll(/'\*?(?:\([^)]*\))?(--?[\w-]+)=?\[/g)].map(([, flag]) => flag ?? "");
            const operands = /^ *'1:\w+:\(([^)]*)\)'/m.exec(text)?.[1]?.split(" ") ?? [];
            expect([...operands, ...flags].sort()).toEqual(wordsAfter(name));
        }
    });
});

describe("fish", () => {
    const fish = findShell("fish");

    test("completes commands, options and files", async (context) => {
        context.skip(fish === undefined, "there is no fish");
        const offered = async (line: string) => {
            const asked = `source ${scriptOf("fish")}; complete -C ${JSON.stringify(`pulumi-entrasync ${line}`)}`;
            const environment = { ...process.env, HOME: folder };
            const { stdout } = await run(fish ?? "fish", ["--no-config", "-c", asked], { environment, folder });
            return stdout
                .split("\n")
                .filter(Boolean)
                .map((one) => one.split("\t")[0] ?? "")
                .sort();
        };
        expect(await offered("")).toEqual(commandNames.toSorted());
        expect(await offered("-")).toEqual(firstWords.filter((word) => word.startsWith("-")));
        for (const name of commandNames) {
            const words = [...(await offered(`${name} `)), ...(await offered(`${name} -`))];
            expect(words.sort()).toEqual(wordsAfter(name));
        }
        expect(await offered("emulator --write-env env")).toEqual(["env file"]);
        expect(await offered("doctor --stack ")).toEqual([]);
    });

    test("is told of each command and option", async () => {
        const { stdout } = await runNode(command, ["completion", "fish"]);
        expect([...stdout.matchAll(/ -eq 1' -a ([\w-]+) /g)].map(([, name]) => name)).toEqual(commandNames);
        for (const name of commandNames) {
            const lines = stdout.split("\n").filter((line) => line.includes(`match -q ${name} --`));
            const words = lines.flatMap((line) => [
                ...[...line.matchAll(/ -l ([\w-]+)/g)].map(([, flag]) => `--${flag}`),
                ...[...line.matchAll(/ -s (\w)/g)].map(([, flag]) => `-${flag}`),
                ...(/ -a '([^']+)'$/.exec(line)?.[1]?.split(" ") ?? []),
            ]);
            expect(words.sort()).toEqual(wordsAfter(name));
        }
    });
});

/* There is no PowerShell here, so its script is read: its words are right, and its quotes and brackets are closed. */
test("PowerShell is told of each command and option, in a script that is closed", async () => {
    const { stdout } = await runNode(command, ["completion", "powershell"]);
    const lists = Object.fromEntries(
        [...stdout.matchAll(/^ {8}'([\w-]*)' = @\(\n([\s\S]*?)^ {8}\)$/gm)].map(([, name = "", list = ""]) => [
            name,
            [...list.matchAll(/@\{ Text = '([^']+)'; Meaning = '(?:[^']|'')+' \}/g)]
                .map(([, text]) => text ?? "")
                .sort(),
        ]),
    );
    expect(lists).toEqual({
        "": firstWords,
        ...Object.fromEntries(commandNames.map((name) => [name, wordsAfter(name)])),
    });
    const nothing = /\$nothing = @\(\n([\s\S]*?)\n {4}\)/.exec(stdout)?.[1]?.split("\n") ?? [];
    expect(nothing.map((line) => line.trim().slice(1, -1).split(" "))).toEqual(optionsWithValues);

    const bare = stdout.replaceAll(/^\s*#.*$/gm, "").replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "");
    expect(bare).not.toMatch(/['"]/);
    const open: string[] = [];
    const closing: Readonly<Record<string, string>> = { ")": "(", "}": "{", "]": "[" };
    for (const [bracket] of bare.matchAll(/[()[\]{}]/g)) {
        if (closing[bracket] === undefined) open.push(bracket);
        else expect(open.pop()).toBe(closing[bracket]);
    }
    expect(open).toEqual([]);
});

/** Types half of a command, with Tab, into an interactive shell whose pulumi-entrasync says how it was called. */
function typeInto(shell: readonly string[], setUp: string) {
    return runOnTerminal(shell, {
        environment: { ...process.env, HOME: folder, HISTFILE: "" },
        folder,
        typed: [
            // In two parts, or what is typed would be taken for the prompt.
            { after: "", text: `pulumi-entrasync() { echo "ran: $*"; }; ${setUp}; PS1='s''et> '\n` },
            { after: "set> ", text: "pulumi-entrasync emu\t--wri\t" },
            { after: "--write-env", text: "env\t\n" },
            { after: "ran: ", text: "exit\n" },
        ],
    });
}

function casesOf(text: string, heading: RegExp): Readonly<Record<string, string>> {
    const headings = [...text.matchAll(heading)];
    return Object.fromEntries(
        headings.map((found, index) => [found[1] ?? "", text.slice(found.index, headings[index + 1]?.index)]),
    );
}
