/** A rectangle with words in it. */
export interface Box {
    readonly id: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly title: string;
    readonly lines: readonly string[];
    readonly kind: "ours" | "others" | "frame";
}

/** Words by themselves. */
export interface Label {
    readonly x: number;
    readonly y: number;
    readonly text: string;
    readonly kind: "heading" | "label" | "note";
    readonly anchor?: "middle" | "end";
}

/** A line with a point at its end, by way of these places. */
export interface Arrow {
    readonly from: string;
    readonly to: string;
    readonly points: readonly Point[];
    readonly isDashed?: true;
}

export type Point = readonly [x: number, y: number];

export interface Drawing {
    readonly width: number;
    readonly height: number;
    /** For whoever can't see it. */
    readonly title: string;
    readonly description: string;
    readonly boxes: readonly Box[];
    readonly arrows: readonly Arrow[];
    readonly labels: readonly Label[];
}

/** From the middle of a box's edge, or from that part of it. */
export const topOf = ({ x, y, width }: Box, part = 0.5): Point => [x + width * part, y];
export const rightOf = ({ x, y, width, height }: Box, part = 0.5): Point => [x + width, y + height * part];
export const leftOf = ({ x, y, height }: Box, part = 0.5): Point => [x, y + height * part];

const titleSize = 14;
const lineSize = 11.5;
const lineHeight = 16;

/** Where the words of a box stand: a title and lines below it, in the middle; those of a frame at its upper left. */
export function wordsOf(box: Box): readonly { x: number; y: number; text: string; kind: "title" | "line" | "label" }[] {
    if (box.kind === "frame") {
        return [{ x: box.x + 14, y: box.y + 20, text: box.title, kind: "label" }];
    }
    const middle = box.x + box.width / 2;
    const height = titleSize + box.lines.length * lineHeight;
    const top = box.y + (box.height - height) / 2 + titleSize - 2;
    return [
        { x: middle, y: top, text: box.title, kind: "title" },
        ...box.lines.map((text, index) => ({
            x: middle,
            y: top + 2 + (index + 1) * lineHeight - 1,
            text,
            kind: "line" as const,
        })),
    ];
}

/*
 * Colours for a light page and, by a media query, for a dark one: there is no background, so the page's own shows. Words
 * are words, in a font of the reader's.
 */
const style = `
text { font-family: -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: ${titleSize}px; font-weight: 600; text-anchor: middle; }
.line { font-size: ${lineSize}px; fill: #4d5661; text-anchor: middle; }
.label { font-size: ${lineSize}px; fill: #4d5661; }
.note { font-size: ${lineSize}px; fill: #4d5661; }
.heading { font-size: 17px; font-weight: 600; }
.ours { fill: #e8f1fd; stroke: #3b75b8; stroke-width: 1.3; }
.others { fill: #f4f5f7; stroke: #8a929c; stroke-width: 1.3; }
.frame { fill: none; stroke: #8a929c; stroke-width: 1.2; stroke-dasharray: 5 4; }
.arrow { fill: none; stroke: #59626d; stroke-width: 1.4; }
.point { fill: #59626d; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.line, .label, .note { fill: #aeb7c2; }
.ours { fill: #13294a; stroke: #5b9be6; }
.others { fill: #20262e; stroke: #7d8793; }
.frame { stroke: #7d8793; }
.arrow { stroke: #a3adb8; }
.point { fill: #a3adb8; }
}`.trim();

export function svgOf({ width, height, title, description, boxes, arrows, labels }: Drawing): string {
    const isFrame = ({ kind }: Box) => kind === "frame";
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
        `<title id="title">${escaped(title)}</title>`,
        `<desc id="description">${escaped(description)}</desc>`,
        `<style>\n${style}\n</style>`,
        `<defs><marker id="point" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="point" d="M0 0.8 8 4 0 7.2Z"/></marker></defs>`,
        ...boxes.filter(isFrame).map(boxSvg),
        ...arrows.map(({ points, isDashed }) => {
            const path = points.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(" ");
            const dashes = isDashed ? ' stroke-dasharray="5 4"' : "";
            return `<polyline class="arrow" points="${path}"${dashes} marker-end="url(#point)"/>`;
        }),
        ...boxes.filter((box) => !isFrame(box)).map(boxSvg),
        ...labels.map(({ x, y, text, kind, anchor }) => {
            const anchored = anchor === undefined ? "" : ` text-anchor="${anchor}"`;
            return `<text class="${kind}" x="${rounded(x)}" y="${rounded(y)}"${anchored}>${escaped(text)}</text>`;
        }),
        "</svg>",
        "",
    ].join("\n");
}

function boxSvg(box: Box): string {
    const { x, y, width, height, kind } = box;
    const words = wordsOf(box).map(
        (one) => `<text class="${one.kind}" x="${rounded(one.x)}" y="${rounded(one.y)}">${escaped(one.text)}</text>`,
    );
    return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>${words.join("")}`;
}

function rounded(value: number): number {
    return Math.round(value * 10) / 10;
}

export function escaped(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
