import { describe, expect, test } from "vitest";
import { expectMarked } from "../support/pages.mts";
import { tables } from "./table.mts";

describe.each(Object.entries(tables))("%s", (name, tablesOfPage) => {
    const page = new URL(`../../${name}`, import.meta.url);

    test("holds the environments that are tested; UPDATE_DOCS=1 writes them", () => {
        expectMarked(page, tablesOfPage);
    });

    test.each(Object.values(tablesOfPage))("has no row that breaks", (table) => {
        const widths = table.split("\n").map((row) => row.split(/(?<!\\)\|/).length);
        expect(new Set(widths).size).toBe(1);
    });
});
