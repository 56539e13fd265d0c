import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { type BuiltSite, buildSite } from "../../tools/site/build.mts";
import { readDocument } from "../../tools/site/document.mts";
import { addressOf, allPages, type Group } from "../../tools/site/navigation.mts";
import { render } from "../../tools/site/render.mts";
import { navigationProblems } from "../../tools/site/sources.mts";

/* The site as it is built from this checkout, and the rules of building. */

const out = mkdtempSync(join(tmpdir(), "entrasync-site-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

let site: BuiltSite;
let files: Map<string, string>;

beforeAll(() => {
    site = buildSite({ root: repositoryRoot, out, base: "/documentation/" });
    files = new Map(
        readdirSync(out, { recursive: true, encoding: "utf8" })
            .filter((name) => name.endsWith(".html"))
            .map((name) => [name, readFileSync(join(out, name), "utf8")]),
    );
});

/** The values of some attributes of a page. */
const attributes = (html: string, ...names: readonly string[]) =>
    [...html.matchAll(/<[a-z][^>]*>/g)].flatMap(([tag]) =>
        [...tag.matchAll(/ ([a-z-]+)="([^"]*)"/g)].flatMap(([, name = "", value = ""]) =>
            names.includes(name) ? [value.replaceAll("&amp;", "&")] : [],
        ),
    );

test("it is built without a fault: each page is in the navigation, and each link and anchor leads somewhere", () => {
    expect(site.problems).toEqual([]);
    expect(site.pages).toEqual(allPages().map(addressOf));
    expect([...files.keys()].sort()).toEqual([...site.pages, "404.html"].sort());
});

test("in the HTML, too, every link and every anchor leads somewhere", () => {
    const broken: string[] = [];
    let followed = 0;
    for (const [file, html] of files) {
        for (const link of attributes(html, "href", "src", "srcset")) {
            if (/^https:\/\//.test(link) || (file === "404.html" && link === "/documentation/")) {
                continue;
            }
            followed += 1;
            const [path = "", anchor] = link.split("#", 2);
            const target = path === "" ? file : posix.join(posix.dirname(file), path);
            const there = files.get(target);
            const ids = there === undefined ? [] : attributes(there, "id");
            const found =
                anchor === undefined ? existsSync(join(out, target)) : ids.includes(decodeURIComponent(anchor));
            if (!found || /^[a-z]+:|^\//.test(path)) {
                broken.push(`${file}: ${link}`);
            }
        }
    }
    expect(followed).toBeGreaterThan(1000);
    expect(broken).toEqual([]);
});

test("no page loads anything from elsewhere, and none has a script or a style of its own", () => {
    for (const [file, html] of files) {
        // What a browser loads by itself; an `a` it only follows.
        const loading = [...html.matchAll(/<(?!a\b)[a-z][^>]*>/g)].map(([tag]) => tag).join("");
        const loaded = attributes(loading, "href", "src", "srcset", "data", "poster", "action");
        expect(
            loaded.filter((address) => /^(?:[a-z]+:)?\/\//i.test(address)),
            file,
        ).toEqual([]);
        expect(html, file).not.toMatch(
            /<(?:script|style|iframe|object|embed|form|video|audio)\b|\son[a-z]+=|\sstyle=/i,
        );
        expect(html, file).toContain("default-src 'none'; style-src 'self'; img-src 'self'");
    }
    expect(readFileSync(join(out, "style.css"), "utf8")).not.toMatch(/url\(|@import/);
});

test("each page has a name and a description of its own, says its language, and has one heading of the first rank", () => {
    const titles = new Set<string>();
    const descriptions = new Set<string>();
    for (const [file, html] of files) {
        const [, title = ""] = /<title>([^<]+)<\/title>/.exec(html) ?? [];
        const [, description = ""] = /<meta name="description" content="([^"]+)">/.exec(html) ?? [];
        expect(title, file).toContain("pulumi-entrasync");
        expect(description.length, `${file}: ${description}`).toBeGreaterThan(30);
        expect(description.length, file).toBeLessThan(240);
        expect(html, file).toMatch(/^<!doctype html>\n<html lang="en">/);
        expect(html.split("<h1").length - 1, file).toBe(1);
        expect(new Set(attributes(html, "id")).size, `${file}: ids are unique`).toBe(attributes(html, "id").length);
        titles.add(title);
        descriptions.add(description);
    }
    expect(titles.size).toBe(files.size);
    expect(descriptions.size).toBe(files.size);
});

test("each page is marked in its own navigation, and is one of the list that all have", () => {
    for (const page of site.pages) {
        const html = files.get(page) ?? "";
        // In the menu of a narrow screen and beside the page of a wide one.
        expect(html.split('aria-current="page"').length - 1, page).toBe(2);
        const [navigation = ""] = /<nav class="pages"[\s\S]*?<\/nav>/.exec(html) ?? [];
        expect(attributes(navigation, "href"), page).toHaveLength(site.pages.length);
    }
});

test("the page for what there is not works at any depth", () => {
    const html = files.get("404.html") ?? "";
    expect(html).toContain('<base href="/documentation/">');
    expect(html.indexOf("<base ")).toBeLessThan(html.indexOf("<link "));
    expect(html).toContain('href="404.html#content"');
});

test("code has its colours already", () => {
    expect(files.get("readme.html")).toContain('<span class="hljs-keyword">import</span>');
    expect(files.get("readme.html")).toContain('<span class="hljs-attr">runtime:</span>');
});

describe("the navigation", () => {
    const groups: Group[] = [{ title: "Start", pages: [{ source: "README.md", title: "Start", summary: "All." }] }];

    test("is at fault where a page is missing in it, and where it names one that does not exist", () => {
        expect(navigationProblems(["README.md"], groups)).toEqual([]);
        expect(navigationProblems(["README.md", "docs/new.md"], groups)).toEqual([
            "docs/new.md is not in the navigation",
        ]);
        expect(navigationProblems([], groups)).toEqual(["the navigation names README.md, which does not exist"]);
        expect(navigationProblems(["README.md"], [...groups, ...groups])).toContain(
            "the navigation has README.md twice",
        );
    });

    test("and so is the build", () => {
        const root = mkdtempSync(join(tmpdir(), "entrasync-site-"));
        try {
            const write = (path: string, text: string) => {
                mkdirSync(dirname(join(root, path)), { recursive: true });
                writeFileSync(join(root, path), text);
            };
            write("package.json", '{ "version": "1.2.3" }');
            write("docs/README.md", "# Start\n\nAll there is: [the plugin](plugin.md#nowhere).\n\n![](images/a.svg)\n");
            write("docs/plugin.md", "No heading.\n");
            write("docs/images/a.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>');
            write("docs/forgotten.md", "# Forgotten\n\nNobody thought of it.\n");
            const { problems, pages } = buildSite({ root, out: join(root, "site") });
            expect(pages).toEqual(["index.html", "plugin.html"]);
            expect(problems).toEqual(
                expect.arrayContaining([
                    "docs/forgotten.md is not in the navigation",
                    "the navigation names README.md, which does not exist",
                    "docs/README.md: plugin.md#nowhere: docs/plugin.md has no #nowhere",
                    "docs/README.md: the image images/a.svg has no words for who can't see it",
                    "docs/plugin.md: 0 headings of the first rank: a page has one",
                ]),
            );
            expect(readFileSync(join(root, "site/images/a.svg"), "utf8")).toContain("<svg");
            expect(readFileSync(join(root, "site/index.html"), "utf8")).toContain('<img src="images/a.svg"');
        } finally {
            rmSync(root, { recursive: true, force: true });
        }
    });
});

describe("Markdown", () => {
    const rendered = (text: string) => render(readDocument(text), (link) => ({ href: link }));

    test("a table is in a box that scrolls by itself, and one without a head has none", () => {
        const { html } = rendered("| a | b |\n| --- | --- |\n| 1 | 2 |\n\n|  |  |\n| --- | --- |\n| 3 | 4 |\n");
        expect(html.match(/<div class="table" role="group" aria-label="Table" tabindex="0"><table>/g)).toHaveLength(2);
        expect(html.match(/<thead>/g)).toHaveLength(1);
    });

    test("GitHub's alerts and what a command prints are told from the rest", () => {
        expect(rendered("> [!WARNING]\n> Mind the gap.\n").html).toContain('<div class="alert warning" role="note">');
        expect(rendered("> Somebody's words.\n").html).toContain("<blockquote>");
        expect(rendered("```text\nup\n```\n").html).toContain('<pre class="printed" tabindex="0"><code>up');
        expect(rendered("```sh\npulumi up\n```\n").html).toContain('<pre tabindex="0"><code>pulumi up');
    });

    test("an option in a line of text is not broken at its hyphens", () => {
        expect(rendered("`npx a --write-env a-b`").html).toContain('npx a <span class="whole">--write-env</span> a-b');
    });

    test("code that looks like HTML is shown, not taken for it", () => {
        expect(rendered("```\n<script>alert(1)</script>\n```\n\n`<b>`\n").html).not.toMatch(/<script|<b>/);
    });

    test.each([
        ["<script>alert(1)</script>", "<script> is not taken"],
        ['<img src="a.png" alt="a" onerror="alert(1)">', "the attribute onerror is not taken"],
        ["<br onclick=alert(1)>", "onclick=alert(1) is not taken"],
        ['<img src="https://elsewhere.example/a.png" alt="a">', "is not in docs/images"],
        ["![a](https://elsewhere.example/a.png)", "is not in docs/images"],
        ["```klingon\nqapla\n```", "no language for code is called klingon"],
    ])("what could run or load something, and what can't be rendered, is a fault: %s", (text, problem) => {
        expect(rendered(text).problems.join()).toContain(problem);
    });

    test("a picture for the dark and a comment are taken", () => {
        const { html, problems } = rendered(
            '<!-- table -->\n<picture><source media="(prefers-color-scheme: dark)" srcset="dark.svg"><img src="a.svg" alt="A" width="600"></picture>\n',
        );
        expect(problems).toEqual([]);
        expect(html).toContain('srcset="dark.svg"');
        expect(html).not.toContain("<!--");
    });
});
