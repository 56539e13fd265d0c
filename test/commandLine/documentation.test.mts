import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { authorizeCommand } from "../../provider/authorize/command.ts";
import { formOf, usageOf } from "../../provider/commandLine/help.ts";
import { visibleOptions } from "../../provider/commandLine/options.ts";
import { expectMarked } from "../support/pages.mts";
import { tables } from "./documentation.mts";
import { commands } from "./program.mts";

const pageOf = (name: string) => new URL(`../../docs/${name}`, import.meta.url);

describe("docs/command-line.md", () => {
    const page = pageOf("command-line.md");

    test("has the commands, options and exit codes that --help has; UPDATE_DOCS=1 writes them", () => {
        expectMarked(page, tables);
    });

    test("has no row that breaks", () => {
        for (const row of Object.values(tables).flatMap((text) => text.split("\n").filter(Boolean))) {
            expect(row.split(/(?<!\\)\|/)).toHaveLength(4);
            // What looks like a tag is one in Markdown, unless it is code.
            expect(row.replaceAll(/`[^`]*`/g, "")).not.toMatch(/[<`]/);
        }
    });

    test("has a section for each command, with its usage", () => {
        const text = readFileSync(page, "utf8");
        for (const command of commands) {
            const section = text.split(/^## /m).find((part) => part.startsWith(`${command.name}\n`));
            expect(section, `a section for ${command.name}`).toContain(usageOf(command));
        }
    });
});

test("docs/authorize.md has every option of authorize, and no other", () => {
    const rows = readFileSync(pageOf("authorize.md"), "utf8").matchAll(/^\| `(--[^`]+)` \|/gm);
    const options = visibleOptions(authorizeCommand.options).map((option) => formOf(option).replace("-h, ", ""));
    expect([...rows].map(([, form]) => form).sort()).toEqual(options.sort());
});
