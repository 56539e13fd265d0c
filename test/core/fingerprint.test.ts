import { createHmac, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hashCredential, hashKeyBytes } from "../../provider/core/fingerprint.ts";

const newKey = () => randomBytes(hashKeyBytes).toString("base64url");
const anyText = fc.string({ unit: "binary" });

test("the format in state is v1, a colon and base64url, and it never changes", () => {
    const hashKey = Buffer.alloc(hashKeyBytes, 7).toString("base64url");
    const expected = createHmac("sha256", Buffer.alloc(hashKeyBytes, 7)).update('["SecretToken","s3cr3t"]').digest();
    const hash = hashCredential(hashKey, "SecretToken", "s3cr3t");
    expect(hash).toBe(`v1:${expected.subarray(0, 12).toString("base64url")}`);
    expect(hash).toMatch(/^v1:[\w-]{16}$/);
});

test("a hash key has 128 bits at least", () => {
    expect(hashKeyBytes).toBeGreaterThanOrEqual(16);
});

test("the same key and value under the same hash key have the same hash", () => {
    fc.assert(
        fc.property(anyText, anyText, (key, value) => {
            const hashKey = newKey();
            expect(hashCredential(hashKey, key, value)).toBe(hashCredential(hashKey, key, value));
        }),
    );
});

test("another value has another hash, lone surrogates included", () => {
    const anyUnits = fc.array(fc.nat({ max: 0xffff })).map((units) => String.fromCharCode(...units));
    const hashKey = newKey();
    fc.assert(
        fc.property(anyUnits, anyUnits, (left, right) => {
            const same = hashCredential(hashKey, "Password", left) === hashCredential(hashKey, "Password", right);
            expect(same).toBe(left === right);
        }),
    );
    expect(hashCredential(hashKey, "Password", "\ud800")).not.toBe(hashCredential(hashKey, "Password", "\ud801"));
    expect(hashCredential(hashKey, "Password", "é")).not.toBe(hashCredential(hashKey, "Password", "e\u0301"));
});

test("a letter that moves from the key to the value makes another hash, whatever stands between the two", () => {
    const hashKey = newKey();
    const separators = fc.constantFrom("", '"', ",", '","', "\\", '\\","', "\0", "\n", ":");
    fc.assert(
        fc.property(anyText, separators, anyText, separators, anyText, (first, one, second, other, third) => {
            const left = [first, one + second + other + third] as const;
            const right = [first + one + second, other + third] as const;
            const same = hashCredential(hashKey, ...left) === hashCredential(hashKey, ...right);
            expect(same).toBe(left[0] === right[0] && left[1] === right[1]);
        }),
    );
});

test("equal values of two resources have different hashes", () => {
    expect(hashCredential(newKey(), "Password", "same")).not.toBe(hashCredential(newKey(), "Password", "same"));
});

test("a hash holds nothing of the value, the key or the hash key", () => {
    fc.assert(
        fc.property(fc.string({ minLength: 8 }), (value) => {
            const hashKey = newKey();
            const hash = hashCredential(hashKey, "Password", value);
            expect(hash).not.toContain(value);
            expect(hash).not.toContain(hashKey);
        }),
    );
});
