import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { type Stack, theEngine } from "../support/stack.mts";
import { blocksOf } from "../walkthrough/page.mts";
import { Shell } from "../walkthrough/shell.mts";

/** A page of docs/how-to, by its name. */
export function readPage(name: string): string {
    return readFileSync(join(repositoryRoot, "docs/how-to", `${name}.md`), "utf8");
}

/** What its blocks of one language say, in the page's order. */
export function blocks(page: string, language: string): readonly string[] {
    return blocksOf(page)
        .filter((block) => block.language === language)
        .map(({ text }) => text);
}

/** A shell in a stack's folder, as a reader has it who followed the README: Pulumi and `npx pulumi-entrasync` are there. */
export async function readerIn(stack: Stack, environment: Readonly<Record<string, string>> = {}): Promise<Shell> {
    const { command } = await theEngine();
    const bin = join(stack.folder, "node_modules/.bin");
    if (!existsSync(bin)) {
        mkdirSync(bin);
        symlinkSync(join(repositoryRoot, "dist/command.js"), join(bin, "pulumi-entrasync"));
    }
    return new Shell({
        folder: stack.folder,
        environment: {
            ...stack.environment,
            PATH: [dirname(command), stack.environment.PATH].join(delimiter),
            ...environment,
        },
    });
}

/** Runs a block to its end, which is success, and says what it printed. */
export async function typed(shell: Shell, block: string | undefined): Promise<string> {
    const { code, output } = await shell.run(block ?? "false");
    expect(code, `${block}\n${output}`).toBe(0);
    return output;
}
