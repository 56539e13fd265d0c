// marked: GitHub's Markdown as a list of tokens, with no dependencies of its own; the pages are read by tokens, never by patterns.
import { Lexer, type Token, type Tokens, walkTokens } from "marked";
import { Slugs } from "./slugs.mts";

/** A heading and its anchor. */
export interface Heading {
    readonly depth: number;
    readonly text: string;
    readonly anchor: string;
}

/** A page of Markdown, read. */
export interface PageDocument {
    readonly tokens: readonly Token[];
    readonly headings: readonly Heading[];
    /** The first heading's text. */
    readonly title: string;
    /** The beginning of the first paragraph: what a search engine shows. */
    readonly description: string;
    /** Everything that a link into the page may name. */
    readonly anchors: ReadonlySet<string>;
    anchorOf(heading: Tokens.Heading): string;
}

/** Reads a page. */
export function readDocument(text: string): PageDocument {
    const tokens = new Lexer({ gfm: true }).lex(text);
    const slugs = new Slugs();
    const anchorsOfHeadings = new Map<Token, string>();
    const headings: Heading[] = [];
    const anchors = new Set<string>();
    walkTokens([...tokens], (token) => {
        if (isHeading(token)) {
            const heading = {
                depth: token.depth,
                text: plainText(token.tokens),
                anchor: slugs.next(plainText(token.tokens)),
            };
            anchorsOfHeadings.set(token, heading.anchor);
            headings.push(heading);
            anchors.add(heading.anchor);
        } else if (token.type === "html") {
            for (const [, , name = ""] of token.raw.matchAll(/\s(id|name)="([^"]+)"/g)) anchors.add(name);
        }
    });
    const paragraph = tokens.find((token) => token.type === "paragraph");
    return {
        tokens,
        headings,
        title: headings.find(({ depth }) => depth === 1)?.text ?? "",
        description: beginning(paragraph?.type === "paragraph" ? plainText(paragraph.tokens ?? []) : ""),
        anchors,
        anchorOf: (heading) => anchorsOfHeadings.get(heading) ?? "",
    };
}

/** What a person reads of some tokens: code as its text, a link as its words, HTML not at all. */
export function plainText(tokens: readonly Token[]): string {
    return tokens
        .map((token) => {
            if (token.type === "html" || token.type === "image") {
                return "";
            }
            if (token.type === "br") {
                return " ";
            }
            const inside = "tokens" in token ? token.tokens : undefined;
            if (inside !== undefined && inside.length > 0) {
                return plainText(inside);
            }
            return unescaped("text" in token && typeof token.text === "string" ? token.text : "");
        })
        .join("")
        .replaceAll(/\s+/g, " ");
}

/** A text that stands in Markdown may write a character as an entity. */
function unescaped(text: string): string {
    const entities: Readonly<Record<string, string>> = {
        amp: "&",
        lt: "<",
        gt: ">",
        quot: '"',
        "#39": "'",
        nbsp: "\u00a0",
    };
    return text.replaceAll(/&(#39|\w+);/g, (entity, name: string) => entities[name] ?? entity);
}

/** As many whole sentences as fit into what a search engine shows; at least one, cut between words if need be. */
function beginning(text: string): string {
    const longest = 160;
    if (text.length <= longest) {
        return text;
    }
    const whole = /^.{40,159}[.!?](?= )/.exec(text)?.[0];
    return whole ?? `${text.slice(0, longest - 1).replace(/\s+\S*$/, "")}…`;
}

function isHeading(token: Token): token is Tokens.Heading {
    return token.type === "heading";
}
