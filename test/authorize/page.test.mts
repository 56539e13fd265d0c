import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/* docs/authorize.md and the command, held together. Its program is run by browser.test.mts. */

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = read("docs/authorize.md");
const sources = ["answer", "command", "consent", "loopback", "stack"].map((name) =>
    read(`provider/authorize/${name}.ts`),
);

const tableUnder = (heading: string) =>
    [...(page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "").matchAll(/^\| `([^`]+)` \|/gm)].map(
        ([, cell]) => cell ?? "",
    );

test("the messages that it explains are the command's", () => {
    // As the source has them: a value of the example's is a placeholder there.
    const messages = tableUnder("When it says no").map((message) =>
        message.replace("5m", `\${timeout.text}`).replace("another state", `\${what}`),
    );
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.filter((message) => !sources.some((source) => source.includes(message.trim())))).toEqual([]);
});
