/** What a text says as JSON; `undefined` where it is none, which no JSON says. */
export function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** A field of what came from elsewhere; `undefined` where there is none. Own fields only: never a prototype's. */
export function field(value: unknown, name: string): unknown {
    return value !== null && typeof value === "object"
        ? Object.getOwnPropertyDescriptor(value, name)?.value
        : undefined;
}

/** The same, where it is a text. */
export function stringField(value: unknown, name: string): string | undefined {
    const inner = field(value, name);
    return typeof inner === "string" ? inner : undefined;
}

/** JSON with its keys in order, so that equal values have equal text. */
export function canonical(value: unknown): string {
    return JSON.stringify(value ?? null, (_, inner: unknown) =>
        inner !== null && typeof inner === "object" && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
            : inner,
    );
}
