import { createHmac } from "node:crypto";

/**
 * The hashes of credentials that state holds, and so a format that never changes: a new one gets a new prefix.
 *
 * `v1:` and the base64url of the first 96 bits of an HMAC-SHA-256 over the JSON of `[key, value]`. JSON keeps pairs
 * apart that a plain concatenation would merge, and writes lone surrogates as escapes where UTF-8 would fold them into
 * one character. Cut to 96 bits because state holds each hash twice, for every credential of every resource; a change
 * is overlooked once in 2^96, and what keeps a value from being guessed is the key, not the length.
 */
const prefix = "v1:";

const hashBytes = 12;

/** How many random bytes make a hash key: 128 bits, beyond guessing. */
export const hashKeyBytes = 16;

/** The hash of one credential under a resource's own key: tells that a value changed and nothing of the value. */
export function hashCredential(hashKey: string, key: string, value: string): string {
    const digest = createHmac("sha256", Buffer.from(hashKey, "base64url"))
        .update(JSON.stringify([key, value]))
        .digest();
    return prefix + digest.subarray(0, hashBytes).toString("base64url");
}
