import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Sentinel } from "../support/sentinels.mts";
import type { Stack } from "../support/stack.mts";
import { applyDiff, missingLines } from "../walkthrough/page.mts";
import type { Shell } from "../walkthrough/shell.mts";
import { placeOf, type Snippet, snippetsOf } from "./snippetPages.mts";

/** What a reader had before the eyes and under the fingers. */
export interface Typed {
    /** All that was printed. */
    readonly output: string;
    /** What was answered where Pulumi asked for a secret. */
    readonly answers: readonly Sentinel[];
}

/**
 * Follows a page from top to bottom in a stack's folder: types the commands, writes the programs, looks for the quotations in
 * what the last commands printed. Where `pulumi config set --secret` asks for a value, the answer is a new one each time.
 *
 * `programFile` says where a program goes; `undefined` for one that is only to be read.
 */
export async function followPage(
    page: string,
    { stack, shell }: { readonly stack: Stack; readonly shell: Shell },
    programFile: (text: string) => string | undefined = () => "index.ts",
): Promise<Typed> {
    const answers: Sentinel[] = [];
    let everything = "";
    let output = "";
    let program: { readonly file: string; readonly text: string } | undefined;
    const write = (file: string | undefined, text: string) => {
        if (file === undefined) return;
        program = { file, text };
        stack.write(file, text);
    };
    const run = async (snippet: Snippet) => {
        const commands = snippet.text.replaceAll(/^pulumi config set --secret \S+$/gm, (asks) => {
            const answer = new Sentinel(`${asks}, ${answers.length}`);
            answers.push(answer);
            const file = join(stack.temporary, `answer-${answers.length}`);
            writeFileSync(file, answer.value, { mode: 0o600 });
            return `${asks} < '${file}'`;
        });
        const ran = await shell.run(commands);
        expect(ran.code, `${placeOf(snippet)}\n${snippet.text}\n${ran.output}`).toBe(0);
        output = ran.output;
        everything += output;
    };
    for (const snippet of snippetsOf(page)) {
        switch (snippet.language) {
            case "sh":
                await run(snippet);
                break;
            case "text":
                expect(missingLines(snippet.text, output), `${placeOf(snippet)}\n${output}`).toEqual([]);
                break;
            case "ts":
                write(programFile(snippet.text), snippet.text);
                break;
            case "diff":
                if (program === undefined) throw new Error(`${placeOf(snippet)} changes a program that is not there`);
                write(program.file, applyDiff(program.text, snippet.text));
                break;
            default:
                throw new Error(`${placeOf(snippet)}: a reader does not know what to do with ${snippet.language}`);
        }
    }
    return { output: everything, answers };
}
