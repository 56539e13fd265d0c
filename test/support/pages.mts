import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { withMarked } from "../../tools/pages/marked.mts";

/** Holds a page to what the code makes of it; with UPDATE_DOCS=1 it is written first. */
export function expectCurrent(file: string | URL, made: (written: string) => string): void {
    if (process.env.UPDATE_DOCS === "1") {
        writeFileSync(file, made(readFileSync(file, "utf8")));
    }
    const written = readFileSync(file, "utf8");
    expect(written).toBe(made(written));
}

/** The same for the texts between a page's markers. */
export function expectMarked(file: string | URL, texts: Readonly<Record<string, string>>): void {
    expectCurrent(file, (written) => withMarked(written, texts));
}
