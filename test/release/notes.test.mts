import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { readHistory } from "../../tools/release/history.mts";
import { releaseNotes } from "../../tools/release/notes.mts";
import { commit, git, whyNoGit } from "./repositories.mts";

const root = mkdtempSync(join(tmpdir(), "entrasync-notes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach((context) => context.skip(whyNoGit !== undefined, whyNoGit));

async function repository(name: string): Promise<string> {
    const folder = join(root, name);
    mkdirSync(folder);
    await git(folder, "init", "--quiet", "--initial-branch", "main");
    return folder;
}

const notesOf = async (folder: string) => releaseNotes("0.2.0", await readHistory("0.2.0", folder));

test("each commit since the last tag of a version is told once, under what it changes for users first", async () => {
    const folder = await repository("tagged");
    await commit(folder, "Long ago", "provider/a.ts");
    await git(folder, "tag", "v0.1.0");
    await git(folder, "tag", "nightly");
    const both = await commit(folder, "A & B <of both>", "provider/b.ts", "docs/b.md", "test/b.ts");
    const page = await commit(folder, "A page", "docs/ö/c.md", "tools/c.mts");
    const tool = await commit(folder, "A tool", "tools/d.mts");
    // That of the release itself is not where the last one ended.
    await git(folder, "tag", "v0.2.0");
    expect(await notesOf(folder)).toBe(
        [
            "# pulumi-entrasync 0.2.0",
            "New since v0.1.0:",
            "## The package and the plugin",
            `- A &amp; B &lt;of both> (${both.slice(0, 9)})`,
            "## Documentation and examples",
            `- A page (${page.slice(0, 9)})`,
            "## Tests, tools and benchmarks",
            `- A tool (${tool.slice(0, 9)})\n`,
        ].join("\n\n"),
    );
    expect(await readHistory("0.2.0", folder)).toMatchObject({
        isTagged: true,
        previousTag: "v0.1.0",
        uncommitted: [],
        committedAt: "2026-11-01T11:00:00.000Z",
    });
});

test("without a tag everything is new, and what is not committed is seen", async () => {
    const folder = await repository("untagged");
    const hash = await commit(folder, "All of it", "provider/a.ts");
    writeFileSync(join(folder, "left.txt"), "");
    const history = await readHistory("0.2.0", folder);
    expect(history).toMatchObject({ hash, isTagged: false, uncommitted: ["?? left.txt"] });
    expect(history).not.toHaveProperty("previousTag");
    expect(releaseNotes("0.2.0", history)).toContain(`The first release: everything so far.\n\n## The package and`);
});

test("the tag's own commit has nothing new", async () => {
    const folder = await repository("same");
    await commit(folder, "All of it", "provider/a.ts");
    await git(folder, "tag", "v0.1.0");
    expect(await notesOf(folder)).toBe("# pulumi-entrasync 0.2.0\n\nNew since v0.1.0:\n\nNothing is new.\n");
});

describe("where git knows less", () => {
    test("a shallow clone without a tag says what gets the rest", async () => {
        const folder = await repository("deep");
        await commit(folder, "Before", "provider/a.ts");
        await commit(folder, "After", "provider/b.ts");
        await git(root, "clone", "--quiet", "--depth", "1", pathToFileURL(folder).href, "shallow");
        const notes = await notesOf(join(root, "shallow"));
        expect(notes).toContain("New, as far as can be seen: this clone is shallow and has no earlier tag");
        expect(notes).toContain("git fetch --unshallow --tags");
        expect(notes).toContain("- After (");
        expect(notes).not.toContain("Before");
    });

    test("a folder without .git has notes that say so, also inside another repository", async () => {
        const folder = join(await repository("around"), "inner");
        mkdirSync(folder);
        expect(await notesOf(folder)).toBe(
            "# pulumi-entrasync 0.2.0\n\nWhat is new can't be told here: this is no git checkout: there is no .git.\n",
        );
    });

    test("a repository without a commit has notes that say so", async () => {
        expect(await notesOf(await repository("empty"))).toContain("What is new can't be told here: git can't read");
    });
});
