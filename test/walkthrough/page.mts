/** A fenced block of a page: what language, its text, and the line that it begins in. */
export interface Block {
    readonly language: string;
    readonly text: string;
    readonly line: number;
}

/** The fenced blocks, in the page's order. */
export function blocksOf(page: string): Block[] {
    return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = "", 2: text = "", index }) => ({
        language,
        text,
        line: page.slice(0, index).split("\n").length,
    }));
}

/**
 * A program after a change that the page shows as a diff: the lines that were there are found exactly once.
 *
 * @throws Error where they aren't.
 */
export function applyDiff(program: string, diff: string): string {
    const lines = diff.split("\n").slice(0, -1);
    const side = (sign: "+" | "-") =>
        lines
            .filter((line) => line[0] === " " || line[0] === sign)
            .map((line) => `${line.slice(1)}\n`)
            .join("");
    const parts = program.split(side("-"));
    const [before, after, ...others] = parts;
    if (before === undefined || after === undefined || others.length > 0) {
        throw new Error(`The lines that this changes are ${parts.length - 1} times in the program:\n${diff}`);
    }
    return before + side("+") + after;
}

/** The lines of a quotation that the output does not have, each somewhere; `…` stands for anything within a line. */
export function missingLines(quotation: string, output: string): string[] {
    return quotation
        .split("\n")
        .filter((line) => line !== "")
        .filter((line) => !new RegExp(line.split("…").map(escaped).join(".*")).test(output));
}

function escaped(text: string): string {
    return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
