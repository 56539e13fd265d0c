import { coloured, type Meaning } from "./colour.js";

/** One line of a report: what it is about, and what there is to say. */
export type ReportLine = readonly [label: string, text: string, meaning?: Meaning];

/** Lines with their labels in a column; a label is coloured by what its line means. */
export function reportText(lines: readonly ReportLine[], stream: NodeJS.WritableStream): string {
    return lines
        .map(([label, text, meaning]) => {
            const padding = " ".repeat(Math.max(14 - label.length, 1));
            return `${meaning === undefined ? label : coloured(meaning, label, stream)}${padding}${text}\n`;
        })
        .join("");
}
