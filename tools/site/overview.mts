import { posix } from "node:path";
import { withMarked } from "../pages/marked.mts";
import { navigation, type PageEntry, startPage } from "./navigation.mts";

/* The list of pages on the start page, written from the table. */

/** The start page with the list as it should be; `text` is the page as it is. */
export function withOverview(text: string): string {
    return withMarked(text, { pages: overview() });
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
