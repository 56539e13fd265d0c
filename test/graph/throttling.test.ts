import { afterEach, describe, expect, test } from "vitest";
import { ThrottledError } from "../../provider/core/errors.ts";
import { accepted, lost, type Reply, response, Setup, throttled, tried, uuid } from "./fakeTransport.ts";

let setup: Setup;
const over = (...replies: Reply[]) => {
    setup = new Setup(replies);
    return setup;
};
const otherUuid = uuid.replace("0", "f");

afterEach(() => {
    expect(setup.clock.timers).toBe(0);
});

describe.each([true, false])("throttling, where the credentials work just once: %s", (worksOnce) => {
    test.each([
        ["seconds", "7", 7000],
        ["a date", "Thu, 01 Jan 2026 00:00:09 GMT", 9000],
        ["nothing", undefined, 2000],
        ["a date that has passed", "Wed, 31 Dec 2025 00:00:00 GMT", 2000],
    ])("is waited out as long as Graph says with %s, and then sent again", async (_, retryAfter, waitMs) => {
        const { value } = await over(throttled(retryAfter), accepted).acquire({ worksOnce });
        expect(value).toEqual({ requestId: "r-1" });
        expect(setup.transport.sentAtMs).toEqual([0, waitMs]);
        expect(setup.informed).toEqual([
            `${tried}Microsoft Graph answered 429 TooManyRequests: Slow down. (request-id r-1), ` +
                `waiting ${waitMs / 1000} s before the next attempt`,
        ]);
    });

    test("is no hot loop where Graph goes on naming no wait", async () => {
        const { error } = await over(throttled("0")).acquire({ worksOnce, timeoutMs: 60_000 });
        expect(error).toBeInstanceOf(ThrottledError);
        expect(setup.transport.sentAtMs).toEqual([0, 2000, 6000, 14_000, 30_000]);
    });

    test("that asks for more than the operation has fails at once and says when to come back", async () => {
        const { error, message, afterMs } = await over(throttled("3600")).acquire({ worksOnce });
        expect(error).toBeInstanceOf(ThrottledError);
        expect(error).toMatchObject({ status: 429, graphCode: "TooManyRequests", requestId: "r-1", code: "THROTTLED" });
        expect(message).toContain("Nothing was acquired. Run pulumi up again after 2026-01-01T01:00:00.000Z");
        expect(message).toContain("429 TooManyRequests: Slow down. (request-id r-1)");
        expect(afterMs).toBe(0);
        expect(setup.transport.requests).toHaveLength(1);
    });
});

describe("the pause that Graph asks for", () => {
    test("is everybody's: another target's, a look's, and one that begins later", async () => {
        over(throttled("10"), accepted);
        const first = setup.acquiring();
        await setup.clock.advance(4000);
        const others = [setup.acquiring(), setup.acquiring({ objectId: otherUuid }), setup.looking()];
        await setup.clock.settled(Promise.all([first, ...others]));
        const [sent, again, ...late] = setup.transport.sentAtMs;
        expect([sent, again]).toEqual([0, 10_000]);
        // Not all at once: Graph would throttle them at once (pacing.test.ts).
        expect(late).toHaveLength(3);
        expect(new Set(late).size).toBe(3);
        expect(Math.min(...late)).toBeGreaterThan(10_000);
        expect(Math.max(...late)).toBeLessThan(13_000);
    });

    test("that is shorter does not end one that is longer", async () => {
        over(throttled("10"), throttled("1"), accepted);
        await setup.clock.settled(Promise.all([setup.acquiring(), setup.acquiring({ objectId: otherUuid })]));
        expect(setup.transport.sentAtMs.slice(0, 3)).toEqual([0, 0, 10_000]);
        expect(setup.transport.sentAtMs[3]).toBeGreaterThan(10_000);
    });

    test("that is longer than an operation has fails the next ones too, and sends nothing for them", async () => {
        over(throttled("3600"), accepted);
        await setup.acquire();
        const { error, message, afterMs } = await setup.acquire({ objectId: otherUuid });
        expect(error).toBeInstanceOf(ThrottledError);
        expect(message).toContain("2026-01-01T01:00:00.000Z");
        expect(message).toContain("429 TooManyRequests: Slow down.");
        expect(afterMs).toBe(0);
        expect(setup.transport.requests).toHaveLength(1);
        expect((await setup.acquire({ timeoutMs: 2 * 3_600_000 })).value).toEqual({ requestId: "r-1" });
        expect(setup.transport.sentAtMs).toEqual([0, 3_600_000]);
    });

    test.each([3_600_000, -3_600_000])("is as long where the calendar is set by %d ms meanwhile", async (offMs) => {
        over(throttled("10"), accepted);
        const acquired = setup.acquiring();
        await setup.clock.advance(4000);
        setup.clock.calendarOffMs = offMs;
        const later = setup.acquiring({ objectId: otherUuid });
        await setup.clock.settled(Promise.all([acquired, later]));
        expect(setup.transport.sentAtMs.slice(0, 2)).toEqual([0, 10_000]);
        expect(setup.transport.sentAtMs[2]).toBeGreaterThan(10_000);
        expect(setup.transport.sentAtMs[2]).toBeLessThan(11_500);
    });

    test("until a time that no calendar holds is an error like any other", async () => {
        for (const digits of [30, 400]) {
            expect((await over(throttled("9".repeat(digits))).acquire()).error).toBeInstanceOf(ThrottledError);
        }
    });

    test("is nobody's where the answer is a gateway's: that one's wait is its own", async () => {
        over(response(503, "", { "retry-after": "30" }), accepted);
        const first = setup.acquiring();
        const other = setup.acquiring({ objectId: otherUuid });
        await setup.clock.settled(Promise.all([first, other]));
        expect(setup.transport.sentAtMs).toEqual([0, 0, 30_000]);
    });
});

test("after an attempt that Graph may have processed, throttling does not say that nothing was acquired", async () => {
    const { error, message } = await over(lost, throttled("3600")).acquire();
    expect(error).toBeInstanceOf(ThrottledError);
    expect(message).toContain(
        "Nothing was acquired by this attempt; an earlier one may have been processed (ECONNRESET).",
    );
    expect(message).not.toContain("Nothing was acquired.");
});
