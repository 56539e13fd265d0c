import { expect, test } from "vitest";
import { expectMarked } from "../support/pages.mts";
import { differencesTable } from "./differences.mts";

const page = new URL("../../docs/plugin.md", import.meta.url);

test("docs/plugin.md has the differences that the suite allows, and no others; UPDATE_DOCS=1 writes them", () => {
    expectMarked(page, { faces: differencesTable() });
});

test("no row of them breaks", () => {
    const widths = differencesTable()
        .split("\n")
        .map((row) => row.split(/(?<!\\)\|/).length);
    expect(new Set(widths)).toEqual(new Set([6]));
});
