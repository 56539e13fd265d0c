import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { blocksOf } from "../walkthrough/page.mts";
import { readmeOf, unknownCommands } from "./walk.mts";

/* What every example is: a project of its own, with a page whose commands a test runs. */

const root = join(repositoryRoot, "examples");

/** No program, but workflow files: test/pipelines has them. */
const notPrograms = ["pipelines"];

const examples = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !notPrograms.includes(entry.name))
    .map(({ name }) => name);

/**
 * The test that goes through each example's README. Of azuread's, whose plugin is not everywhere, it does what the README
 * says, and test/azuread/mocks.test.mts holds that to the README.
 */
const testedBy: Readonly<Record<string, string>> = {
    "authorization-code": "test/examples/dynamic.test.mts",
    "azuread-oauth": "test/azuread/plugin.test.mts",
    "azuread-scim": "test/azuread/plugin.test.mts",
    csharp: "test/examples/csharp.test.mts",
    go: "test/examples/go.test.mts",
    java: "test/examples/java.test.mts",
    "many-applications": "test/examples/dynamic.test.mts",
    python: "test/examples/plugin.test.mts",
    quickstart: "test/examples/dynamic.test.mts",
    rotation: "test/examples/dynamic.test.mts",
    "typescript-plugin": "test/examples/typescript.test.mts",
    yaml: "test/examples/plugin.test.mts",
};

test("each example has a test, and each test has its example", () => {
    expect(examples).toEqual(Object.keys(testedBy));
    for (const file of Object.values(testedBy)) expect(existsSync(join(repositoryRoot, file)), file).toBe(true);
    for (const [example, file] of Object.entries(testedBy)) {
        const text = readFileSync(join(repositoryRoot, file), "utf8");
        expect(text.includes(example) || text.includes("examplesFor"), `${file} has ${example}`).toBe(true);
    }
});

describe.each(examples)("%s", (example) => {
    const page = readmeOf(example);

    test("is a project with a page: what it shows, what it needs, commands, what one sees, a change, cleaning up", () => {
        expect(existsSync(join(root, example, "Pulumi.yaml"))).toBe(true);
        const lines = page.split("\n").length - 1;
        expect(lines).toBeGreaterThanOrEqual(25);
        expect(lines).toBeLessThanOrEqual(60);
        const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
        expect(headings).toEqual(["What it needs", "Run it", "Change it", "Clean up"]);
        const languages = blocksOf(page).map(({ language }) => language);
        expect([...new Set(languages)].sort()).toEqual(["sh", "text"]);
    });

    test("has no command in its page that the tests could not run", () => {
        expect(unknownCommands(page)).toEqual([]);
        expect(unknownCommands(page.replace("pulumi destroy\n", "pulumi destory\n"))).toEqual(["pulumi destory"]);
    });

    test("has a second step exactly where its page puts one in place, of files that there are", () => {
        const folder = join(root, example, "step2");
        const files = existsSync(folder) ? readdirSync(folder) : [];
        const named = [...page.matchAll(/^cp step2\/(\S+) \.$/gm)].map(([, file]) => file);
        expect(files).toEqual(named);
        for (const file of files) expect(existsSync(join(root, example, file)), file).toBe(true);
    });

    test("asks for what somebody outside of this repository can install", () => {
        const file = join(root, example, "package.json");
        const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
        const { dependencies = {} } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
        // The lock file links it to this checkout, for as long as the range has this version.
        expect([undefined, `^${version}`]).toContain(dependencies["pulumi-entrasync"]);
        expect(JSON.stringify(dependencies)).not.toMatch(/file:|link:|workspace:/);
    });
});

test("the README's programs are the examples", () => {
    const blocks = blocksOf(readFileSync(join(repositoryRoot, "README.md"), "utf8"));
    const first = (language: string, start: string) =>
        blocks.find((block) => block.language === language && block.text.startsWith(start))?.text;
    const text = (path: string) => readFileSync(join(root, path), "utf8");
    expect(first("ts", "")).toBe(text("quickstart/index.ts"));
    expect(first("yaml", "name: acme\nruntime: yaml")).toBe(text("yaml/Pulumi.yaml"));
    expect(first("python", "")).toBe(text("python/__main__.py"));
    expect(first("yaml", "name: acme\nruntime: python")).toBe(text("python/Pulumi.yaml"));
});
