/* The pieces of Markdown that the generated reference is made of. */

/** A name or a type, as code. */
export function code(text: string): string {
    return text === "" ? "" : `\`${text}\``;
}

/** Sections that follow one another. */
export function paragraphs(...texts: readonly (string | undefined)[]): string {
    return texts.filter((text) => text !== undefined && text !== "").join("\n\n");
}

/**
 * A description and the default that it states, apart: `Default: 0.`, `Default \`"5m"\`.`, `Default: age does not matter.`
 */
export function withoutDefault(text: string): { readonly text: string; readonly value: string } {
    const stated = /(^|[.:;] )[Dd]efault:? (.+?)\.(?= [A-Z`(]|$)/.exec(text);
    if (stated === null) {
        return { text, value: "" };
    }
    const before = `${text.slice(0, stated.index)}${stated[1] ?? ""}`.trim().replace(/[:;]$/, ".");
    const after = text.slice(stated.index + stated[0].length).trim();
    return { text: `${before} ${after}`.trim(), value: stated[2] ?? "" };
}
