import { expect, test } from "vitest";
import { holdsUnknown, isUnknown, unknownValue } from "../../provider/core/unknown.ts";

test("the engine's word for an unknown value is the one that Pulumi's SDK writes", () => {
    expect(unknownValue).toBe("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    expect(isUnknown(unknownValue)).toBe(true);
    expect(isUnknown(` ${unknownValue}`)).toBe(false);
    expect(isUnknown({ value: unknownValue })).toBe(false);
});

test("an unknown value is found at any depth", () => {
    expect(holdsUnknown(unknownValue)).toBe(true);
    expect(holdsUnknown([1, { a: [null, { b: unknownValue }] }])).toBe(true);
    expect(holdsUnknown([1, { a: [null, { b: "known" }] }])).toBe(false);
    expect(holdsUnknown(undefined)).toBe(false);
    expect(holdsUnknown(null)).toBe(false);
});
