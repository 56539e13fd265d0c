import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differencesTable } from "./differences.mts";

const page = new URL("../../docs/plugin.md", import.meta.url);
const [begin, end] = ["<!-- faces -->", "<!-- /faces -->"];

test("docs/plugin.md has the differences that the suite allows, and no others; UPDATE_DOCS=1 writes them", () => {
    const filled = (text: string) => {
        expect(text.split(begin), `${begin} is there once`).toHaveLength(2);
        expect(text.split(end), `${end} is there once`).toHaveLength(2);
        return `${text.split(begin)[0]}${begin}\n\n${differencesTable()}\n\n${end}${text.split(end)[1]}`;
    };
    if (process.env.UPDATE_DOCS === "1") writeFileSync(page, filled(readFileSync(page, "utf8")));
    const written = readFileSync(page, "utf8");
    expect(written).toBe(filled(written));
});

test("no row of them breaks", () => {
    const widths = differencesTable()
        .split("\n")
        .map((row) => row.split(/(?<!\\)\|/).length);
    expect(new Set(widths)).toEqual(new Set([6]));
});
