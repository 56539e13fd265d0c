import type { Heading } from "./document.mts";
import { escapeHtml } from "./html.mts";
import { relativeAddress, repositoryUrl } from "./links.mts";
import { addressOf, type Group, type PageEntry } from "./navigation.mts";

/** A page, and what stands around it. */
export interface PageParts {
    readonly entry: PageEntry;
    /** The name of the whole page, for the browser and for search engines. */
    readonly title: string;
    readonly description: string;
    readonly headings: readonly Heading[];
    readonly html: string;
}

/** What all pages have around them. */
export interface Surroundings {
    readonly groups: readonly Group[];
    readonly version: string;
}

const project = "pulumi-entrasync";

/** Where a section has more sections in it than these, they are not listed beside the page. */
const mostInSection = 12;

/** A page of the site, whole. */
export function pageHtml({ entry, title, description, headings, html }: PageParts, around: Surroundings): string {
    const address = addressOf(entry);
    const group = around.groups.find(({ pages }) => pages.includes(entry));
    const isStart = address === "index.html";
    const sections = isStart ? "" : contents(headings);
    return document({
        title: isStart ? `${project}: documentation` : `${title === project ? entry.title : title} · ${project}`,
        // Pages of one kind may begin with the same words.
        description: `${title}: ${description}`,
        address,
        around,
        entry,
        body: `<main id="content"${isStart ? ' class="start"' : ""}>
<article>
${isStart ? "" : `<p class="where">${escapeHtml(group?.title ?? "")}</p>\n`}${folded(sections, html)}${neighbours(entry, around)}
<p class="source"><a href="${repositoryUrl}/blob/main/${entry.source}">This page in the repository</a></p>
</article>
${sections === "" ? "" : `<aside><nav aria-label="On this page"><p class="group">On this page</p>${sections}</nav></aside>\n`}</main>`,
    });
}

/**
 * What a server answers with where there is no page: at any depth, so its addresses are from the site's base, and not
 * relative as all others are.
 */
export function notFoundHtml(base: string, around: Surroundings): string {
    return document({
        title: "No such page · pulumi-entrasync",
        description: "There is no such page in the documentation of pulumi-entrasync.",
        address: "404.html",
        around,
        base,
        body: `<main id="content">
<article>
<p class="where">404</p>
<h1>There is no such page</h1>
<p>It may have moved, or the address is not complete. The <a href="index.html">overview</a> lists every page.</p>
</article>
</main>`,
    });
}

interface DocumentParts {
    readonly title: string;
    readonly description: string;
    readonly address: string;
    readonly around: Surroundings;
    readonly entry?: PageEntry;
    readonly base?: string;
    readonly body: string;
}

/**
 * The policy says what the site promises: nothing but its own style and pictures is loaded, and no script runs.
 *
 * The menu stands twice, and each width shows one: a `details` that is open on a wide screen only would need a script.
 */
function document({ title, description, address, around, entry, base, body }: DocumentParts): string {
    const to = (path: string) => relativeAddress(address, path);
    const links = (label: string) => navigationHtml(label, address, around, entry);
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'self'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(description)}">
<title>${escapeHtml(title)}</title>
${base === undefined ? "" : `<base href="${escapeHtml(base)}">\n`}<link rel="icon" href="${to("icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${to("style.css")}">
</head>
<body>
<a class="skip" href="${base === undefined ? "" : address}#content">Skip to the content</a>
<header>
<a class="brand" href="${to("index.html")}"><img src="${to("icon.svg")}" alt="" width="24" height="24">pulumi-entrasync</a>
<details class="menu"><summary class="unfold">Menu</summary>
${links("Pages, in the menu")}
</details>
<div class="sidebar">
${links("Pages")}
</div>
</header>
${body}
<footer class="foot">
<p>pulumi-entrasync ${escapeHtml(around.version)} · Apache-2.0 · <a href="${repositoryUrl}">Repository</a></p>
</footer>
</body>
</html>
`;
}

/** Every page, by group; the group of this page is open. */
function navigationHtml(label: string, from: string, { groups }: Surroundings, current: PageEntry | undefined): string {
    const items = groups.map(({ title, pages }) => {
        const links = pages.map((page) => {
            const mark = page === current ? ' aria-current="page"' : "";
            return `<li><a href="${relativeAddress(from, addressOf(page))}"${mark}>${escapeHtml(page.title)}</a></li>`;
        });
        const open = current === undefined || pages.includes(current) || title === groups[0]?.title ? " open" : "";
        return `<details${open}><summary>${escapeHtml(title)}</summary><ul>${links.join("")}</ul></details>`;
    });
    return `<nav class="pages" aria-label="${label}">\n${items.join("\n")}\n</nav>`;
}

/** The sections of a page as a list; nothing where there are hardly any. */
function contents(headings: readonly Heading[]): string {
    const items: string[] = [];
    for (const [index, heading] of headings.entries()) {
        if (heading.depth !== 2) {
            continue;
        }
        const after = headings.slice(index + 1);
        const end = after.findIndex(({ depth }) => depth <= 2);
        const inside = after.slice(0, end === -1 ? after.length : end).filter(({ depth }) => depth === 3);
        const shown = inside.length > mostInSection ? [] : inside;
        items.push(...[heading, ...shown].map(sectionLink));
    }
    return items.length < 3 ? "" : `<ul>${items.join("")}</ul>`;
}

/** A long name may break where a word in it begins. */
function sectionLink({ depth, text, anchor }: Heading): string {
    const breakable = escapeHtml(text).replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[/_])/g, "<wbr>");
    return `<li class="rank${depth}"><a href="#${escapeHtml(anchor)}">${breakable}</a></li>`;
}

/** The page with its sections to unfold below its name, for where there is no room beside it. */
function folded(sections: string, html: string): string {
    if (sections === "") {
        return html;
    }
    const end = html.indexOf("</h1>") + "</h1>".length;
    const list = `\n<details class="sections"><summary>On this page</summary>${sections}</details>`;
    return `${html.slice(0, end)}${list}${html.slice(end)}`;
}

/** The pages before and after. */
function neighbours(entry: PageEntry, { groups }: Surroundings): string {
    const pages = groups.flatMap((group) => group.pages);
    const at = pages.indexOf(entry);
    const link = (page: PageEntry | undefined, rel: string, word: string) =>
        page === undefined
            ? ""
            : `<a rel="${rel}" href="${relativeAddress(addressOf(entry), addressOf(page))}"><span>${word}</span> ${escapeHtml(page.title)}</a>`;
    const both = link(pages[at - 1], "prev", "Previous") + link(pages[at + 1], "next", "Next");
    return `<nav class="neighbours" aria-label="Previous and next page">${both}</nav>`;
}
