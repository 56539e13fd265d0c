import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";

/* Who carries on goes by CONTRIBUTING.md: it is held to the repository as it is. */

const page = readFileSync(join(repositoryRoot, "CONTRIBUTING.md"), "utf8");
const tour = page.slice(page.indexOf("<!-- rooms -->"), page.indexOf("<!-- /rooms -->"));
const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
};

describe("the tour", () => {
    test.each(["provider", "test", "tools"])("names every room of %s/, and no other", (place) => {
        const [, section = ""] = tour.split(`### \`${place}/\``);
        const rows = section.split("\n### ")[0]?.match(/^\| `[^`]+` \|/gm) ?? [];
        const named = rows.map((row) => row.slice(3, -3));
        const there = readdirSync(join(repositoryRoot, place)).filter((name) => !name.startsWith("."));
        expect(named.toSorted()).toEqual(there.toSorted());
    });
});

test("each npm script that it names is one of package.json's", () => {
    const named = [...page.matchAll(/npm run\s+([\w:]+)/g)].map(([, name]) => name ?? "");
    expect(named.length).toBeGreaterThan(0);
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
});

test("each test that its commands run is there", () => {
    const named = [...page.matchAll(/vitest run (\S+)(?: -t "([^"]+)")?/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [command, path = "", title = ""] of named) {
        const place = join(repositoryRoot, path.replace(/`.*$/, ""));
        const files = path.endsWith(".ts")
            ? [place]
            : readdirSync(place)
                  .filter((name) => name.includes(".test."))
                  .map((name) => join(place, name));
        expect(
            files.filter((file) => readFileSync(file, "utf8").includes(`test("${title}`)),
            command,
        ).not.toEqual([]);
    }
});

const pages = ["CONTRIBUTING.md", "SECURITY.md", "docs/versions.md", "docs/decisions.md"];

test.each(pages)("each file that %s names or leads to is there", (name) => {
    const text = readFileSync(join(repositoryRoot, name), "utf8");
    const named = [...text.matchAll(/`((?:provider|test|tools|docs|examples|bench)\/[\w./-]+)`/g)].map(([, path]) =>
        join(repositoryRoot, path ?? ""),
    );
    const linked = [...text.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, path]) =>
        join(repositoryRoot, name, "..", path ?? ""),
    );
    expect(linked.length).toBeGreaterThan(0);
    expect([...named, ...linked].filter((path) => !existsSync(path))).toEqual([]);
});

describe("docs/decisions.md", () => {
    const decisions = readFileSync(join(repositoryRoot, "docs/decisions.md"), "utf8")
        .split(/^## /m)
        .slice(1)
        .map((section) => section.trim().split("\n"));

    test("has each decision in a few lines, with what was not taken and the file that owns it", () => {
        expect(decisions.length).toBeGreaterThanOrEqual(15);
        for (const [title = "", ...lines] of decisions) {
            const body = lines.join("\n").trim();
            expect(body.split("\n").length, title).toBeLessThanOrEqual(9);
            expect(body, title).toMatch(/Not taken:/);
            expect(body, title).toMatch(/Owner: \[`[^`]+`\]\(\.\.\//);
        }
    });
});

describe("what GitHub asks of a reporter", () => {
    const folder = join(repositoryRoot, ".github/ISSUE_TEMPLATE");

    test.each(["defect.yml", "request.yml"])("%s is a form, with a name, a description and a body", (name) => {
        const form = readFileSync(join(folder, name), "utf8");
        for (const key of ["name", "description", "body"]) {
            expect(form.match(new RegExp(`^${key}:`, "gm")), key).toHaveLength(1);
        }
        const ids = [...form.matchAll(/^ {4}id: (\S+)$/gm)].map(([, id]) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const types = [...form.matchAll(/^ {2}- type: (\S+)$/gm)].map(([, type]) => type);
        expect(types.length).toBeGreaterThan(0);
        expect(
            types.filter((type) => !["markdown", "textarea", "input", "dropdown", "checkboxes"].includes(type ?? "")),
        )
            // The kinds that GitHub has.
            .toEqual([]);
    });

    test("the form for defects asks for doctor's words, and for no log that shows secrets", () => {
        const form = readFileSync(join(folder, "defect.yml"), "utf8");
        expect(form).toContain("npx pulumi-entrasync doctor --json");
        expect(form).toContain("-v=9");
    });
});

test("the licence is whole: Apache-2.0, with its appendix", () => {
    const licence = readFileSync(join(repositoryRoot, "LICENSE"), "utf8");
    expect(licence).toMatch(/^\s*Apache License\s+Version 2\.0, January 2004/);
    const sections = [...licence.matchAll(/^ {3}(\d)\. [A-Z]/gm)].map(([, number]) => number);
    expect(sections).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(licence).toContain("END OF TERMS AND CONDITIONS");
    expect(licence).toContain("APPENDIX: How to apply the Apache License to your work.");
});
