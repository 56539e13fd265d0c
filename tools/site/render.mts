import { Parser, Renderer, type Tokens } from "marked";
import { type PageDocument, plainText } from "./document.mts";
import { highlight, printed } from "./highlighting.mts";
import { escapeHtml } from "./html.mts";
import type { Resolved } from "./links.mts";

/** What a page becomes: its HTML, and what is wrong with it. */
export interface Rendered {
    readonly html: string;
    readonly problems: readonly string[];
}

/** Renders a page; `resolve` says where its links lead. */
export function render(page: PageDocument, resolve: (link: string) => Resolved): Rendered {
    const problems: string[] = [];
    const renderer = new PageRenderer(page, resolve, (problem) => void problems.push(problem));
    const html = new Parser({ renderer }).parse([...page.tokens]);
    return { html, problems };
}

/** What may stand in Markdown as HTML: no script, no style, nothing that loads by itself but a picture. */
const allowedElements = ["a", "br", "details", "img", "kbd", "picture", "source", "sub", "summary", "sup"];
const allowedAttributes = ["alt", "height", "href", "id", "media", "name", "open", "src", "srcset", "type", "width"];

/** GitHub's own quotations: `> [!NOTE]`. */
const alerts: Readonly<Record<string, string>> = {
    NOTE: "Note",
    TIP: "Tip",
    IMPORTANT: "Important",
    WARNING: "Warning",
    CAUTION: "Caution",
};

class PageRenderer extends Renderer {
    readonly #page: PageDocument;
    readonly #resolve: (link: string) => Resolved;
    readonly #report: (problem: string) => void;

    constructor(page: PageDocument, resolve: (link: string) => Resolved, report: (problem: string) => void) {
        super();
        this.#page = page;
        this.#resolve = resolve;
        this.#report = report;
    }

    /** The link to a section stands beside its heading, not in it: it is no part of its name. */
    override heading(token: Tokens.Heading): string {
        const { depth, tokens } = token;
        const anchor = escapeHtml(this.#page.anchorOf(token));
        const inside = this.parser.parseInline(tokens);
        if (depth === 1) {
            return `<h1 id="${anchor}">${inside}</h1>\n`;
        }
        const label = escapeHtml(`Link to the section: ${plainText(tokens)}`);
        return `<div class="heading"><h${depth} id="${anchor}">${inside}</h${depth}><a class="anchor" href="#${anchor}" aria-label="${label}">#</a></div>\n`;
    }

    /** A box that scrolls must be reached by the keyboard, too. */
    override code({ text, lang = "" }: Tokens.Code): string {
        const [language = ""] = lang.split(/\s/);
        const kind = language === printed ? ' class="printed"' : "";
        return `<pre${kind} tabindex="0"><code>${this.#highlight(text, language)}\n</code></pre>\n`;
    }

    /** An option stays whole: browsers break a line after each hyphen, the first one too. */
    override codespan({ text }: Tokens.Codespan): string {
        const words = escapeHtml(text).replaceAll(/(?<=^|\s)-[\w-]+/g, '<span class="whole">$&</span>');
        return `<code>${words}</code>`;
    }

    override table(token: Tokens.Table): string {
        const table = super.table(token);
        const hasHead = token.header.some(({ tokens }) => plainText(tokens) !== "");
        const shown = hasHead ? table : table.replace(/<thead>[\s\S]*?<\/thead>\n?/, "");
        return `<div class="table" role="group" aria-label="Table" tabindex="0">${shown}</div>\n`;
    }

    override blockquote({ tokens }: Tokens.Blockquote): string {
        const html = this.parser.parse(tokens);
        const alert = /^<p>\[!([A-Z]+)\](?:<br>|\s)*/.exec(html);
        const title = alerts[alert?.[1] ?? ""];
        if (alert === null || title === undefined) {
            return `<blockquote>\n${html}</blockquote>\n`;
        }
        const rest = `<p>${html.slice(alert[0].length)}`;
        return `<div class="alert ${title.toLowerCase()}" role="note"><p class="title">${title}</p>\n${rest}</div>\n`;
    }

    override link({ href, title, tokens }: Tokens.Link): string {
        const name = title ? ` title="${escapeHtml(title)}"` : "";
        return `<a href="${this.#address(href)}"${name}>${this.parser.parseInline(tokens)}</a>`;
    }

    override image({ href, title, text }: Tokens.Image): string {
        if (text.trim() === "") {
            this.#report(`the image ${href} has no words for who can't see it`);
        }
        const name = title ? ` title="${escapeHtml(title)}"` : "";
        return `<img src="${this.#picture(href)}" alt="${escapeHtml(text)}"${name}>`;
    }

    override html({ text }: Tokens.HTML | Tokens.Tag): string {
        const withoutComments = text.replaceAll(/<!--[\s\S]*?-->\n?/g, "");
        return withoutComments.replaceAll(
            /<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi,
            (_, slash: string, element: string, rest: string) => {
                if (!allowedElements.includes(element.toLowerCase())) {
                    this.#report(`HTML with <${element}> is not taken`);
                    return "";
                }
                return `<${slash}${element}${this.#attributes(rest)}>`;
            },
        );
    }

    #attributes(text: string): string {
        const others = text.replaceAll(/[a-z-]+="[^"]*"/gi, "").trim();
        if (!["", "/", "open"].includes(others)) {
            this.#report(`HTML with ${others} is not taken`);
            return "";
        }
        return text.replaceAll(/([a-z-]+)="([^"]*)"/gi, (_, name: string, value: string) => {
            if (!allowedAttributes.includes(name)) {
                this.#report(`HTML with the attribute ${name} is not taken`);
                return "";
            }
            if (name === "href") {
                return `href="${this.#address(value)}"`;
            }
            return name === "src" || name === "srcset" ? `${name}="${this.#picture(value)}"` : `${name}="${value}"`;
        });
    }

    #address(link: string): string {
        const resolved = this.#resolve(link);
        if (resolved.problem !== undefined) {
            this.#report(resolved.problem);
            return "#";
        }
        return escapeHtml(resolved.href);
    }

    /** A picture is one of the repository's: a page loads nothing from elsewhere. */
    #picture(link: string): string {
        const address = this.#address(link);
        if (address.startsWith("https:")) {
            this.#report(`the picture ${link} is not in docs/images, and a page loads nothing from elsewhere`);
        }
        return address;
    }

    #highlight(code: string, language: string): string {
        try {
            return highlight(code, language);
        } catch (error) {
            this.#report(error instanceof Error ? error.message : String(error));
            return escapeHtml(code);
        }
    }
}
