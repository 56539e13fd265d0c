import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { type Operation, operationNames, operations } from "./contenders/contender.mts";
import { Figures, type Measured, names } from "./measured.mts";
import { spread } from "./statistics.mts";

const colours: Readonly<Record<string, string>> = {
    [names.components]: "#b8b8b8",
    [names.emptyHooks]: "#8a8a8a",
    [names.naive]: "#d98c3f",
    [names.openTofu]: "#c9b037",
    [names.dynamic]: "#3b75b8",
    [names.plugin]: "#1d3f73",
};

const width = 1000;
const barsHeight = 300;
const linesHeight = 340;
const left = 60;

/** Two pictures in one: each operation's wall time at the main N, and how the first `up` grows with N. */
export function drawSvg(measured: Measured): string {
    const figures = new Figures(measured);
    const count = figures.mainCount;
    const legend = figures.contenders.map((name, index) => {
        const x = left + (index % 3) * 300;
        const y = 40 + Math.floor(index / 3) * 20;
        return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${colours[name] ?? "#000"}"/>${text(x + 18, y, name)}`;
    });
    const lines = figures.counts.length > 1 ? growth(figures, 90 + barsHeight + 60) : [];
    const height = 90 + barsHeight + 50 + (lines.length === 0 ? 0 : linesHeight + 50);
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, sans-serif" font-size="13">`,
        `<rect width="${width}" height="${height}" fill="#fff"/>`,
        text(
            left,
            18,
            `Wall time of each operation, N = ${count}, in seconds; Entra and Graph answer after ${measured.latencyMs} ms`,
        ),
        ...legend,
        ...bars(figures, count, 90),
        ...lines,
        "</svg>",
        "",
    ].join("\n");
}

function bars(figures: Figures, count: number, top: number): string[] {
    const present = operations.filter((operation) => figures.of(names.components, count, operation).length > 0);
    const value = (name: string, operation: Operation) =>
        spread(figures.wallMs(name, count, operation).map((ms) => ms / 1000));
    const most = Math.max(
        ...present.flatMap((operation) => figures.contenders.map((name) => value(name, operation)?.most ?? 0)),
    );
    const y = (seconds: number) => top + barsHeight * (1 - seconds / most);
    const groupWidth = (width - left - 20) / present.length;
    const barWidth = (groupWidth - 20) / figures.contenders.length;
    return [
        ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
            `<line x1="${left}" x2="${width - 20}" y1="${y(most * part)}" y2="${y(most * part)}" stroke="#ddd"/>`,
            text(left - 6, y(most * part) + 4, (most * part).toFixed(1), "end"),
        ]),
        ...present.flatMap((operation, group) => {
            const x = left + group * groupWidth + 10;
            return [
                text(x + (groupWidth - 20) / 2, top + barsHeight + 20, operationNames[operation], "middle"),
                ...figures.contenders.flatMap((name, index) => {
                    const seconds = value(name, operation);
                    if (seconds === undefined) {
                        return [];
                    }
                    const [at, middle] = [x + index * barWidth, x + (index + 0.5) * barWidth - 1];
                    return [
                        `<rect x="${at}" y="${y(seconds.median)}" width="${barWidth - 2}" height="${top + barsHeight - y(seconds.median)}" fill="${colours[name] ?? "#000"}"/>`,
                        `<line x1="${middle}" x2="${middle}" y1="${y(seconds.least)}" y2="${y(seconds.most)}" stroke="#000"/>`,
                    ];
                }),
            ];
        }),
    ];
}

function growth(figures: Figures, top: number): string[] {
    const { counts } = figures;
    const values = figures.contenders.map((name) => ({
        name,
        points: counts.flatMap((count) => {
            const seconds = spread(figures.wallMs(name, count, "up").map((ms) => ms / 1000))?.median;
            return seconds === undefined ? [] : [{ count, seconds }];
        }),
    }));
    const all = values.flatMap(({ points }) => points.map(({ seconds }) => seconds));
    const [least, most] = [Math.log(Math.min(...all)), Math.log(Math.max(...all))];
    const [first, last] = [Math.log(counts[0] ?? 1), Math.log(counts.at(-1) ?? 1)];
    const x = (count: number) => left + (width - left - 40) * ((Math.log(count) - first) / (last - first));
    const y = (seconds: number) => top + 20 + (linesHeight - 20) * (1 - (Math.log(seconds) - least) / (most - least));
    const ticks = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter(
        (tick) => tick >= Math.exp(least) && tick <= Math.exp(most),
    );
    return [
        text(left, top, "First up, in seconds, by N; both axes logarithmic"),
        ...ticks.flatMap((tick) => [
            `<line x1="${left}" x2="${width - 40}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/>`,
            text(left - 6, y(tick) + 4, String(tick), "end"),
        ]),
        ...counts.map((count) => text(x(count), top + linesHeight + 20, String(count), "middle")),
        ...values.map(({ name, points }) => {
            const path = points.map(({ count, seconds }) => `${x(count)},${y(seconds)}`).join(" ");
            const dots = points.map(
                ({ count, seconds }) =>
                    `<circle cx="${x(count)}" cy="${y(seconds)}" r="4" fill="${colours[name] ?? "#000"}"/>`,
            );
            return `<polyline points="${path}" fill="none" stroke="${colours[name] ?? "#000"}" stroke-width="2"/>${dots.join("")}`;
        }),
    ];
}

function text(x: number, y: number, words: string, anchor = "start"): string {
    return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}

/** The same as PNG, with a font of its own: a machine may have none. */
export function drawPng(svg: string): Uint8Array {
    const require = createRequire(import.meta.url);
    const fonts = join(dirname(require.resolve("dejavu-fonts-ttf/package.json")), "ttf");
    const font = {
        loadSystemFonts: false,
        fontFiles: [join(fonts, "DejaVuSans.ttf")],
        defaultFontFamily: "DejaVu Sans",
    };
    return new Resvg(svg, { font, fitTo: { mode: "zoom", value: 1.5 } }).render().asPng();
}
