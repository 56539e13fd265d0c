import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { escaped } from "./drawing.mts";
import { inColumns, type Line } from "./recording.mts";

export const columns = 100;
/** As many as a window has; what is above has scrolled away. */
const rows = 30;

const fontSize = 13;
const letterWidth = 7.83;
const rowHeight = 17;
const margin = 16;
const barHeight = 30;
const width = Math.round(columns * letterWidth) + 2 * margin;
const height = barHeight + rows * rowHeight + 2 * margin - 8;

/** What is typed to get it: the recording itself begins after the build. */
const prompt = "$ npm run demo";

/** A pause that the recording has and a reader need not, is cut to this. */
const longestPauseMs = 700;
/** So long stands what Entra and Graph received of a step, before the next one begins. */
const readingMs = 2200;
const endingMs = 8000;

/**
 * What differs from run to run and from machine to machine, and would only distract: the port, the folder, the ids. They are
 * replaced by values of the same kind, each id by the same one wherever it stands. Versions, times and hashes are the run's.
 */
export function normalised(lines: readonly Line[]): readonly Line[] {
    const ids = new Map<string, string>();
    const idFor = (id: string) => {
        const known = ids.get(id) ?? `5e0c2a7d-${String(ids.size + 1).padStart(4, "0")}-4c5e-9b1a-2d3e4f5a6b7c`;
        ids.set(id, known);
        return known;
    };
    return lines.map(({ atMs, text }) => ({
        atMs,
        text: text
            .replaceAll(/localhost:\d+/g, "localhost:8443")
            .replaceAll(/\S*\/pulumi-entrasync-demo-\w+/g, "/tmp/pulumi-entrasync-demo")
            .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, idFor),
    }));
}

/** A row, and when it is there in the picture. */
interface Row {
    readonly text: string;
    /** The line that it is a part of. */
    readonly whole: string;
    readonly atMs: number;
}

/** The rows with their pauses cut, and the time that the whole takes. */
function paced(lines: readonly Line[]): { readonly rows: readonly Row[]; readonly totalMs: number } {
    const shown: Row[] = [{ text: prompt, whole: prompt, atMs: 0 }];
    let atMs = 1000;
    let previousMs = lines[0]?.atMs ?? 0;
    for (const line of inColumns(lines, columns)) {
        atMs += Math.min(line.atMs - previousMs, longestPauseMs);
        previousMs = line.atMs;
        if (isTitle(line.whole) && line.text === line.whole.slice(0, columns) && shown.length > 4) {
            atMs += readingMs;
        }
        shown.push({ text: line.text, whole: line.whole, atMs: Math.round(atMs) });
    }
    return { rows: shown, totalMs: Math.round(atMs) + endingMs };
}

function isTitle(text: string): boolean {
    return text.startsWith("── ");
}

/*
 * The demo itself writes without colours: Pulumi colours nothing where it has no keyboard. The picture sets off the steps'
 * titles, what was received, and the refusal that the demo means to show.
 */
function kindOf(text: string): string {
    if (isTitle(text) || text === prompt) {
        return ' class="t"';
    }
    if (/^ {4}(?:received: |That is |Entra and Graph received nothing)/.test(text)) {
        return ' class="r"';
    }
    return /^\s*error:/.test(text) ? ' class="e"' : "";
}

const style = `
text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: ${fontSize}px; fill: #d5dbe3; white-space: pre; }
.t { fill: #ffffff; font-weight: bold; }
.r { fill: #7fd18b; }
.e { fill: #ff9a8f; }
.b { fill: #9aa5b1; }`.trim();

/**
 * The recording as a picture that moves without a script: all rows stand below each other, and the whole is moved up by a row
 * whenever there is one more, as in a terminal whose window is full. Who wants no movement gets the end.
 */
export function animatedSvg(lines: readonly Line[]): string {
    const { rows: all, totalMs } = paced(lines);
    const shift = (count: number) => (rows - count) * rowHeight;
    // Rows that come in the same hundredth of a percent come together.
    const frames = new Map(
        all.map(({ atMs }, index) => [percent(atMs / totalMs), `{transform:translateY(${shift(index + 1)}px)}`]),
    );
    const end = `transform: translateY(${shift(all.length)}px);`;
    const moving = `
.rows { ${end} animation: rows ${(totalMs / 1000).toFixed(1)}s steps(1, end) infinite; }
@keyframes rows {
${[...frames].map(([when, what]) => `${when}${what}`).join("\n")}
}
@media (prefers-reduced-motion: reduce) { .rows { animation: none; } }`;
    return windowSvg(`${style}${moving}`, `<g class="rows">\n${textOf(all)}\n</g>`);
}

/** One moment of it: the window whose last row is the first such one. */
export function stillSvg(lines: readonly Line[], isLast: (text: string) => boolean): string {
    const { rows: all } = paced(lines);
    const last = all.findIndex(({ text }) => isLast(text));
    if (last < 0) {
        throw new Error("The recording has no such row.");
    }
    return windowSvg(style, textOf(all.slice(Math.max(0, last + 1 - rows), last + 1)));
}

function windowSvg(css: string, content: string): string {
    const top = barHeight + 4;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
        '<title id="title">npm run demo, recorded in a terminal</title>',
        `<style>\n${css}\n</style>`,
        `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#12171e" stroke="#4a5561"/>`,
        `<text class="b" x="${width / 2}" y="20" text-anchor="middle">npm run demo</text>`,
        `<svg x="${margin}" y="${top}" width="${width - 2 * margin}" height="${rows * rowHeight}">`,
        content,
        "</svg>",
        "</svg>",
        "",
    ].join("\n");
}

/** Each row as wide as its letters, whatever font the reader has: columns stay columns. */
function textOf(shown: readonly Row[]): string {
    return shown
        .map(({ text, whole }, index) => {
            if (text === "") {
                return undefined;
            }
            const length = ([...text].length * letterWidth).toFixed(1);
            const y = (index + 1) * rowHeight - 4;
            return `<text${kindOf(whole)} y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escaped(text)}</text>`;
        })
        .filter((row) => row !== undefined)
        .join("\n");
}

function percent(part: number): string {
    return `${(part * 100).toFixed(2)}%`;
}

/** With a font of its own: a machine may have none. */
export function pngOf(svg: string): Uint8Array {
    const require = createRequire(import.meta.url);
    const fonts = join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf");
    const font = {
        loadSystemFonts: false,
        fontFiles: ["DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"].map((name) => join(fonts, name)),
        defaultFontFamily: "DejaVu Sans Mono",
        monospaceFamily: "DejaVu Sans Mono",
    };
    return new Resvg(svg, { font, fitTo: { mode: "zoom", value: 1.5 } }).render().asPng();
}
