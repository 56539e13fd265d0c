import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Deadline, describeMs, startDeadline } from "../../provider/core/deadline.ts";
import { FakeClock } from "./fakeClock.ts";

let clock: FakeClock;
let deadline: Deadline;

beforeEach(() => {
    clock = new FakeClock();
    deadline = startDeadline(10_000, clock);
});

afterEach(() => {
    deadline.stop();
    expect(clock.timers).toBe(0);
});

test("the time that remains shrinks with the clock, and is none after the end", async () => {
    expect(deadline.remainingMs()).toBe(10_000);
    await clock.advance(4000);
    expect(deadline.remainingMs()).toBe(6000);
    await clock.advance(100_000);
    expect(deadline.remainingMs()).toBe(0);
});

test("the signal goes off at the end, and not before", async () => {
    await clock.advance(9999);
    expect(deadline.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(deadline.signal.aborted).toBe(true);
});

test("a calendar that is set changes nothing about it", async () => {
    for (const offMs of [3_600_000, -3_600_000]) {
        clock.calendarOffMs = offMs;
        expect(deadline.remainingMs()).toBe(10_000);
    }
    await clock.advance(9999);
    expect(deadline.signal.aborted).toBe(false);
});

test("one that is stopped never goes off, and leaves no timer", async () => {
    deadline.stop();
    expect(clock.timers).toBe(0);
    await clock.advance(100_000);
    expect(deadline.signal.aborted).toBe(false);
});

describe("a wait", () => {
    test("that ends in time is true, after its time", async () => {
        expect(await clock.settled(deadline.wait(3000))).toEqual({ value: true, afterMs: 3000 });
    });

    test("that would end too late is false, at the end of the time, and leaves no timer", async () => {
        expect(await clock.settled(deadline.wait(30_000))).toEqual({ value: false, afterMs: 10_000 });
        expect(clock.timers).toBe(0);
    });

    test.each([0, -1, Number.NEGATIVE_INFINITY])("of %d ms takes none", async (waitMs) => {
        expect(await clock.settled(deadline.wait(waitMs))).toEqual({ value: true, afterMs: 0 });
        expect(clock.timers).toBe(1);
    });

    test.each([0, 1000])("of %d ms after the end is false at once", async (waitMs) => {
        await clock.advance(10_000);
        expect(await clock.settled(deadline.wait(waitMs))).toEqual({ value: false, afterMs: 10_000 });
        expect(clock.timers).toBe(0);
    });
});

describe("a race against it", () => {
    const tooLate = () => new Error("too late");
    const later = (delayMs: number) => new Promise<string>((resolve) => clock.after(delayMs, () => resolve("done")));

    test("gives what is there in time", async () => {
        expect(await clock.settled(deadline.race(later(3000), tooLate))).toEqual({ value: "done", afterMs: 3000 });
    });

    test("fails as the promise does", async () => {
        const failure = new Error("of its own");
        const { error } = await clock.settled(deadline.race(Promise.reject(failure), tooLate));
        expect(error).toBe(failure);
    });

    test("fails at the end where nothing is there by then", async () => {
        const { error, afterMs } = await clock.settled(deadline.race(later(30_000), tooLate));
        expect(error).toEqual(tooLate());
        expect(afterMs).toBe(10_000);
        await clock.advance(30_000);
    });

    test("fails at once after the end, and a late failure is nobody's to catch", async () => {
        await clock.advance(10_000);
        const { error, afterMs } = await clock.settled(deadline.race(Promise.reject(new Error("late")), tooLate));
        expect(error).toEqual(tooLate());
        expect(afterMs).toBe(10_000);
    });
});

describe("a user who cancels", () => {
    let cancelled: AbortController;

    beforeEach(() => {
        deadline.stop();
        cancelled = new AbortController();
        deadline = startDeadline(10_000, clock, cancelled.signal);
    });

    test("ends a wait and a race at once, and leaves no timer of theirs", async () => {
        const waited = deadline.wait(3000);
        const raced = deadline.race(new Promise(() => undefined), () => new Error("cancelled"));
        raced.catch(() => undefined);
        await clock.advance(1000);
        cancelled.abort();
        expect(await clock.settled(waited)).toEqual({ value: false, afterMs: 1000 });
        expect((await clock.settled(raced)).error).toEqual(new Error("cancelled"));
        expect(clock.timers).toBe(1);
    });

    test("lets nothing new begin, not even what takes no time", async () => {
        cancelled.abort();
        expect(await deadline.wait(0)).toBe(false);
        await expect(deadline.race(Promise.resolve(), () => new Error("cancelled"))).rejects.toThrow("cancelled");
    });

    test("leaves what is under way its time", async () => {
        cancelled.abort();
        expect(deadline.signal.aborted).toBe(false);
        expect(deadline.waiting.aborted).toBe(true);
        expect(deadline.remainingMs()).toBe(10_000);
        await clock.advance(10_000);
        expect(deadline.signal.aborted).toBe(true);
    });
});

test.each([
    [90_000, "90 s"],
    [500, "0.5 s"],
    [0, "0 s"],
])("%d ms are %j in a message", (ms, text) => {
    expect(describeMs(ms)).toBe(text);
});
