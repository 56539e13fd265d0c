import type { Answer } from "./messages.js";

/** The page on which a person allows or denies, without a script: it works in any browser, and by keyboard. */
export function consentPage(asked: {
    readonly id: string;
    readonly clientId: string;
    readonly redirectUri: string;
    readonly scopes: readonly string[];
}): Answer {
    const scopes = asked.scopes.map((scope) => `<li>${escaped(scope)}</li>`).join("");
    return page(
        200,
        "Allow access to the sample application?",
        `<p><strong>${escaped(asked.clientId)}</strong> asks for access to the sample application:</p>
<ul>${scopes}</ul>
<p>The answer goes to <code>${escaped(asked.redirectUri)}</code>.</p>
<form method="post" action="/saas/authorize">
<input type="hidden" name="request" value="${escaped(asked.id)}">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>`,
    );
}

/** For a request that must not lead anywhere: RFC 6749, 4.1.2.1. */
export function refusalPage(words: string): Answer {
    return page(400, "This request can't be granted", `<p>${escaped(words)}</p>`);
}

/** No `form-action`: browsers hold it against the redirect that follows, too. */
function page(status: number, title: string, body: string): Answer {
    return {
        status,
        headers: {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "content-security-policy":
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        },
        body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; }
main { max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
code { overflow-wrap: anywhere; }
button { font: inherit; padding: 0.5rem 1.5rem; margin-right: 0.5rem; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`,
    };
}

function escaped(text: string): string {
    const entities: Readonly<Record<string, string>> = {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&#39;",
    };
    return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
