import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A secret that is found again wherever it went, whole or in part.
 *
 * Two random words with everything between them that some encoding writes differently: whoever quotes it, escaped,
 * encoded or cut off, has at least one of the words in what he wrote.
 */
export class Sentinel {
    readonly name: string;
    readonly value: string;
    readonly #forms: ReadonlyMap<string, string>;

    constructor(name: string) {
        const words = [randomWord(), randomWord()];
        this.name = name;
        this.value = words.join(`"/+ &<%'\\=é`);
        this.#forms = new Map(words.flatMap((word) => formsOf(word)).map(([form, text]) => [text, form]));
    }

    /** As a literal in a program. */
    get literal(): string {
        return JSON.stringify(this.value);
    }

    /** The forms in which it stands in a text; none: it does not. */
    findIn(text: string): string[] {
        return [...this.#forms].filter(([form]) => text.includes(form)).map(([, name]) => `${this.name}, ${name}`);
    }
}

/** Everything that was found, with where and in what form; empty is what a test wants. */
export function leaks(surfaces: Readonly<Record<string, string>>, sentinels: readonly Sentinel[]): string[] {
    return Object.entries(surfaces).flatMap(([surface, text]) =>
        sentinels.flatMap((sentinel) => sentinel.findIn(text).map((found) => `${surface}: ${found}`)),
    );
}

/** The files under a folder, each a surface; bytes as they are, whatever their encoding. Follows no link. */
export function filesUnder(folder: string, isLeftOut: (path: string) => boolean = () => false): Record<string, string> {
    const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return Object.entries(filesUnder(path, isLeftOut));
        return entry.isFile() && !isLeftOut(path) ? [[path, readFileSync(path, "latin1")] as const] : [];
    });
    return Object.fromEntries(files);
}

/** Letters and digits only, so that no encoding but a whole one changes it. */
function randomWord(): string {
    const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    return `Sentinel${Array.from({ length: 14 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
}

function formsOf(word: string): (readonly [form: string, text: string])[] {
    return [
        ["as it is", word],
        ["backwards", [...word].reverse().join("")],
        ["in hexadecimal", Buffer.from(word).toString("hex")],
        ...[0, 1, 2].flatMap((offset) => base64Forms(word, offset)),
    ];
}

/** What of a base64 text is the word's own, when it starts `offset` bytes after a group of three. */
function base64Forms(word: string, offset: number): (readonly [form: string, text: string])[] {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(word)]);
    const first = [0, 2, 3][offset];
    const last = Math.floor((bytes.length * 8) / 6);
    return [
        ["in base64", bytes.toString("base64").slice(first, last)],
        ["in base64url", bytes.toString("base64url").slice(first, last)],
    ];
}
