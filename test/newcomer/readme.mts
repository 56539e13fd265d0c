import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { type Block, blocksOf } from "../walkthrough/page.mts";

const page = readFileSync(join(repositoryRoot, "README.md"), "utf8");

/** The fenced blocks of a section of the README, in its order. */
export function section(heading: string): readonly Block[] {
    const text = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0];
    if (text === undefined) throw new Error(`The README has no section "${heading}".`);
    return blocksOf(text);
}

/**
 * The only block of a language that begins with these words.
 *
 * @throws Error where there is none or more than one: the README has changed, and the steps of the test with it.
 */
export function only(blocks: readonly Block[], language: string, start = ""): string {
    const found = blocks.filter((block) => block.language === language && block.text.startsWith(start));
    if (found.length !== 1) throw new Error(`The README has ${found.length} of: ${language}, ${start}`);
    return found[0]?.text ?? "";
}
