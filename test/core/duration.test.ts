import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseDurationMs } from "../../provider/core/duration.ts";

const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

test.each([
    ["720h", 2_592_000_000],
    ["30d", 2_592_000_000],
    ["1w", 604_800_000],
    ["5m", 300_000],
    ["90s", 90_000],
    ["250ms", 250],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["5m1ms", 300_001],
])("%s is %d milliseconds", (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
});

test.each([
    "",
    " ",
    "5",
    "5 m",
    " 5m",
    "5m ",
    "m",
    "-5m",
    "+5m",
    "0s",
    "0.4ms",
    "5M",
    "5min",
    ".5h",
    "5.h",
    "1e3s",
    "P30D",
    "5m\n",
    `${"9".repeat(400)}w`,
])("%j is no duration", (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
});

test("parts add up, whatever they are and in whatever order", () => {
    const part = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(...(Object.keys(units) as "w"[])));
    fc.assert(
        fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
            const text = parts.map(([amount, unit]) => `${amount}${unit}`).join("");
            const expected = parts.reduce((total, [amount, unit]) => total + amount * units[unit], 0);
            expect(parseDurationMs(text)).toBe(expected);
        }),
    );
});

test("whatever text comes in, what comes out is a whole number above zero or nothing", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,6}(w|d|h|ms|m|s)[0-9.]{0,3}s?$/));
    fc.assert(
        fc.property(text, (anything) => {
            const durationMs = parseDurationMs(anything);
            expect(durationMs === undefined || (Number.isInteger(durationMs) && durationMs > 0)).toBe(true);
        }),
    );
});
