/** A table in Markdown; a pipe and a line break inside a cell would end it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
}

function cell(text: string): string {
    return text.replaceAll(/\s+/g, " ").trim().replaceAll("|", "\\|");
}
