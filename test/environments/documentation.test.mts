import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tables } from "./table.mts";

const page = new URL("../../docs/signing-in.md", import.meta.url);

/** The page with each table between its markers as it should be. */
function withTables(text: string): string {
    let filled = text;
    for (const [name, table] of Object.entries(tables)) {
        const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
        expect(filled.split(begin), `${begin} is there once`).toHaveLength(2);
        expect(filled.split(end), `${end} is there once`).toHaveLength(2);
        filled = `${filled.split(begin)[0]}${begin}\n${table}\n${end}${filled.split(end)[1]}`;
    }
    return filled;
}

/** Without what a formatter does to tables: cells are as wide as their column, blank lines stand around. */
const plain = (text: string) =>
    text
        .replaceAll(/ +/g, " ")
        .replaceAll(/-{3,}/g, "---")
        .replaceAll(/\n{2,}/g, "\n");

describe("docs/signing-in.md", () => {
    test("holds the environments that are tested; UPDATE_DOCS=1 writes them", () => {
        const text = readFileSync(page, "utf8");
        if (process.env.UPDATE_DOCS === "1") {
            writeFileSync(page, withTables(text));
        }
        const written = readFileSync(page, "utf8");
        expect(plain(written)).toBe(plain(withTables(written)));
    });

    test.each(Object.values(tables).flatMap((table) => table.split("\n")))("has no row that breaks: %s", (row) => {
        expect(row.split(/(?<!\\)\|/)).toHaveLength(5);
    });
});
