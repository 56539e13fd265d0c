import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tables } from "./table.mts";

describe.each(Object.entries(tables))("%s", (name, tablesOfPage) => {
    const page = new URL(`../../${name}`, import.meta.url);

    test("holds the environments that are tested; UPDATE_DOCS=1 writes them", () => {
        if (process.env.UPDATE_DOCS === "1") {
            writeFileSync(page, withTables(readFileSync(page, "utf8"), tablesOfPage));
        }
        const written = readFileSync(page, "utf8");
        expect(written).toBe(withTables(written, tablesOfPage));
    });

    test.each(Object.values(tablesOfPage))("has no row that breaks", (table) => {
        const widths = table.split("\n").map((row) => row.split(/(?<!\\)\|/).length);
        expect(new Set(widths).size).toBe(1);
    });
});

/** The page with each table between its markers as it should be. */
function withTables(text: string, tablesOfPage: Readonly<Record<string, string>>): string {
    let filled = text;
    for (const [name, table] of Object.entries(tablesOfPage)) {
        const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
        expect(filled.split(begin), `${begin} is there once`).toHaveLength(2);
        expect(filled.split(end), `${end} is there once`).toHaveLength(2);
        filled = `${filled.split(begin)[0]}${begin}\n\n${table}\n\n${end}${filled.split(end)[1]}`;
    }
    return filled;
}
