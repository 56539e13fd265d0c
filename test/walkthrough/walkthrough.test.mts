import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { openStack, theEngine } from "../support/stack.mts";
import { applyDiff, type Block, blocksOf, missingLines } from "./page.mts";
import { Shell } from "./shell.mts";

/* docs/a-year-in-the-life-of-a-token.md, word for word: every block of it is typed, written or looked for. */

const page = readFileSync(join(repositoryRoot, "docs/a-year-in-the-life-of-a-token.md"), "utf8");

test("A year in the life of a token can be lived as the page says", { timeout: 600_000 }, async () => {
    const { command } = await theEngine();
    await using stack = await openStack({ files: {}, emulator: { environment: {} } });
    // What `npm install pulumi-entrasync` leaves in a project beside the package itself.
    mkdirSync(join(stack.folder, "node_modules/.bin"));
    symlinkSync(join(repositoryRoot, "dist/command.js"), join(stack.folder, "node_modules/.bin/pulumi-entrasync"));
    const reader = {
        folder: stack.folder,
        environment: { ...stack.environment, PATH: [dirname(command), stack.environment.PATH].join(delimiter) },
    };
    await using first = new Shell(reader);
    await using second = new Shell(reader);

    let program = "";
    let output = "";
    for (const block of blocksOf(page)) {
        switch (block.language) {
            case "sh":
                if (isFirstShell(block)) {
                    first.type(block.text);
                    await untilWritten(join(stack.folder, "emulator.env"), first);
                } else {
                    const ran = await second.run(block.text);
                    output = ran.output;
                    expect(ran.code, at(block, output)).toBe(0);
                }
                break;
            case "text":
                expect(missingLines(block.text, output), at(block, output)).toEqual([]);
                break;
            case "ts":
            case "diff":
                program = block.language === "ts" ? block.text : applyDiff(program, block.text);
                stack.write("index.ts", program);
                break;
            default:
                throw new Error(`Nobody knows what to do with this: ${at(block, block.text)}`);
        }
    }
    // The page's months: acquired, rotated, grown old, a trigger, cleared, moved. Of the failures, nothing more.
    const { output: acquisitions } = await second.run("emulator acquisitions");
    expect(JSON.parse(acquisitions).value).toHaveLength(6);
});

test("a quotation that is not in the output, and a change of lines that are not in the program, would be found", () => {
    expect(missingLines('a "…" b\nc\n', 'x a "1" b\n')).toEqual(["c"]);
    expect(missingLines("a.b\n", "acb\n")).toEqual(["a.b"]);
    expect(applyDiff("a\nb\nc\n", " b\n+d\n c\n")).toBe("a\nb\nd\nc\n");
    expect(() => applyDiff("a\nb\n", " c\n+d\n")).toThrow("0 times");
    const languages = new Set(blocksOf(page).map(({ language }) => language));
    expect([...languages].sort()).toEqual(["diff", "sh", "text", "ts"]);
    expect(blocksOf(page).filter(isFirstShell)).toHaveLength(1);
});

test("the page's links lead somewhere", () => {
    for (const [, link = ""] of page.matchAll(/\]\((?!https:)([^)#]+)[^)]*\)/g)) {
        expect(existsSync(join(repositoryRoot, "docs", link)), link).toBe(true);
    }
});

/** The one that stays: the page says so in words. */
function isFirstShell({ text }: Block): boolean {
    return text.startsWith("npx pulumi-entrasync emulator");
}

async function untilWritten(file: string, shell: Shell): Promise<void> {
    for (let tries = 0; !existsSync(file) || !shell.output.includes("Ctrl-C"); tries += 1) {
        if (tries === 600) {
            throw new Error(`The emulator did not start: ${shell.output}`);
        }
        await sleep(100);
    }
}

function at({ line, text }: Block, output: string): string {
    return `line ${line}:\n${text}\nThe output was:\n${output}`;
}
