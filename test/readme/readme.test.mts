import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { problemsOf } from "../documentation/snippetCompiler.mts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const readme = readFileSync(`${root}/README.md`, "utf8");
const examples = blocks("ts");

describe("the README", () => {
    test.each(examples.map((text, index) => ({ text, name: `example ${index + 1}` })))(
        "$name compiles as a user's program",
        ({ text }) => {
            expect(problemsOf(text)).toEqual([]);
        },
    );

    test("a mistake in an example would be found", () => {
        expect(examples.length).toBeGreaterThan(0);
        const mistaken = examples[0]?.replace("credentials:", "credential:") ?? "";
        expect(problemsOf(mistaken).join()).toContain("credential");
    });

    test("its first program is the quickstart, which the demo runs", () => {
        expect(examples[0]).toBe(readFileSync(`${root}/examples/quickstart/index.ts`, "utf8"));
    });

    test("each of its commands is run by a test", () => {
        const firstUp = `. ./emulator.env
pulumi stack init dev
pulumi config set servicePrincipalId SERVICE_PRINCIPAL_ID
pulumi config set --secret scimToken
pulumi up`;
        const getPlugin = `npm install pulumi-entrasync
pulumi plugin install resource entrasync 0.1.0 --file node_modules/pulumi-entrasync/dist/pulumi-resource-entrasync`;
        const getPython = `python3 -m venv venv
. venv/bin/activate
pip install pulumi
pulumi package add ./node_modules/pulumi-entrasync/dist/pulumi-resource-entrasync
pip install ./sdks/entrasync`;
        const ranBy: Record<string, string> = {
            "npm ci && npm run demo": "test/demo/demo.test.mts",
            "npm ci && npm test": ".ci/run",
            "npm install pulumi-entrasync": "test/newcomer/newcomer.test.mts",
            "npx pulumi-entrasync emulator --write-env emulator.env": "test/newcomer/newcomer.test.mts",
            [firstUp]: "test/newcomer/newcomer.test.mts",
            [getPlugin]: "test/newcomer/newcomer.test.mts",
            [getPython]: "test/newcomer/newcomer.test.mts",
            "npx pulumi-entrasync doctor": "test/doctor/doctor.test.mts",
            "npx pulumi-entrasync emulator": "test/emulator/command.test.ts",
        };
        expect(blocks("sh").map((block) => block.trim())).toEqual(Object.keys(ranBy));
        expect(Object.values(ranBy).filter((path) => !existsSync(`${root}/${path}`))).toEqual([]);
    });

    test("its table of arguments has every argument and no other", () => {
        expect(namesInTable("Arguments")).toEqual(membersOf("SynchronizationTokenAcquisitionArgs"));
    });

    test("its table of dependencies gives the reason for each", () => {
        const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
        expect(namesInTable("Dependencies")).toEqual(Object.keys(dependencies).sort());
    });

    test("its table of outputs has every output and no other", () => {
        expect(namesInTable("Outputs")).toEqual(["id", ...membersOf("SynchronizationTokenAcquisition")].sort());
    });
});

function blocks(language: string): string[] {
    return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
        ([, text]) => text ?? "",
    );
}

function namesInTable(heading: string): string[] {
    const section = readme.slice(readme.indexOf(`\n## ${heading}\n`)).split("\n## ")[1] ?? "";
    return [...section.matchAll(/^\| (`[^|]+`) \|/gm)]
        .flatMap(([, cell]) => [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""))
        .sort();
}

/** The public instance members that a class or an interface of `resource.ts` declares, inherited ones left out. */
function membersOf(name: string): string[] {
    const source = ts.createSourceFile(
        "resource.ts",
        readFileSync(`${root}/provider/resource.ts`, "utf8"),
        ts.ScriptTarget.Latest,
    );
    const declaration = source.statements.find(
        (statement): statement is ts.ClassDeclaration | ts.InterfaceDeclaration =>
            (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) && statement.name?.text === name,
    );
    return (declaration?.members ?? [])
        .filter((member) => ts.isPropertySignature(member) || ts.isPropertyDeclaration(member))
        .map((member) => (member.name !== undefined && ts.isIdentifier(member.name) ? member.name.text : ""))
        .sort();
}
