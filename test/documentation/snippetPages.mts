import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { repositoryRoot } from "../../tools/engine/repository.mts";

/** A fenced block of a page: how it is fenced, what it says, and the line that it begins in. */
export interface Snippet {
    readonly page: string;
    /** What stands behind the fence, whole; empty where nothing does. */
    readonly language: string;
    readonly text: string;
    readonly line: number;
}

/** The README and everything under docs/. */
export function pages(): readonly string[] {
    const found = globSync("docs/**/*.md", { cwd: repositoryRoot }).map((path) => path.split(sep).join("/"));
    return ["README.md", ...found.sort()];
}

export function readPage(page: string): string {
    return readFileSync(join(repositoryRoot, page), "utf8");
}

/** Every fenced block, indented ones, ones by tildes and ones without a language included. */
export function snippetsOf(page: string, text = readPage(page)): readonly Snippet[] {
    return [...text.matchAll(/^([ >]*)(`{3,}|~{3,})([^\n]*)\n([\s\S]*?)^\1\2 *$/gm)].map(
        ({ 1: indent = "", 3: info = "", 4: block = "", index }) => ({
            page,
            language: info.trim(),
            text: indent === "" ? block : block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
            line: text.slice(0, index).split("\n").length,
        }),
    );
}

/** As an editor opens it. */
export function placeOf({ page, line }: Snippet): string {
    return `${page}:${line}`;
}
