import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** The repository on GitHub: a link to a file that is no page of the site goes there. The plugin's schema names it, too. */
export const repositoryUrl = "https://github.com/pulumi-entrasync/pulumi-entrasync";

/** What a link can lead to on the site. */
export interface Places {
    /** The repository's folder. */
    readonly root: string;
    /** A page's file in the repository → its file on the site. */
    readonly pages: ReadonlyMap<string, string>;
    /** A page's file in the repository → what a link into it may name. */
    readonly anchors: ReadonlyMap<string, ReadonlySet<string>>;
    /** A copied file → its file on the site. */
    readonly assets: ReadonlyMap<string, string>;
}

/** Where a link leads, or why it leads nowhere. */
export type Resolved = { readonly href: string; readonly problem?: undefined } | { readonly problem: string };

/** Where a link of a page leads, as an address relative to the page on the site. */
export function resolveLink(places: Places, from: string, link: string): Resolved {
    if (/^https:\/\//.test(link) || /^mailto:/.test(link)) {
        return { href: link };
    }
    if (/^[a-z][a-z+.-]*:|^\/\//i.test(link)) {
        return { problem: `${link} is no https address` };
    }
    const [path = "", anchor] = link.split("#", 2);
    const file = path === "" ? from : posix.join(posix.dirname(from), decodeURI(path));
    if (path.startsWith("/") || file.startsWith("..")) {
        return { problem: `${link} leads out of the repository` };
    }
    const page = places.pages.get(file);
    if (page !== undefined) {
        if (anchor !== undefined && places.anchors.get(file)?.has(decodeURIComponent(anchor)) !== true) {
            return { problem: `${link}: ${file} has no #${anchor}` };
        }
        const behind = anchor === undefined ? "" : `#${anchor}`;
        return { href: path === "" ? behind : `${relativeAddress(places.pages.get(from) ?? "", page)}${behind}` };
    }
    const asset = places.assets.get(file);
    if (asset !== undefined) {
        return { href: relativeAddress(places.pages.get(from) ?? "", asset) };
    }
    const there = join(places.root, file);
    if (!existsSync(there)) {
        return { problem: `${link}: there is no ${file}` };
    }
    const kind = statSync(there).isDirectory() ? "tree" : "blob";
    const behind = anchor === undefined ? "" : `#${anchor}`;
    return { href: `${repositoryUrl}/${kind}/main/${encodeURI(file.replace(/\/$/, ""))}${behind}` };
}

/** From one file of the site to another: relative, so that the site works below any address, and from a disk. */
export function relativeAddress(from: string, to: string): string {
    return posix.relative(posix.dirname(from), to);
}
