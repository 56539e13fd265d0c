import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isSynchronizationSecretKey, oneTimeKey, synchronizationSecretKeys } from "../../provider/core/keys.ts";
import { nearest } from "../../provider/core/nearest.ts";

/** One mistake of the fingers: a letter too many, one missing, another one, or two that changed places. */
const typo = fc
    .constantFrom(...synchronizationSecretKeys)
    .chain((key) =>
        fc.record({
            key: fc.constant(key),
            at: fc.nat({ max: key.length - 1 }),
            letter: fc.stringMatching(/^[a-zA-Z0-9]$/),
            kind: fc.constantFrom("insert", "remove", "substitute", "swap"),
        }),
    )
    .map(({ key, at, letter, kind }) => {
        const [before, here, after] = [key.slice(0, at), key.slice(at, at + 1), key.slice(at + 1)];
        switch (kind) {
            case "insert":
                return { key, written: before + letter + here + after };
            case "remove":
                return { key, written: before + after };
            case "substitute":
                return { key, written: before + letter + after };
            default:
                return { key, written: before + after.slice(0, 1) + here + after.slice(1) };
        }
    });

test("there are 45 keys, each once, and the key of a one-time code is one of them", () => {
    expect(synchronizationSecretKeys).toHaveLength(45);
    expect(new Set(synchronizationSecretKeys).size).toBe(45);
    expect(oneTimeKey).toBe("Oauth2AuthorizationCode");
    expect(isSynchronizationSecretKey(oneTimeKey)).toBe(true);
});

test("a key is known in Graph's spelling only", () => {
    for (const word of ["secretToken", "Secret Token", "SecretToken ", "", "constructor", "toString"]) {
        expect(isSynchronizationSecretKey(word)).toBe(false);
    }
});

test("a key with one typo finds itself", () => {
    fc.assert(
        fc.property(typo, ({ key, written }) => {
            expect(nearest(written, synchronizationSecretKeys)).toBe(key);
        }),
        { numRuns: 3000 },
    );
});

test("case and punctuation are no distance at all", () => {
    for (const key of synchronizationSecretKeys) {
        const snake = key.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
        expect(nearest(snake, synchronizationSecretKeys)).toBe(key);
        expect(nearest(key.toUpperCase(), synchronizationSecretKeys)).toBe(key);
    }
});

test.each(["", "x", "hunter2", "apiKeyForTheTenant", "日本語", "constructor"])("%j is near no key", (word) => {
    expect(nearest(word, synchronizationSecretKeys)).toBeUndefined();
});

test("of several near words the nearest is named, and of equally near ones the first", () => {
    expect(nearest("abcdeg", ["abcxxf", "abcdef"])).toBe("abcdef");
    expect(nearest("abcdeg", ["abcdef", "abcdeh"])).toBe("abcdef");
});

test("nothing is near where there are no candidates", () => {
    expect(nearest("word", [])).toBeUndefined();
});
