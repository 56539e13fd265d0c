/** How wide text is at most: where a terminal is wider, longer lines would be hard to read. */
const widest = 100;

/** The width to write for: the terminal's, if it is a narrow one. */
export function widthOf(stream: { readonly columns?: number }): number {
    return Math.max(40, Math.min(stream.columns ?? widest, widest));
}

/** A paragraph in lines of at most this width; a word that is longer stands by itself. */
export function wrapped(paragraph: string, width: number): readonly string[] {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
        if (line !== "" && line.length + 1 + word.length > width) {
            lines.push(line);
            line = "";
        }
        line += line === "" ? word : ` ${word}`;
    }
    return [...lines, line];
}

/** Two columns, indented by two, the second one wrapped below itself. */
export function columns(rows: readonly (readonly [name: string, text: string])[], width: number): readonly string[] {
    const first = Math.max(...rows.map(([name]) => name.length)) + 2;
    const rest = Math.max(width - 2 - first, 30);
    return rows.flatMap(([name, text]) =>
        wrapped(text, rest).map((line, index) => `  ${(index === 0 ? name : "").padEnd(first)}${line}`),
    );
}
