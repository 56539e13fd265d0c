import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type PageDocument, readDocument } from "./document.mts";
import { notFoundHtml, pageHtml, type Surroundings } from "./layout.mts";
import { type Places, resolveLink } from "./links.mts";
import { addressOf, allPages, navigation } from "./navigation.mts";
import { render } from "./render.mts";
import { assetSources, navigationProblems, pageSources } from "./sources.mts";

/** What to build, and where. */
export interface SiteOptions {
    /** The repository's folder. */
    readonly root: string;
    /** The folder of the site, which is made anew. */
    readonly out: string;
    /** The path below which a server has the site, for the page that says that there is no such page. Default: `/`. */
    readonly base?: string;
}

/** What was built. */
export interface BuiltSite {
    /** The files of the pages, in the order of the navigation. */
    readonly pages: readonly string[];
    /** What is wrong, each with the file in which it is; the site is there nevertheless. */
    readonly problems: readonly string[];
}

/** Builds the site. */
export function buildSite({ root, out, base = "/" }: SiteOptions): BuiltSite {
    const sources = pageSources(root);
    const entries = allPages().filter(({ source }) => sources.includes(source));
    const documents = new Map<string, PageDocument>(
        entries.map(({ source }) => [source, readDocument(readFileSync(join(root, source), "utf8"))]),
    );
    const assets = new Map(assetSources(root).map((file) => [file, file.replace(/^docs\//, "")]));
    const places: Places = {
        root,
        pages: new Map(entries.map((entry) => [entry.source, addressOf(entry)])),
        anchors: new Map([...documents].map(([source, { anchors }]) => [source, anchors])),
        assets,
    };
    const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const around: Surroundings = {
        groups: navigation
            .map(({ title, pages }) => ({ title, pages: pages.filter((page) => entries.includes(page)) }))
            .filter(({ pages }) => pages.length > 0),
        version: versionOf(manifest),
    };
    const problems = [...navigationProblems(sources)];
    rmSync(out, { recursive: true, force: true });
    const write = (address: string, text: string) => {
        mkdirSync(dirname(join(out, address)), { recursive: true });
        writeFileSync(join(out, address), text);
    };
    for (const entry of entries) {
        const document = documents.get(entry.source);
        if (document === undefined) {
            continue;
        }
        const { html, problems: ofPage } = render(document, (link) => resolveLink(places, entry.source, link));
        problems.push(...[...ofPage, ...shortcomings(document)].map((problem) => `${entry.source}: ${problem}`));
        write(addressOf(entry), pageHtml({ entry, ...document, html }, around));
    }
    write("404.html", notFoundHtml(base, around));
    for (const [file, address] of assets) {
        mkdirSync(dirname(join(out, address)), { recursive: true });
        cpSync(join(root, file), join(out, address));
    }
    for (const file of ["style.css", "icon.svg"]) {
        cpSync(join(import.meta.dirname, file), join(out, file));
    }
    return { pages: entries.map(addressOf), problems };
}

/** What a page must have. */
function shortcomings({ title, description, headings }: PageDocument): string[] {
    const first = headings.filter(({ depth }) => depth === 1).length;
    return [
        ...(first === 1 && title !== "" ? [] : [`${first} headings of the first rank: a page has one`]),
        ...(description === "" ? ["no paragraph that says what the page is about"] : []),
    ];
}

function versionOf(manifest: unknown): string {
    const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
    return String(version);
}
