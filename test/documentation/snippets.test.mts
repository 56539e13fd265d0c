import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseFault } from "../../provider/emulator/faults.ts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { hasPython } from "../python/venv.mts";
import { openStack, type Stack } from "../support/stack.mts";
import { applyDiff } from "../walkthrough/page.mts";
import { problemsOfAll } from "./snippetCompiler.mts";
import { commands, held, typed, unmarkedCommands } from "./snippetHolders.mts";
import { pages, placeOf, readPage, type Snippet, snippetsOf } from "./snippetPages.mts";
import { problemsOfPython } from "./snippetPython.mts";
import { problemsOfYaml } from "./snippetYaml.mts";

/*
 * Every fenced block of the README and of docs/ is compiled, checked, run here, or held by a test that the tables name. A
 * block of a language without a rule is a failure.
 */

const all = pages().flatMap((page) => snippetsOf(page));
const isHeld = ({ page, language }: Snippet) => held[page]?.[language] !== undefined;
const ours = all.filter((snippet) => !isHeld(snippet));
const of = (language: string) => ours.filter((snippet) => snippet.language === language);
const byPlace = (snippets: readonly Snippet[]) =>
    Object.fromEntries(snippets.map((snippet) => [placeOf(snippet), snippet.text]));

/** The commands of a block, each in one line. */
function commandsOf({ text }: Pick<Snippet, "text">): readonly string[] {
    const lines = text.replaceAll(/\\\n\s*/g, "").split("\n");
    return lines.filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** Of the pages that nobody types from top to bottom. */
const loose = ours
    .filter(({ page }) => typed[page] === undefined)
    .filter(({ language, page }) => language === "sh" || (language === "" && unmarkedCommands.includes(page)));
const looseCommands = [...new Set(loose.flatMap(commandsOf))];
const runElsewhere = (command: string) => commands[command] !== undefined;
/** Settings of a stack: run here. */
const isSetting = (command: string) => /^pulumi config (set|rm) /.test(command);
/** Pulumi ESC is a service: there is only the CLI to hold these against. */
const isOfEsc = (command: string) => /^pulumi env /.test(command);

test("every block has a rule", () => {
    const languages = ["ts", "diff", "yaml", "json", "python", "sh", "text"];
    const without = ours.filter(
        ({ page, language }) =>
            !(
                languages.includes(language) ||
                (language === "" && unmarkedCommands.includes(page)) ||
                held[page]?.[language] !== undefined
            ),
    );
    expect(without.map((snippet) => `${placeOf(snippet)}: ${snippet.language || "no language"}`)).toEqual([]);
    // What is quoted was printed by what is typed above it.
    const quotedAlone = of("text").filter(({ page }) => typed[page] === undefined);
    expect(quotedAlone.map(placeOf)).toEqual([]);
    const unknown = looseCommands.filter(
        (command) => !runElsewhere(command) && !isSetting(command) && !isOfEsc(command),
    );
    expect(unknown).toEqual([]);
});

test("the tables name pages, blocks and commands that are there, and tests that know the page", () => {
    const languagesOf = (page: string) => snippetsOf(page).map(({ language }) => language);
    const rows = [
        ...Object.entries(typed).map(([page, path]) => ({ page, path })),
        ...Object.entries(held).flatMap(([page, languages]) =>
            Object.entries(languages).map(([language, path]) => {
                expect(languagesOf(page), `${page}: ${language}`).toContain(language);
                return { page, path };
            }),
        ),
    ];
    for (const { page, path } of rows) {
        const folder = join(repositoryRoot, dirname(path));
        expect(existsSync(join(repositoryRoot, path)), path).toBe(true);
        const sources = readdirSync(folder)
            .filter((name) => /\.m?ts$/.test(name) && name !== "snippetHolders.mts")
            .map((name) => readFileSync(join(folder, name), "utf8"));
        expect(
            sources.some((source) => source.includes(basename(page, ".md"))),
            `${path} is about ${page}`,
        ).toBe(true);
    }
    expect(Object.keys(commands).filter((command) => !looseCommands.includes(command))).toEqual([]);
    expect(Object.values(commands).filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
    expect(unmarkedCommands.filter((page) => !languagesOf(page).includes(""))).toEqual([]);
});

describe("TypeScript", () => {
    test("compiles, strictly and against the published types, before and after each change that a page shows", () => {
        const programs: Record<string, string> = {};
        for (const page of pages()) {
            let program = "";
            for (const snippet of snippetsOf(page).filter((one) => !isHeld(one))) {
                if (snippet.language !== "ts" && snippet.language !== "diff") continue;
                program = snippet.language === "ts" ? snippet.text : applyDiff(program, snippet.text);
                programs[placeOf(snippet)] = program;
            }
        }
        expect(Object.keys(programs).length).toBeGreaterThan(20);
        expect(problemsOfAll(programs)).toEqual([]);
    });

    test("that does not, would be found", () => {
        const [first] = of("ts");
        expect(problemsOfAll({ mistaken: first?.text.replace("credentials:", "credential:") ?? "" }).join()).toContain(
            "credential",
        );
    });

    test("that is an example of the repository's is that example", () => {
        const read = (path: string) => readFileSync(join(repositoryRoot, path), "utf8");
        const programsOf = (page: string) =>
            snippetsOf(page)
                .filter(({ language }) => language === "ts")
                .map(({ text }) => text);
        expect(programsOf("docs/start.md")).toEqual([read("examples/quickstart/index.ts")]);
        expect(programsOf("docs/how-to/scim-bearer-token.md")).toContain(read("examples/azuread-scim/index.ts"));
        expect(programsOf("docs/how-to/authorization-code.md")).toEqual(programsOf("docs/authorize.md"));
    });
});

describe("YAML", () => {
    test("parses, and names nothing of ours that there is not", () => {
        const problems = of("yaml").flatMap((snippet) =>
            problemsOfYaml(snippet.text).map((problem) => `${placeOf(snippet)}: ${problem}`),
        );
        expect(of("yaml").length).toBeGreaterThan(10);
        expect(problems).toEqual([]);
    });

    const program = of("yaml").find(({ text }) => text.includes("resources:"))?.text ?? "";
    const environment = of("yaml").find(({ text }) => text.includes("azure-secrets"))?.text ?? "";
    test.each([
        [program, "credentials:", "credential:", "resources.token has no credentials"],
        [program, "SecretToken:", "SecretTokn:", "resources.token.credentials.SecretTokn"],
        [program, "SynchronizationTokenAcquisition", "TokenAcquisition", "there is no type entrasync:TokenAcquisition"],
        [program, "token.acquiredAt", "token.acquired", "the resource has no acquired"],
        [program, "{scimToken}", "{scimtoken}", "there is no scimtoken"],
        [environment, "azure.secrets.scimToken", "azure.secret.scimToken", "leads nowhere"],
        [environment, "fn::open::azure-secrets", "fn::open::azure-vault", "nobody here knows what that opens to"],
        [environment, "acme:scimToken", "entrasync:clientSecrt", "entrasync:clientSecrt: there is no such setting"],
        ["a: b\n", "b", "c", "nobody knows what this is: a"],
        ["a: b\n", "b", "[", "unexpected end"],
    ])("a mistake in it would be found: %#", (text, from, to, problem) => {
        expect(text).toContain(from);
        expect(problemsOfYaml(text.replace(from, to)).join("\n")).toContain(problem);
    });
});

test("JSON parses, and is a fault where it looks like one", () => {
    expect(of("json").length).toBeGreaterThan(0);
    for (const snippet of of("json")) {
        const value: unknown = JSON.parse(snippet.text);
        if (snippet.text.includes('"effect"')) {
            expect(parseFault(value), placeOf(snippet)).toMatchObject({ kind: "fault" });
        }
    }
});

test("Python compiles, and names nothing of the SDK that there is not", async (context) => {
    context.skip(!(await hasPython()), "Python is not installed");
    const programs = byPlace(of("python"));
    const [first = ""] = Object.values(programs);
    expect(problemsOfPython(programs)).toEqual([]);
    const mistaken = first.replace("service_principal_id=", "service_principal=").replace(".acquired_at", ".acquired");
    expect(problemsOfPython({ mistaken, broken: `${first}(` })).toEqual([
        "mistaken: SynchronizationTokenAcquisition takes no service_principal",
        "mistaken: the resource has no acquired",
        expect.stringMatching(/^broken: /),
    ]);
});

describe("commands of pages that are not typed from top to bottom", () => {
    let stack: Stack;
    beforeAll(async () => {
        stack = await openStack({ files: {}, project: "acme", emulator: { environment: {} } });
    });
    afterAll(() => stack[Symbol.asyncDispose]());

    test.each(looseCommands.filter((command) => isSetting(command) && !runElsewhere(command)))(
        "%s",
        async (command) => {
            const args = wordsOf(command).slice(1);
            const isSecret = args.includes("--secret");
            const [, action, ...rest] = args;
            const [key = "", value = "of a test"] = rest.filter((word) => !word.startsWith("--"));
            if (action === "rm") await stack.config(key, value);
            await stack.does(args, isSecret ? { input: value } : {});
            const got = await stack.run(["config", "get", key]);
            expect(got.stdout.trim()).toBe(action === "rm" ? "" : value);
        },
    );

    test.each(looseCommands.filter(isOfEsc))("%s is one that the CLI has", async (command) => {
        const [, group = "", name = "", ...rest] = wordsOf(command);
        const { stdout } = await stack.does([group, name, "--help"]);
        expect(stdout).toContain(`pulumi ${group} ${name} `);
        for (const flag of rest.filter((word) => word.startsWith("--"))) {
            expect(stdout).toMatch(new RegExp(`${flag}\\b`));
        }
    });
});

test("the files that pages name are there", () => {
    const named = pages().flatMap((page) =>
        [...readPage(page).matchAll(/`((?:test|provider|examples|tools|bench)\/[\w./-]+)`/g)].map(
            ([, path]) => path ?? "",
        ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
});

test("a block is found however it is fenced", () => {
    const page = "```\na\n```\n- b\n  ```sh\n  c\n  ```\n~~~text\nd\n~~~\n````md\n```ts\n```\n````\n";
    expect(snippetsOf("a page", page).map(({ language, text, line }) => [language, text, line])).toEqual([
        ["", "a\n", 1],
        ["sh", "c\n", 5],
        ["text", "d\n", 8],
        ["md", "```ts\n```\n", 11],
    ]);
    expect(commandsOf({ text: "# why\na \\\n    b\n\nc\n" })).toEqual(["a b", "c"]);
});

/** As a shell splits it, quotes aside. */
function wordsOf(command: string): string[] {
    return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}
