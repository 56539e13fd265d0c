import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as errors from "../../provider/core/errors.ts";
import { defaultTimeoutMs, parseInputs } from "../../provider/core/inputs.ts";
import { defaultReplicationTimeoutMs } from "../../provider/graph/client.ts";
import { configurationProperties } from "../../provider/plugin/configuration.ts";
import { functionNames, resourceType } from "../../provider/plugin/names.ts";
import { errorClasses } from "../../tools/reference/errors.mts";
import { createReference, entries } from "../../tools/reference/page.mts";
import { schema } from "../../tools/reference/schema.mts";
import { docOf, membersOf, Sources } from "../../tools/reference/sources.mts";
import { expectCurrent } from "../support/pages.mts";

/* docs/reference.md and what it is made of. */

const file = new URL("../../docs/reference.md", import.meta.url);
const sources = new Sources(entries);
const reference = await createReference(sources);

/** The section under a heading, down to the next one of its rank or above. */
function section(heading: string): string {
    const rank = /^#+/.exec(heading)?.[0].length ?? 0;
    const [, rest = ""] = reference.split(`\n${heading}\n`);
    return rest.split(new RegExp(`^#{1,${rank}} `, "m"))[0] ?? "";
}

/** The cells of each row of the tables in a section, the heads left out. */
function rows(heading: string): string[][] {
    return [...section(heading).matchAll(/^\| (?!-|.*\n\| -)(.*) \|$/gm)].map(([, row = ""]) =>
        row.split(/(?<!\\) ?\| ?/).map((cell) => cell.replaceAll("\\|", "|").trim()),
    );
}

const names = (heading: string) => rows(heading).map(([name = ""]) => name.replaceAll("`", ""));

const cell = (heading: string, name: string, column: number) =>
    rows(heading).find(([first]) => first === `\`${name}\``)?.[column];

test("it is current; UPDATE_DOCS=1 writes it", () => {
    expectCurrent(file, () => reference);
});

describe("everything is in it", () => {
    test("each argument and each output, of both faces", () => {
        const resource = schema.resources[resourceType];
        expect(names("### Arguments")).toEqual(Object.keys(resource?.inputProperties ?? {}));
        const outputs = [...names("### Outputs").filter((name) => name !== "id"), "cloud"];
        expect(outputs.sort()).toEqual(Object.keys(resource?.properties ?? {}).sort());
        expect(names("## The plugin")).toContain("cloud");
    });

    test("each setting, each function and each error", () => {
        expect(names("## Configuration")).toEqual(Object.keys(configurationProperties));
        for (const token of Object.values(functionNames)) expect(section("## The plugin")).toContain(`\`${token}\``);
        const classes = Object.entries(errors).flatMap(([name, value]) =>
            typeof value === "function" && value.prototype instanceof errors.EntrasyncError ? [name] : [],
        );
        const named = rows("## Errors").flatMap(([, name = ""]) => /^`(\w+Error)`$/.exec(name)?.[1] ?? []);
        expect([...named, "GraphAnsweredError"].sort()).toEqual(classes.sort());
    });

    test("each export of every entry", () => {
        const missing = ["provider/index.ts", "provider/runtime.ts", "provider/emulator/index.ts"].flatMap((entry) =>
            sources.exportsOf(entry).filter(({ name }) => !reference.includes(`\`${name}\``)),
        );
        expect(missing.map(({ name }) => name)).toEqual([]);
    });
});

describe("what it says is so", () => {
    const parsed = parseInputs({
        servicePrincipalId: "a3c8f2d4-0001-4c5e-9b1a-2d3e4f5a6b7c",
        credentials: { Url: "u" },
    });
    const inputs = "inputs" in parsed ? parsed.inputs : undefined;

    test("the defaults are the code's", () => {
        expect(cell("### Arguments", "apiVersion", 1)).toContain(`default: \`"${String(inputs?.apiVersion)}"\``);
        expect(cell("### Arguments", "maxAge", 1)).toContain("default: age does not matter");
        expect(inputs?.maxAgeMs).toBeUndefined();
        const looks = Object.entries(inputs?.drift ?? {});
        expect(looks).toHaveLength(2);
        for (const [look, value] of looks) {
            expect(cell("#### `AcquisitionDrift`", look, 1)).toContain(`default: \`${value}\``);
        }
        for (const operation of ["create", "update", "read"]) {
            expect(cell("#### `AcquisitionTimeouts`", operation, 1)).toContain(
                `default: \`"${defaultTimeoutMs / 60_000}m"\``,
            );
        }
        expect(cell("## Configuration", "replicationTimeout", 1)).toContain(
            `\`${defaultReplicationTimeoutMs / 60_000}m\``,
        );
    });

    test("what a change does is told of every argument", () => {
        const told = rows("### What a change does").flatMap(([name = ""]) => (name === "" ? [] : [name]));
        expect(new Set(told)).toEqual(new Set(rows("### Arguments").map(([name]) => name)));
    });

    test("the codes are those of the classes", () => {
        const row = rows("## Errors").find(([, name]) => name === "`InvalidInputError`");
        expect(row?.[0]).toContain(`\`${new errors.InvalidInputError([]).code}\``);
        for (const { name, code } of errorClasses(sources)) {
            expect(code === undefined, name).toBe(["EntrasyncError", "GraphAnsweredError"].includes(name));
        }
    });
});

describe("comments are read as they are meant", () => {
    const declaration = (text: string) => {
        const [statement] = ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true).statements;
        if (statement === undefined || !(ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement))) {
            throw new Error("not what this test is about");
        }
        return statement;
    };

    test("one that stands on the file is not the declaration's", () => {
        expect(docOf(declaration("/** Of the file. */\n\ninterface A {}")).paragraphs).toEqual([]);
        expect(docOf(declaration("/** Of the file. */\n\n/** Its own. */\ninterface A {}")).paragraphs).toEqual([
            "Its own.",
        ]);
    });

    test("what nobody outside sees is left out, and what Pulumi wraps around is not shown", () => {
        const text = `class A {
            #hidden = 1;
            private alsoHidden: string;
            static notOfAnInstance: string;
            /** @internal */ ours: string;
            readonly a?: pulumi.Input<readonly pulumi.Input<B>[] | undefined> | undefined;
            b(first: string, second = 2): void {}
        }`;
        const members = membersOf({
            name: "A",
            declaration: declaration(text),
            doc: { paragraphs: [], see: [], throws: [] },
        });
        expect(members.map(({ name, type }) => `${name}: ${type}`)).toEqual(["a: B[]", "b(first, second?): void"]);
    });
});
