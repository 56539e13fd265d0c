/**
 * A page with each of these texts between its markers, `<!-- name -->` and `<!-- /name -->`; the rest is as it was.
 *
 * @throws Error where a marker is not there exactly once.
 */
export function withMarked(page: string, texts: Readonly<Record<string, string>>): string {
    return Object.entries(texts).reduce((filled, [name, text]) => {
        const [before, inside] = halves(filled, `<!-- ${name} -->`);
        const [, after] = halves(inside, `<!-- /${name} -->`);
        return `${before}<!-- ${name} -->\n\n${text}\n\n<!-- /${name} -->${after}`;
    }, page);
}

function halves(text: string, marker: string): readonly [string, string] {
    const [before, after, ...more] = text.split(marker);
    if (before === undefined || after === undefined || more.length > 0) {
        throw new Error(`${marker} must be in the page once, and what ends a text after what begins it.`);
    }
    return [before, after];
}
