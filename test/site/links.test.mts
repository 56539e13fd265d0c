import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { schema } from "../../tools/reference/schema.mts";
import { readDocument } from "../../tools/site/document.mts";
import { type Places, repositoryUrl, resolveLink } from "../../tools/site/links.mts";
import { Slugs } from "../../tools/site/slugs.mts";
import { addressesOf, readPages } from "./prose.mts";

/* Where links lead: within the pages, into the repository, and outside. */

/** The hosts that pages may lead to: official documentation, standards, and the repository's own. */
const hosts = [
    "docs.github.com",
    "docs.gitlab.com",
    "github.com",
    "learn.microsoft.com",
    "pkg.go.dev",
    "www.pulumi.com",
    "www.rfc-editor.org",
];

test("links to the outside are https, and to a host of the list", () => {
    const outside = readPages().flatMap(({ source, tokens }) =>
        addressesOf(tokens)
            .filter((address) => /^[a-z][a-z+.-]*:|^\/\//i.test(address))
            .map((address) => ({ source, address })),
    );
    expect(outside.length).toBeGreaterThan(0);
    const strays = outside.filter(({ address }) => {
        const url = URL.canParse(address) ? new URL(address) : undefined;
        return url?.protocol !== "https:" || !hosts.includes(url.host) || url.username !== "" || url.password !== "";
    });
    expect(strays).toEqual([]);
});

test("the repository is the one that the plugin's schema names", () => {
    expect(Reflect.get(schema, "repository")).toBe(repositoryUrl);
});

describe("anchors are GitHub's", () => {
    test.each([
        ["`INVALID_INPUT`", "invalid_input"],
        ["What Entra says", "what-entra-says"],
        [
            "Close: an `up` with nothing to do, plugin against ComponentResources",
            "close-an-up-with-nothing-to-do-plugin-against-componentresources",
        ],
        ["C#, Go & Java", "c-go--java"],
        ["Müller's [link](https://learn.microsoft.com)", "müllers-link"],
        ["`pulumi-entrasync/emulator`", "pulumi-entrasyncemulator"],
        ["**Strong** – and *not*", "strong--and-not"],
    ])("%s", (heading, anchor) => {
        expect(readDocument(`# Page\n\n## ${heading}\n`).headings[1]?.anchor).toBe(anchor);
    });

    test("a second heading of the same name has a number, and so has one that is called so already", () => {
        const slugs = new Slugs();
        expect(["Name", "Name", "Name 1", "Name"].map((name) => slugs.next(name))).toEqual([
            "name",
            "name-1",
            "name-1-1",
            "name-2",
        ]);
    });
});

describe("a link of a page", () => {
    const root = mkdtempSync(join(tmpdir(), "entrasync-links-"));
    afterAll(() => rmSync(root, { recursive: true, force: true }));
    mkdirSync(join(root, "examples/yaml"), { recursive: true });
    writeFileSync(join(root, "examples/yaml/Pulumi.yaml"), "name: acme\n");
    const places: Places = {
        root,
        pages: new Map([
            ["README.md", "readme.html"],
            ["docs/README.md", "index.html"],
            ["docs/plugin.md", "plugin.html"],
            ["docs/how-to/gitlab.md", "how-to/gitlab.html"],
        ]),
        anchors: new Map([["docs/plugin.md", new Set(["import", "hängt-daran"])]]),
        assets: new Map([["docs/images/architecture.svg", "images/architecture.svg"]]),
    };

    test.each([
        ["docs/how-to/gitlab.md", "../plugin.md", "../plugin.html"],
        ["docs/how-to/gitlab.md", "../plugin.md#import", "../plugin.html#import"],
        ["docs/how-to/gitlab.md", "../../README.md", "../readme.html"],
        ["docs/how-to/gitlab.md", "../images/architecture.svg", "../images/architecture.svg"],
        ["README.md", "docs/plugin.md#h%C3%A4ngt-daran", "plugin.html#h%C3%A4ngt-daran"],
        ["README.md", "docs/README.md", "index.html"],
        ["docs/plugin.md", "#import", "#import"],
        ["docs/plugin.md", "../examples/yaml/Pulumi.yaml", `${repositoryUrl}/blob/main/examples/yaml/Pulumi.yaml`],
        ["docs/plugin.md", "../examples/yaml/", `${repositoryUrl}/tree/main/examples/yaml`],
        ["docs/plugin.md", "https://learn.microsoft.com/graph", "https://learn.microsoft.com/graph"],
    ])("of %s: %s", (from, link, href) => {
        expect(resolveLink(places, from, link)).toEqual({ href });
    });

    test.each([
        ["docs/plugin.md", "missing.md", "there is no docs/missing.md"],
        ["docs/plugin.md", "#missing", "docs/plugin.md has no #missing"],
        ["README.md", "docs/plugin.md#missing", "docs/plugin.md has no #missing"],
        ["README.md", "../elsewhere.md", "leads out of the repository"],
        ["README.md", "/docs/plugin.md", "leads out of the repository"],
        ["README.md", "http://learn.microsoft.com", "is no https address"],
        ["README.md", "javascript:alert(1)", "is no https address"],
        ["README.md", "//learn.microsoft.com", "is no https address"],
    ])("of %s leads nowhere: %s", (from, link, problem) => {
        expect(resolveLink(places, from, link).problem).toContain(problem);
    });
});
