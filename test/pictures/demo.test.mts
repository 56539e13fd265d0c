import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { animatedSvg, normalised } from "../../tools/pictures/demoDrawing.mts";
import { inColumns, linesOf } from "../../tools/pictures/recording.mts";

/*
 * The demo is not run here: test/demo runs it, and holds that its steps print their titles, what was received, and the
 * count of acquisitions that tools/demo/demo.mts expects. Here the picture is held to that file.
 */

const picture = join(repositoryRoot, "docs/images/demo.svg");
const svg = readFileSync(picture, "utf8");
/** The rows, with the ones that went on in the next put together again: a row that is full goes on. */
const text = [...svg.matchAll(/<text[^>]*xml:space="preserve">([^<]*)<\/text>/g)]
    .map(([, row = ""]) => row.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"))
    .reduce((whole, row) => whole + row + ([...row].length === 100 ? "" : "\n"), "");

/** The steps of the demo's file: each title, and how many acquisitions it expects. */
function stepsOfTheDemo(): { readonly title: string; readonly acquisitions: number }[] {
    const name = join(repositoryRoot, "tools/demo/demo.mts");
    const source = ts.createSourceFile(name, readFileSync(name, "utf8"), ts.ScriptTarget.Latest, true);
    const steps: { title: string; acquisitions: number }[] = [];
    const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "step") {
            const [title, , expected] = node.arguments;
            const count = /acquisitions: (\d+)/.exec(expected?.getText() ?? "")?.[1];
            if (title === undefined || !ts.isStringLiteralLike(title) || count === undefined) {
                throw new Error(`a step that this test can't read: ${node.getText()}`);
            }
            steps.push({ title: title.text, acquisitions: Number(count) });
        }
        ts.forEachChild(node, visit);
    };
    visit(source);
    return steps;
}

describe("docs/images/demo.svg", () => {
    test("has each step of the demo as it is today, with its acquisitions; npm run pictures makes it anew", () => {
        const steps = text.split("── ").map((step) => ({
            title: step.split("\n")[0] ?? "",
            acquisitions: /Entra and Graph received nothing/.test(step)
                ? 0
                : Number(/That is (\d+) acquisition\(s\)/.exec(step)?.[1] ?? Number.NaN),
            received: [...step.matchAll(/acquireAccessToken → 204, with (.+)/g)].map(([, keys]) => keys),
        }));
        const shown = steps.filter(({ acquisitions }) => !Number.isNaN(acquisitions));
        const expected = stepsOfTheDemo();
        expect(expected.length).toBeGreaterThan(5);
        expect(shown).toEqual(
            expected.map((step) => ({
                ...step,
                received: Array.from({ length: step.acquisitions }, () => "BaseAddress and SecretToken"),
            })),
        );
        expect(text).toMatch(/^\$ npm run demo\n/);
        expect(text).toMatch(/── Done in \d+ s: 3 acquisitions, for 2 sets of credentials/);
        expect(text).toContain("(VALIDATION_FAILED)");
    });

    test("names no machine, no port of a run, and no secret", () => {
        expect(svg).not.toMatch(/\/(?:work|root|home|Users|builds)\//);
        expect([...text.matchAll(/localhost:(\d+)/g)].filter(([, port]) => port !== "8443")).toEqual([]);
        const ids = [...text.matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g)].map(([id]) => id);
        // Those of requests are the emulator's own, too.
        expect(ids.filter((id) => !id.startsWith("5e0c2a7d-"))).toEqual([]);
        expect(ids.length).toBeGreaterThan(5);
        // The demo's secrets are 24 random bytes, which make 32 letters.
        expect(text.match(/(?<![\w/-])[\w-]{32}(?![\w-])/g) ?? []).toEqual([]);
    });

    test("is small, and moves without a script", () => {
        expect(statSync(picture).size).toBeLessThan(150_000);
        expect(statSync(join(repositoryRoot, "docs/images/demo.png")).size).toBeLessThan(300_000);
        expect(svg).not.toMatch(/<script|href=|<image/);
        expect(svg).toContain("@keyframes");
        expect(svg).toContain("prefers-reduced-motion");
        const percents = [...svg.matchAll(/^([\d.]+)%\{/gm)].map(([, percent]) => Number(percent));
        expect(percents.length).toBeGreaterThan(50);
        expect(percents).toEqual([...new Set(percents)].sort((one, other) => one - other));
        expect(percents[0]).toBe(0);
    });
});

describe("a recording", () => {
    const chunk = (atMs: number, words: string) => ({ atMs, text: words });

    test("is the lines that a terminal shows, each when it is complete", () => {
        const chunks = [
            chunk(1, "\u001b]11;?\u001b\\\u001b[6nfirst "),
            chunk(5, "line\r\n\ttabbed\r\n\r\n"),
            chunk(9, "last"),
        ];
        expect(linesOf(chunks)).toEqual([
            { atMs: 5, text: "first line" },
            { atMs: 5, text: "        tabbed" },
            { atMs: 5, text: "" },
            { atMs: 9, text: "last" },
        ]);
        expect(() => linesOf([chunk(1, "\u001b[1A\u001b[Kback\r\n")])).toThrow("what steers the terminal");
    });

    test("goes on in the next row where a line is too long, and a pause of it is cut", () => {
        expect(inColumns([chunk(3, "abcdefg")], 3).map((row) => row.text)).toEqual(["abc", "def", "g"]);
        const still = animatedSvg([chunk(0, "one"), chunk(60_000, "two")]);
        const seconds = Number(/animation: rows ([\d.]+)s/.exec(still)?.[1]);
        expect(seconds).toBeLessThan(20);
    });

    test("has the same stand-in for the same id", () => {
        const [one, other] = ["0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", "1a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d"];
        const [line] = normalised([
            chunk(0, `${one} ${other} ${one} https://localhost:46379 /var/tmp/x/pulumi-entrasync-demo-aBc1`),
        ]);
        const [first, second, third, ...rest] = (line?.text ?? "").split(" ");
        expect(first).toBe(third);
        expect(first).not.toBe(second);
        expect(rest).toEqual(["https://localhost:8443", "/tmp/pulumi-entrasync-demo"]);
    });
});
