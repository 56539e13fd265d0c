/**
 * Where state keeps a resource's hash key: among its credentials, as one more entry, `@hashKey`.
 *
 * It has to be a secret, and a secret of its own would be a ciphertext of its own: a tenth of the resource's state. Inside
 * the credentials it costs a fifth of that, and is as secret as they are. Graph's keys are identifiers, so no credential
 * is ever called that.
 *
 * The resource's constructor leaves the empty place, because only what the program marks as a secret stays one; check
 * fills it. Where the place is missing (a transform replaced the credentials), the key is not stored in clear instead: the
 * hashes then change at the next check, and the credentials are sent again.
 */
const entry = "@hashKey";

/** The credentials, map or list, with an empty place for the hash key. */
export function withHashKeyPlace(credentials: unknown): unknown {
    return withHashKey(credentials, "");
}

/** The credentials with the hash key in its place, where there is one. */
export function fillHashKeyPlace(credentials: unknown, hashKey: string): unknown {
    return readPlace(credentials) === undefined ? credentials : withHashKey(withoutHashKey(credentials), hashKey);
}

/** The hash key among these credentials; `undefined` where there is none yet. */
export function readHashKey(credentials: unknown): string | undefined {
    const hashKey = readPlace(credentials);
    return typeof hashKey === "string" && hashKey !== "" ? hashKey : undefined;
}

/** The credentials as the program gave them. */
export function withoutHashKey(credentials: unknown): unknown {
    if (Array.isArray(credentials)) {
        return credentials.filter((item) => !isPlace(item));
    }
    if (isPlace(credentials)) {
        const { [entry]: _, ...rest } = credentials;
        return rest;
    }
    return credentials;
}

function withHashKey(credentials: unknown, hashKey: unknown): unknown {
    if (Array.isArray(credentials)) {
        return [...credentials, { [entry]: hashKey }];
    }
    return credentials !== null && typeof credentials === "object" ? { ...credentials, [entry]: hashKey } : credentials;
}

function readPlace(credentials: unknown): unknown {
    const place = Array.isArray(credentials) ? credentials.find(isPlace) : credentials;
    return isPlace(place) ? place[entry] : undefined;
}

function isPlace(value: unknown): value is Record<string, unknown> {
    return value !== null && typeof value === "object" && Object.hasOwn(value, entry);
}
