/** Why no code could be asked for, received or stored: words for whoever ran the command, with no secret in them. */
export class Problem extends Error {
    override readonly name = "Problem";
}

/** What somebody else wrote, in one line that is fit to be shown: nothing that steers a terminal, and not without end. */
export function oneLine(text: string, limit = 300): string {
    const line = text
        .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
        .replaceAll(/ {2,}/g, " ")
        .trim();
    return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
