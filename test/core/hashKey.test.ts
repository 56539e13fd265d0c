import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fillHashKeyPlace, readHashKey, withHashKeyPlace, withoutHashKey } from "../../provider/core/hashKey.ts";

const map = { SecretToken: "x" };
const list = [{ key: "SecretToken", value: "x" }];

test.each<[string, unknown]>([
    ["a map", map],
    ["a list", list],
])("a hash key that is put into %s is read from there, and taken out again", (_, credentials) => {
    const filled = fillHashKeyPlace(withHashKeyPlace(credentials), "k1");
    expect(readHashKey(filled)).toBe("k1");
    expect(withoutHashKey(filled)).toEqual(credentials);
    expect(readHashKey(fillHashKeyPlace(filled, "k2"))).toBe("k2");
    expect(withoutHashKey(fillHashKeyPlace(filled, "k2"))).toEqual(credentials);
});

test.each<[string, unknown]>([
    ["a map", map],
    ["a list", list],
    ["a text", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
    ["nothing", undefined],
])("without a place for it no hash key is put into %s: it would be stored in clear", (_, credentials) => {
    expect(fillHashKeyPlace(credentials, "k1")).toEqual(credentials);
    expect(readHashKey(fillHashKeyPlace(credentials, "k1"))).toBeUndefined();
});

test("an empty place holds no hash key", () => {
    expect(readHashKey(withHashKeyPlace(map))).toBeUndefined();
    expect(readHashKey(withHashKeyPlace(list))).toBeUndefined();
    expect(readHashKey({ "@hashKey": 7 })).toBeUndefined();
});

test("no shape of credentials makes any of it throw or change what it was given", () => {
    fc.assert(
        fc.property(fc.anything({ withNullPrototype: true }), (anything) => {
            const before = fc.stringify(anything);
            readHashKey(anything);
            withoutHashKey(withHashKeyPlace(anything));
            fillHashKeyPlace(anything, "k");
            expect(fc.stringify(anything)).toBe(before);
        }),
    );
});
