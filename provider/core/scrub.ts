/**
 * Takes every submitted value out of a text that came from elsewhere, in each form in which a server echoes one.
 *
 * All that any form covers goes at once, so that values that overlap, or lie inside each other, leave nothing standing,
 * and the marks that are put in are not searched. A value of one or two characters would cut every other word out of a
 * message and is no secret that hiding could keep.
 */
export function scrub(text: string, secrets: Iterable<string>): string {
    const forms = new Set([...secrets].filter((secret) => secret.length > 2).flatMap(formsOf));
    const spans = [...forms].flatMap((form) => spansOf(text, form)).sort((left, right) => left.start - right.start);
    let scrubbed = "";
    let end = 0;
    for (const span of spans) {
        if (span.start > end || scrubbed === "") {
            scrubbed += text.slice(end, span.start) + removed;
        }
        end = Math.max(end, span.end);
    }
    return scrubbed + text.slice(end);
}

/** What stands in place of a value. */
export const removed = "[removed]";

interface Span {
    readonly start: number;
    readonly end: number;
}

/** Every place of a form, those that overlap included: `aXa` is twice in `aXaXa`. */
function spansOf(text: string, form: string): Span[] {
    const spans: Span[] = [];
    for (let start = text.indexOf(form); start >= 0; start = text.indexOf(form, start + 1)) {
        spans.push({ start, end: start + form.length });
    }
    return spans;
}

function formsOf(secret: string): string[] {
    const base64 = Buffer.from(secret).toString("base64");
    return [
        secret,
        ...jsonForms(secret),
        ...urlForms(secret.toWellFormed()),
        ...htmlForms(secret),
        base64,
        base64.replace(/=+$/, ""),
        Buffer.from(secret).toString("base64url"),
    ];
}

/** As JSON.stringify escapes, and as .NET does, which is what runs behind Graph; and of each JSON inside JSON, and once more. */
function jsonForms(secret: string): string[] {
    const escaped = jsonEscape(secret);
    const short = escaped.replaceAll('\\"', "\\u0022").replaceAll(/[^ -~]|[<>&'+`]/g, unicodeEscape);
    const once = [escaped, escaped.replaceAll("/", "\\/"), short, short.replaceAll(/\\u[0-9A-F]{4}/g, lowerCase)];
    const twice = once.map(jsonEscape);
    return [...once, ...twice, ...twice.map(jsonEscape)];
}

function jsonEscape(text: string): string {
    return JSON.stringify(text).slice(1, -1);
}

/** As `encodeURI` and `encodeURIComponent` write it, as RFC 3986 has it, and as forms do; hexadecimal in both cases. */
function urlForms(secret: string): string[] {
    const component = encodeURIComponent(secret);
    const strict = component.replaceAll(/[!'()*]/g, percentEscape);
    const upper = [encodeURI(secret), component, strict].flatMap((form) => [form, form.replaceAll("%20", "+")]);
    return [...upper, ...upper.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, lowerCase))];
}

/** As a page echoes it: with the apostrophe as it is, and in the three ways in which it is escaped. */
function htmlForms(secret: string): string[] {
    const escaped = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    const quoted = escaped.replaceAll('"', "&quot;");
    return [escaped, quoted, ...["&#39;", "&#x27;", "&apos;"].map((entity) => quoted.replaceAll("'", entity))];
}

function unicodeEscape(character: string): string {
    return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function percentEscape(character: string): string {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function lowerCase(text: string): string {
    return text.toLowerCase();
}
