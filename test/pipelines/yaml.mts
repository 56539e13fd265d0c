import { createRequire } from "node:module";

/** Pulumi's own parser, from where its SDK has it: the SDK declares it, this repository does not. */
const ofPulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const { load } = ofPulumi("js-yaml") as { readonly load: (text: string) => unknown };

export type Mapping = Readonly<Record<string, unknown>>;

export function parseYaml(text: string): unknown {
    return load(text);
}

/** @throws Error where it is something else, which says where. */
export function mapping(value: unknown, where: string): Mapping {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
        throw new Error(`${where} is no mapping`);
    }
    return value as Mapping;
}

/** @throws Error where it is something else, which says where. */
export function list(value: unknown, where: string): readonly unknown[] {
    if (!Array.isArray(value)) {
        throw new Error(`${where} is no list`);
    }
    return value;
}

/**
 * A scalar as these systems read it: numbers and booleans as they are written.
 *
 * @throws Error where it is something else, which says where.
 */
export function text(value: unknown, where: string): string {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
        throw new Error(`${where} is no text`);
    }
    return String(value);
}

/** A mapping of texts; nothing is an empty one. */
export function texts(value: unknown, where: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
        Object.entries(mapping(value ?? {}, where)).map(([name, one]) => [name, text(one, `${where}.${name}`)]),
    );
}

/**
 * That nothing is there which the reader of it does not know: a test that passes over a key tests another file.
 *
 * @throws Error naming the first.
 */
export function knowOnly(value: Mapping, known: readonly string[], where: string): void {
    const other = Object.keys(value).find((key) => !known.includes(key));
    if (other !== undefined) {
        throw new Error(`${where}.${other}: these tests do not know what that does`);
    }
}
