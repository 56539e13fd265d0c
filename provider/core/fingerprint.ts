import { createHmac } from "node:crypto";

/**
 * The hashes of credentials that state holds, and so a format that never changes: a new one gets a new prefix.
 *
 * `v1:` and the base64url of an HMAC-SHA-256 over the JSON of `[key, value]`. JSON keeps pairs apart that a plain
 * concatenation would merge, and writes lone surrogates as escapes where UTF-8 would fold them into one character.
 */
const prefix = "v1:";

/** How many random bytes make a hash key: as many as the hash has. */
export const hashKeyBytes = 32;

/** The hash of one credential under a resource's own key: tells that a value changed and nothing of the value. */
export function hashCredential(hashKey: string, key: string, value: string): string {
    const digest = createHmac("sha256", Buffer.from(hashKey, "base64url"))
        .update(JSON.stringify([key, value]))
        .digest();
    return prefix + digest.toString("base64url");
}
