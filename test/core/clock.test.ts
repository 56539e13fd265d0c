import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../provider/core/clock.ts";

beforeEach(() => {
    vi.useFakeTimers();
});

afterEach(() => {
    vi.useRealTimers();
});

test("an action runs once, after its time and not before", () => {
    const action = vi.fn();
    systemClock.after(1000, action);
    vi.advanceTimersByTime(999);
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(action).toHaveBeenCalledTimes(1);
});

test("an action that is taken back never runs, and leaves no timer", () => {
    const action = vi.fn();
    const takeBack = systemClock.after(1000, action);
    takeBack();
    takeBack();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(action).not.toHaveBeenCalled();
});

test.each([2 ** 31, 60 * 24 * 3_600_000, Number.POSITIVE_INFINITY])(
    "a time that no timer of Node.js runs is no time of 1 ms: %d",
    (delayMs) => {
        const timers = vi.spyOn(globalThis, "setTimeout");
        const takeBack = systemClock.after(delayMs, () => undefined);
        // The fake timers do not imitate that anything longer goes off after 1 ms.
        expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1]);
        takeBack();
        timers.mockRestore();
    },
);

test("the elapsed time goes on where the calendar is set back", () => {
    const before = systemClock.elapsedMs();
    const today = systemClock.now();
    vi.setSystemTime(today.getTime() - 3_600_000);
    vi.advanceTimersByTime(5);
    expect(systemClock.now().getTime()).toBeLessThan(today.getTime());
    expect(systemClock.elapsedMs()).toBeGreaterThanOrEqual(before);
});
