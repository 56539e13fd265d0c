import { posix } from "node:path";
import { navigation, type PageEntry, startPage } from "./navigation.mts";

/* The list of pages on the start page, written from the table. */

const [begin, end] = ["<!-- pages -->", "<!-- /pages -->"];

/** The start page with the list as it should be; `text` is the page as it is. */
export function withOverview(text: string): string {
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined || text.split(begin).length !== 2 || text.split(end).length !== 2) {
        throw new Error(`${startPage} must have ${begin} and ${end}, each once.`);
    }
    return `${before}${begin}\n\n${overview()}\n\n${end}${after}`;
}

function overview(): string {
    return navigation
        .map(({ title, pages }) => {
            const items = pages.filter(({ source }) => source !== startPage).map(item);
            return `## ${title}\n\n${items.join("\n")}`;
        })
        .join("\n\n");
}

/** The summary on a line of its own, on GitHub as on the site. */
function item({ source, title, summary }: PageEntry): string {
    return `- [${title}](${posix.relative(posix.dirname(startPage), source)})<br>${summary}`;
}
