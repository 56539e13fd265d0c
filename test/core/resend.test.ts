import * as fc from "fast-check";
import { expect, test } from "vitest";
import { judge, type Outcome, retryAfterMs } from "../../provider/core/resend.ts";

const now = new Date("2026-01-02T03:04:05Z");
const answered = (status: number, retryAfter?: string): Outcome => ({ kind: "answered", status, retryAfter });

test.each([200, 202, 204, 299])("%d is accepted", (status) => {
    expect(judge(answered(status), 1, now, 0.5)).toEqual({ kind: "accepted" });
});

test.each([408, 500, 501, 502, 503, 504, 599])(
    "after %d the outcome is unknown, whatever Retry-After says",
    (status) => {
        expect(judge(answered(status), 1, now, 0.5)).toEqual({ kind: "unknown" });
        expect(judge(answered(status, "1"), 1, now, 0.5)).toEqual({ kind: "unknown" });
    },
);

test.each([300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 422, 428, 431, 451])(
    "%d is a refusal, whatever Retry-After says",
    (status) => {
        expect(judge(answered(status), 1, now, 0.5)).toEqual({ kind: "refused" });
        expect(judge(answered(status, "1"), 1, now, 0.5)).toEqual({ kind: "refused" });
    },
);

test("a lost answer is an unknown outcome, the first time and every time", () => {
    for (const attempt of [1, 2, 3, 100]) {
        expect(judge({ kind: "lost" }, attempt, now, 0.5)).toEqual({ kind: "unknown" });
    }
});

test("a host that never answers is tried four times in all", () => {
    const verdicts = [1, 2, 3, 4, 5].map((attempt) => judge({ kind: "notConnected" }, attempt, now, 1));
    expect(verdicts).toEqual([
        { kind: "again", waitMs: 1000, throttled: false },
        { kind: "again", waitMs: 2000, throttled: false },
        { kind: "again", waitMs: 4000, throttled: false },
        { kind: "unreachable" },
        { kind: "unreachable" },
    ]);
});

test.each([
    ["seconds", "7", 7000],
    ["seconds between spaces", " 7 ", 7000],
    ["a fraction of seconds", "0.25", 250],
    ["a date", "Fri, 02 Jan 2026 03:04:35 GMT", 30_000],
    ["a date as of 1985", "Friday, 02-Jan-26 03:04:35 GMT", 30_000],
    ["an hour", "3600", 3_600_000],
])("the wait of a 429 is what Retry-After says, without jitter: %s", (_, header, waitMs) => {
    for (const random of [0, 0.5, 1]) {
        expect(judge(answered(429, header), 1, now, random)).toEqual({ kind: "again", waitMs, throttled: true });
    }
});

test.each([
    ["none", undefined],
    ["an empty one", ""],
    ["a word", "soon"],
    ["a word and a number", "soon 5"],
    ["a negative number", "-5"],
    ["a number with a unit", "5s"],
    ["a date of its own", "2026-01-02T03:05:05Z"],
    ["a date that is none", "Fri, 99 Foo 2026 03:04:35 GMT"],
    ["zero", "0"],
    ["now", "Fri, 02 Jan 2026 03:04:05 GMT"],
    ["a date that has passed", "Fri, 02 Jan 2026 03:00:00 GMT"],
])("a 429 that names no wait to come gets one of ours, so that it is no hot loop: %s", (_, header) => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => judge(answered(429, header), attempt, now, 1));
    expect(waits).toEqual(
        [2000, 4000, 8000, 16_000, 30_000, 30_000].map((waitMs) => ({ kind: "again", waitMs, throttled: true })),
    );
});

test("a wait of ours lies between half of the step and the whole, and ends growing at 30 seconds", () => {
    fc.assert(
        fc.property(
            fc.integer({ min: 1, max: 5000 }),
            fc.double({ min: 0, max: 1, noNaN: true }),
            (attempt, random) => {
                const verdict = judge(answered(429), attempt, now, random);
                const step = Math.min(30_000, 2000 * 2 ** (attempt - 1));
                const waitMs = verdict.kind === "again" ? verdict.waitMs : Number.NaN;
                expect(waitMs).toBeGreaterThanOrEqual(step / 2);
                expect(waitMs).toBeLessThanOrEqual(step);
            },
        ),
    );
});

test("a date in Retry-After that has passed asks for no wait, and never for a negative one", () => {
    expect(retryAfterMs("Fri, 02 Jan 2026 03:00:00 GMT", now)).toBe(0);
});

test("whatever Retry-After holds, the wait is a number that is not negative, or none", () => {
    fc.assert(
        fc.property(
            fc.oneof(fc.string(), fc.integer().map(String), fc.date({ noInvalidDate: true }).map(String)),
            (header) => {
                const waitMs = retryAfterMs(header, now);
                expect(waitMs === undefined || waitMs >= 0).toBe(true);
            },
        ),
    );
});

test("no status and no number of attempts makes anything but a 429 go out again", () => {
    fc.assert(
        fc.property(fc.integer({ min: 100, max: 999 }), fc.nat({ max: 20 }), (status, attempt) => {
            const again = judge(answered(status, "1"), attempt + 1, now, 0.5).kind === "again";
            expect(again).toBe(status === 429);
        }),
    );
});
