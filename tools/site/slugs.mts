/**
 * The anchors of one page's headings, as GitHub makes them, so that a link works there and here.
 *
 * Lower case; letters, digits, marks, connectors and hyphens stay, a space becomes a hyphen, everything else goes; a
 * second one of the same name has `-1` behind it. GitHub documents the rule in outline only; this is the part of it that
 * github-slugger, the library of GitHub's own tooling, agrees on.
 *
 * @see https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
export class Slugs {
    readonly #taken = new Map<string, number>();

    next(text: string): string {
        const plain = text
            .trim()
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
            .replaceAll(" ", "-");
        let slug = plain;
        while (this.#taken.has(slug)) {
            const count = (this.#taken.get(plain) ?? 0) + 1;
            this.#taken.set(plain, count);
            slug = `${plain}-${count}`;
        }
        this.#taken.set(slug, 0);
        return slug;
    }
}
