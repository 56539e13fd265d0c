import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { drawArchitecture } from "../../tools/pictures/architectureDrawing.mts";
import { type Box, escaped, svgOf, wordsOf } from "../../tools/pictures/drawing.mts";
import { readRooms, reduced } from "../../tools/pictures/rooms.mts";

const rooms = readRooms();
const drawing = drawArchitecture(rooms);
const boxes = drawing.boxes.filter(({ kind }) => kind !== "frame");

interface Area {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
}

const areaOf = ({ x, y, width, height }: Box): Area => ({ left: x, top: y, right: x + width, bottom: y + height });
const meet = (one: Area, other: Area) =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

test("docs/images/architecture.svg is what the source is today; npm run pictures makes it anew", () => {
    const written = readFileSync(join(repositoryRoot, "docs/images/architecture.svg"), "utf8");
    expect(written).toBe(svgOf(drawing));
});

describe("the picture of the rooms", () => {
    test("has every room of the source", () => {
        const shown = boxes.map(({ id }) => id).filter((id) => id.startsWith("room:"));
        expect(shown.sort()).toEqual(rooms.rooms.map(({ name }) => `room:${name}`).sort());
        expect(shown.length).toBeGreaterThan(10);
    });

    test("can't be made without an import that the source has, nor with one that it has not", () => {
        const another = { from: "resource", to: "graph" };
        expect(() => drawArchitecture({ ...rooms, imports: [...rooms.imports, another] })).toThrow(
            "Missing: resource → graph.",
        );
        const fewer = rooms.imports.filter(({ from, to }) => !(from === "emulator" && to === "graph"));
        expect(() => drawArchitecture({ ...rooms, imports: fewer })).toThrow("Too many: emulator → graph.");
        const stranger = { name: "annexe", packages: [] };
        expect(() => drawArchitecture({ ...rooms, rooms: [...rooms.rooms, stranger] })).toThrow("no place for annexe");
    });

    test("leaves out what follows from other imports, and only that", () => {
        const edges = [
            { from: "a", to: "b" },
            { from: "b", to: "c" },
            { from: "a", to: "c" },
            { from: "d", to: "c" },
        ];
        expect(reduced(edges)).toEqual(edges.filter(({ from, to }) => `${from}${to}` !== "ac"));
    });
});

describe("nothing in it overlaps:", () => {
    test("no box another one", () => {
        for (const [index, one] of boxes.entries()) {
            for (const other of boxes.slice(index + 1)) {
                expect(meet(areaOf(one), areaOf(other)), `${one.id} and ${other.id}`).toBe(false);
            }
        }
    });

    test("no arrow a box that it does not join", () => {
        expect(drawing.arrows.length).toBeGreaterThan(10);
        for (const { from, to, points } of drawing.arrows) {
            const parts = points.slice(1).map(([x, y], index) => {
                const [beforeX = x, beforeY = y] = points[index] ?? [];
                // Each part is level or upright: it is its own area.
                expect(beforeX === x || beforeY === y, `${from} → ${to} has a slanting part`).toBe(true);
                return {
                    left: Math.min(x, beforeX),
                    right: Math.max(x, beforeX),
                    top: Math.min(y, beforeY),
                    bottom: Math.max(y, beforeY),
                };
            });
            for (const box of boxes.filter(({ id }) => id !== from && id !== to)) {
                const crossed = parts.some((part) => meet(part, { ...areaOf(box) }));
                expect(crossed, `${from} → ${to} crosses ${box.id}`).toBe(false);
            }
        }
    });

    // By a font that is wider than most: words that fit in it fit in the reader's.
    test("no word leaves its box, and none beside a box meets one", () => {
        for (const box of boxes) {
            const inside = areaOf(box);
            for (const { text, kind, x, y } of wordsOf(box)) {
                const area = areaOfText(text, kind, x, y);
                const fits =
                    area.left >= inside.left &&
                    area.right <= inside.right &&
                    area.top >= inside.top &&
                    area.bottom <= inside.bottom;
                expect(fits, `${box.id}: ${text} ${JSON.stringify({ area, inside })}`).toBe(true);
            }
        }
        for (const { text, kind, x, y, anchor } of drawing.labels) {
            const area = areaOfText(text, kind, x, y, anchor);
            const met = boxes.filter((box) => meet(area, areaOf(box))).map(({ id }) => id);
            expect(met, text).toEqual([]);
            expect(area.right, text).toBeLessThan(drawing.width);
        }
    });
});

test("words are text, there is no script, and a dark page gets colours of its own", () => {
    const svg = svgOf(drawing);
    for (const { title } of boxes) expect(svg).toContain(`>${escaped(title)}</text>`);
    expect(svg).not.toMatch(/<script|href=|<image/);
    expect(svg).toContain("prefers-color-scheme: dark");
});

const fonts = join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf");

/** Where a text stands, as a renderer has it. */
function areaOfText(text: string, kind: string, x: number, y: number, anchor = "start"): Area {
    const [size, weight] = { title: [14, 600], heading: [17, 600] }[kind] ?? [11.5, 400];
    const at = kind === "title" || kind === "line" ? "middle" : anchor;
    const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="2000"><text x="${x}" y="${y}" text-anchor="${at}" ` +
        `font-family="DejaVu Sans" font-size="${size}" font-weight="${weight}">${escaped(text)}</text></svg>`;
    const font = {
        loadSystemFonts: false,
        fontFiles: ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) => join(fonts, name)),
    };
    const box = new Resvg(svg, { font }).innerBBox();
    if (box === undefined) throw new Error(`nothing is drawn of ${text}`);
    return { left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height };
}
