/**
 * Takes every submitted value out of a text that came from elsewhere, in each form in which a server echoes one.
 *
 * Longer forms go first, so that a value inside another one does not leave the rest of it standing. A value of one or
 * two characters would cut every other word out of a message and is no secret that hiding could keep.
 */
export function scrub(text: string, secrets: Iterable<string>): string {
    const forms = new Set<string>();
    for (const secret of secrets) {
        if (secret.length > 2) {
            for (const form of formsOf(secret)) {
                forms.add(form);
            }
        }
    }
    return [...forms].sort((left, right) => right.length - left.length).reduce(removeAll, text);
}

/** What stands in place of a value. */
export const removed = "[removed]";

function removeAll(text: string, form: string): string {
    return text.replaceAll(form, removed);
}

function formsOf(secret: string): string[] {
    const wellFormed = secret.toWellFormed();
    const escaped = JSON.stringify(secret).slice(1, -1);
    const url = encodeURIComponent(wellFormed);
    const base64 = Buffer.from(secret).toString("base64");
    return [
        secret,
        escaped,
        JSON.stringify(escaped).slice(1, -1),
        url,
        url.replaceAll("%20", "+"),
        url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
        base64,
        base64.replace(/=+$/, ""),
        Buffer.from(secret).toString("base64url"),
    ];
}
