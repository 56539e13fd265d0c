import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
    aFewTimes,
    judge,
    type Outcome,
    type RowName,
    resendTable,
    retryAfterMs,
    type Situation,
    type Verdict,
} from "../../provider/core/resend.ts";

const now = new Date("2026-01-02T03:04:05Z");

type Answered = Extract<Outcome, { kind: "answered" }>;

/** An answer of Graph's, unless it is said otherwise. */
const answered = (status: number, more: Partial<Answered> = {}): Answered => ({
    kind: "answered",
    status,
    retryAfter: undefined,
    graphCode: undefined,
    isGraphs: true,
    isChallenge: false,
    ...more,
});

/** The first attempt for a target that is not new, with nothing known of the token. */
const situation = (more: Partial<Situation> = {}): Situation => ({
    worksOnce: false,
    replicationMs: 0,
    isPermitted: undefined,
    met: () => 0,
    now,
    random: 1,
    ...more,
});

/** An operation that met this row so often, and no other one. */
const only = (row: RowName, times: number) => (asked: RowName) => (asked === row ? times : 0);

const rowOf = (outcome: Outcome, more?: Partial<Situation>) => judge(outcome, situation(more)).row;
const waitOf = (verdict: Verdict) => (verdict.next === "again" ? verdict.waitMs : undefined);

/** The waits of an operation that meets the same outcome again and again, until it is sent no more. */
function waits(outcome: Outcome, more: Partial<Situation> = {}, attempts = 10): (number | undefined)[] {
    const seen: (number | undefined)[] = [];
    for (let before = 0; before < attempts && (before === 0 || seen.at(-1) !== undefined); before++) {
        const { row } = judge(outcome, situation(more));
        seen.push(waitOf(judge(outcome, situation({ met: only(row, before), ...more }))));
    }
    return seen;
}

const anOutcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant<Outcome>({ kind: "notConnected" }),
    fc.constant<Outcome>({ kind: "lost" }),
    fc.record({
        kind: fc.constant("answered" as const),
        status: fc.oneof(
            fc.integer({ min: 100, max: 999 }),
            fc.constantFrom(200, 204, 302, 401, 403, 404, 408, 409, 429, 500, 503),
        ),
        retryAfter: fc.option(
            fc.oneof(fc.nat().map(String), fc.constant("Fri, 02 Jan 2026 03:04:35 GMT"), fc.string()),
            {
                nil: undefined,
            },
        ),
        graphCode: fc.option(fc.constantFrom("UnknownError", "TooManyRequests", "Request_ResourceNotFound"), {
            nil: undefined,
        }),
        isGraphs: fc.boolean(),
        isChallenge: fc.boolean(),
    }),
);

const aSituation: fc.Arbitrary<Situation> = fc
    .record({
        worksOnce: fc.boolean(),
        replicationMs: fc.oneof(fc.constant(0), fc.integer({ min: -1000, max: 200_000 })),
        isPermitted: fc.constantFrom(true, false, undefined),
        before: fc.nat({ max: 20 }),
        random: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ before, ...rest }) => ({ ...rest, met: only("lost", before), now }));

describe("the table", () => {
    test("has a reason for every row", () => {
        for (const { when, because } of Object.values(resendTable)) {
            expect(when).not.toBe("");
            expect(because).not.toBe("");
        }
    });

    /** What each word of the table lets the verdict be. */
    const holds: Record<string, (verdict: Verdict, of: Situation, outcome: Outcome) => boolean> = {
        never: ({ next }) => next === "stop",
        // The token policy has sent it again before anybody asks here.
        once: ({ next }) => next === "stop",
        "a few times": ({ next }, { met }) => (next === "again") === met("lost") + 1 < aFewTimes,
        "until replicationTimeout": (verdict, { replicationMs }, outcome) => {
            const waitMs = waitOf(verdict);
            // Graph is never asked earlier than it says, be it that there is no time left.
            const named = outcome.kind === "answered" ? (retryAfterMs(outcome.retryAfter, now) ?? 0) : 0;
            return waitMs === undefined
                ? named > replicationMs
                : waitMs > 0 && waitMs <= replicationMs && waitMs >= Math.min(named, replicationMs);
        },
        "until the deadline": (verdict) => (waitOf(verdict) ?? 0) > 0,
    };

    test("and the verdict say the same, whatever comes back in whatever situation", () => {
        fc.assert(
            fc.property(anOutcome, aSituation, (outcome, of) => {
                const verdict = judge(outcome, of);
                const again = resendTable[verdict.row].again[of.worksOnce ? "oneTimeCode" : "plain"];
                expect(holds[again]?.(verdict, of, outcome)).toBe(true);
            }),
            { numRuns: 5000 },
        );
    });

    test("has no row that is never met", () => {
        const met = new Set<RowName>();
        fc.assert(
            fc.property(anOutcome, aSituation, (outcome, of) => void met.add(judge(outcome, of).row)),
            {
                numRuns: 5000,
            },
        );
        expect([...met].sort()).toEqual(Object.keys(resendTable).sort());
    });

    test("sends a one-time code again only where Graph surely did not process it", () => {
        const surely = ["throttled", "notConnected", "replicating"];
        fc.assert(
            fc.property(anOutcome, aSituation, (outcome, of) => {
                const { row, next } = judge(outcome, { ...of, worksOnce: true });
                expect(next === "stop" || surely.includes(row)).toBe(true);
            }),
            { numRuns: 5000 },
        );
    });

    test("never sends a one-time code again where it would not send plain credentials again", () => {
        fc.assert(
            fc.property(anOutcome, aSituation, (outcome, of) => {
                const code = judge(outcome, { ...of, worksOnce: true });
                const plain = judge(outcome, { ...of, worksOnce: false });
                expect(code.row).toBe(plain.row);
                expect(code.next === "stop" || plain.next === "again").toBe(true);
            }),
        );
    });
});

describe("a row", () => {
    test("for 204 is accepted, with Graph's mark or without", () => {
        expect(rowOf(answered(204))).toBe("accepted");
        expect(rowOf(answered(204, { isGraphs: false }))).toBe("accepted");
    });

    test.each([200, 201, 202, 203, 299])("for %d is accepted with Graph's mark, and a gateway's without", (status) => {
        expect(rowOf(answered(status))).toBe("accepted");
        expect(rowOf(answered(status, { isGraphs: false }))).toBe("gateway");
    });

    test.each([408, 500, 501, 502, 503, 504, 599])("for %d is a gateway's, whatever else is in it", (status) => {
        for (const more of [{}, { isGraphs: false }, { retryAfter: "1" }, { graphCode: "UnknownError" }]) {
            expect(rowOf(answered(status, more), { replicationMs: 1000 })).toBe("gateway");
        }
    });

    test.each([300, 301, 302, 307, 308, 400, 405, 410, 413, 422, 428, 431, 451])(
        "for %d is a refusal, also of a new target, whatever Retry-After says",
        (status) => {
            for (const retryAfter of [undefined, "1"]) {
                const outcome = answered(status, { retryAfter });
                expect(judge(outcome, situation({ replicationMs: 1000 }))).toEqual({ row: "refused", next: "stop" });
            }
        },
    );

    test.each([403, 404, 409])(
        "for %d is replication while the target may be new, and a refusal where it is not",
        (status) => {
            expect(rowOf(answered(status), { replicationMs: 1 })).toBe("replicating");
            expect(rowOf(answered(status), { replicationMs: 0 })).toBe("refused");
            expect(rowOf(answered(status), { replicationMs: -1 })).toBe("refused");
        },
    );

    test.each([403, 404, 409])("for %d is a refusal where something on the way has answered", (status) => {
        expect(rowOf(answered(status, { isGraphs: false }), { replicationMs: 1000 })).toBe("refused");
    });

    const unknownError = answered(401, { graphCode: "UnknownError" });

    test.each([true, undefined])(
        "for a 401 UnknownError is replication where the claims show a permission, or can't be told: %s",
        (isPermitted) => {
            expect(rowOf(unknownError, { replicationMs: 1000, isPermitted })).toBe("replicating");
            expect(rowOf(unknownError, { replicationMs: 0, isPermitted })).toBe("refused");
        },
    );

    test("for a 401 UnknownError is a refusal at once where the claims show no permission", () => {
        const verdict = judge(unknownError, situation({ replicationMs: 1000, isPermitted: false }));
        expect(verdict).toEqual({ row: "refused", next: "stop" });
    });

    test.each([403, 404, 409])("for %d minds no claims: they are a hint about a 401 alone", (status) => {
        expect(rowOf(answered(status), { replicationMs: 1000, isPermitted: false })).toBe("replicating");
    });

    test.each([undefined, "InvalidAuthenticationToken"])(
        "for a 401 with the code %s is a refusal, also of a new target",
        (graphCode) => {
            expect(rowOf(answered(401, { graphCode }), { replicationMs: 1000 })).toBe("refused");
        },
    );

    test("for a claims challenge is one, also of a new target, and ends there: the token policy has answered it", () => {
        const outcome = answered(401, { graphCode: "UnknownError", isChallenge: true });
        for (const worksOnce of [true, false]) {
            const verdict = judge(outcome, situation({ worksOnce, replicationMs: 1000 }));
            expect(verdict).toEqual({ row: "challenged", next: "stop" });
        }
    });

    test("for no answer says how far the call got", () => {
        expect(rowOf({ kind: "lost" })).toBe("lost");
        expect(rowOf({ kind: "notConnected" })).toBe("notConnected");
    });
});

describe("the number of attempts", () => {
    test.each<[string, Outcome]>([
        ["a lost answer", { kind: "lost" }],
        ["a 503", answered(503)],
        ["a page with 200", answered(200, { isGraphs: false })],
    ])("is four in all with plain credentials after %s, and one with a one-time code", (_, outcome) => {
        expect(waits(outcome)).toEqual([1000, 2000, 4000, undefined]);
        expect(waits(outcome, { worksOnce: true })).toEqual([undefined]);
    });

    test.each([true, false])("is four in all where no connection stands; works once: %s", (worksOnce) => {
        expect(waits({ kind: "notConnected" }, { worksOnce })).toEqual([1000, 2000, 4000, undefined]);
    });

    test("is four in all however the rows alternate that leave it open", () => {
        const met = (row: RowName) => ({ notConnected: 1, lost: 1, gateway: 1 })[row as string] ?? 0;
        for (const outcome of [{ kind: "notConnected" }, { kind: "lost" }, answered(503)] as const) {
            expect(judge(outcome, situation({ met })).next).toBe("stop");
        }
    });

    test("is not counted with what Graph refused before processing", () => {
        const met = only("throttled", 50);
        expect(judge({ kind: "notConnected" }, situation({ met }))).toMatchObject({ next: "again", waitMs: 1000 });
    });
});

describe("the wait of a 429", () => {
    test.each([
        ["seconds", "7", 7000],
        ["seconds between spaces", " 7 ", 7000],
        ["a fraction of seconds", "0.25", 250],
        ["a date", "Fri, 02 Jan 2026 03:04:35 GMT", 30_000],
        ["a date as of 1985", "Friday, 02-Jan-26 03:04:35 GMT", 30_000],
        ["an hour", "3600", 3_600_000],
    ])("is what Retry-After says, without jitter: %s", (_, retryAfter, waitMs) => {
        for (const random of [0, 0.5, 1]) {
            for (const worksOnce of [true, false]) {
                const verdict = judge(answered(429, { retryAfter }), situation({ random, worksOnce }));
                expect(verdict).toEqual({ row: "throttled", next: "again", waitMs });
            }
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
    ])("that names none to come is one of ours, so that it is no hot loop: %s", (_, retryAfter) => {
        const six = waits(answered(429, { retryAfter }), {}, 6);
        expect(six).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000]);
    });

    test("of ours lies between half of the step and the whole, and ends growing at 30 seconds", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 0, max: 5000 }),
                fc.double({ min: 0, max: 1, noNaN: true }),
                (before, random) => {
                    const waitMs = waitOf(judge(answered(429), situation({ met: () => before, random })));
                    const step = Math.min(30_000, 2000 * 2 ** before);
                    expect(waitMs).toBeGreaterThanOrEqual(step / 2);
                    expect(waitMs).toBeLessThanOrEqual(step);
                },
            ),
        );
    });

    test("has no end but the deadline's", () => {
        expect(waits(answered(429), {}, 100)).toHaveLength(100);
        expect(waits(answered(429), {}, 100)).not.toContain(undefined);
    });
});

describe("the wait of a gateway's answer", () => {
    test("is the one that it names", () => {
        expect(waits(answered(503, { retryAfter: "7" }))).toEqual([7000, 7000, 7000, undefined]);
    });

    test.each(["0", "Fri, 02 Jan 2026 03:00:00 GMT", "soon"])(
        "is one of ours where it names none to come: %s",
        (retryAfter) => {
            expect(waits(answered(503, { retryAfter }))).toEqual([1000, 2000, 4000, undefined]);
        },
    );
});

describe("the wait for a new target", () => {
    const notFound = (retryAfter?: string) => answered(404, { retryAfter });

    test("grows to ten seconds, so that a target is found soon after it is there", () => {
        const six = waits(notFound(), { replicationMs: 120_000 }, 6);
        expect(six).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    });

    test("ends with the window, so that the last attempt is at its end and not somewhere before", () => {
        const before = { met: () => 9 };
        expect(waitOf(judge(notFound(), situation({ ...before, replicationMs: 3000 })))).toBe(3000);
        expect(waitOf(judge(notFound(), situation({ ...before, replicationMs: 1 })))).toBe(1);
        expect(judge(notFound(), situation({ ...before, replicationMs: 0 }))).toEqual({ row: "refused", next: "stop" });
    });

    test("is the one that Graph names", () => {
        expect(waitOf(judge(notFound("7"), situation({ replicationMs: 120_000 })))).toBe(7000);
    });

    test("is over where Graph names one beyond the window: it is not asked earlier than it says", () => {
        expect(waitOf(judge(notFound("7"), situation({ replicationMs: 3000 })))).toBeUndefined();
    });

    test.each(["0", "Fri, 02 Jan 2026 03:00:00 GMT", "soon"])(
        "is one of ours where Graph names none to come, so that it is no hot loop: %s",
        (retryAfter) => {
            expect(waits(notFound(retryAfter), { replicationMs: 120_000 }, 3)).toEqual([1000, 2000, 4000]);
        },
    );
});

describe("a Retry-After", () => {
    test("whose date has passed asks for no wait, and never for a negative one", () => {
        expect(retryAfterMs("Fri, 02 Jan 2026 03:00:00 GMT", now)).toBe(0);
    });

    test("is a number that is not negative, or none, whatever it holds", () => {
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
});
