import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Token, walkTokens } from "marked";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { readDocument } from "../../tools/site/document.mts";
import { pageSources } from "../../tools/site/sources.mts";

/* What the pages say, apart from code, addresses and comments. */

/** A page of the repository, read. */
export function readPages() {
    return pageSources(repositoryRoot).map((source) => {
        const { tokens } = readDocument(readFileSync(join(repositoryRoot, source), "utf8"));
        return { source, tokens: [...tokens] };
    });
}

/** The addresses behind the links and the pictures. */
export function addressesOf(tokens: Token[]): string[] {
    const found: string[] = [];
    walkTokens(tokens, (token) => {
        if (token.type === "link" || token.type === "image") {
            found.push(token.href);
        } else if (token.type === "html") {
            for (const [, address = ""] of token.raw.matchAll(/(?:href|src|srcset)="([^"]*)"/g)) found.push(address);
        }
    });
    return found;
}

/** The words, paragraph by paragraph: no code, no address that stands for itself, nothing that is quoted. */
export function proseOf(tokens: readonly Token[]): string[] {
    return tokens.flatMap((token): string[] => {
        switch (token.type) {
            case "code":
            case "html":
            case "space":
            case "blockquote":
                return [];
            case "list":
                return proseOf(token.items);
            case "table": {
                const rows: readonly { tokens: Token[] }[][] = [token.header, ...token.rows];
                return rows.flat().map((cell) => words(cell.tokens));
            }
            case "list_item":
                return proseOf(token.tokens ?? []);
            default:
                return [words("tokens" in token && token.tokens ? token.tokens : [token])];
        }
    });
}

/** Words in quotation marks are somebody else's. */
function words(tokens: readonly Token[]): string {
    return inLine(tokens).replaceAll(/"[^"]*"|“[^”]*”/g, "…");
}

function inLine(tokens: readonly Token[]): string {
    return tokens
        .map((token) => {
            if (token.type === "codespan" || token.type === "html") {
                return "…";
            }
            if (token.type === "link" && token.text === token.href) {
                return "…";
            }
            if ("tokens" in token && token.tokens) {
                return inLine(token.tokens);
            }
            return "text" in token ? String(token.text) : "";
        })
        .join("");
}
