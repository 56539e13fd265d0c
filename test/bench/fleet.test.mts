import { expect, test } from "vitest";
import { EventClock } from "../../bench/fleet/eventClock.mts";
import { fixedWindow, tokenBucket } from "../../bench/fleet/limits.mts";
import { type Fleet, simulate } from "../../bench/fleet/simulation.mts";
import { exponent, spread } from "../../bench/statistics.mts";

const fleet: Omit<Fleet, "limit"> = {
    stacks: 1,
    acquisitionsOfAStack: 200,
    parallel: 8,
    timeoutMs: 300_000,
    startsWithinMs: 0,
    latencyMs: 50,
    seed: 1,
};

test("the simulated clock leaps from timer to timer, in their order, and forgets what was taken back", async () => {
    const clock = new EventClock();
    const met: string[] = [];
    for (const [ms, name] of [
        [30, "c"],
        [10, "a"],
        [20, "b"],
        [10, "a too"],
    ] as const) {
        clock.after(ms, () => met.push(`${name} at ${clock.elapsedMs()}`));
    }
    clock.after(5, () => met.push("never"))();
    await clock.run(clock.sleep(100));
    expect(met).toEqual(["a at 10", "a too at 10", "b at 20", "c at 30"]);
    expect(clock.elapsedMs()).toBe(100);
});

test("without a limit, a stack takes as long as its acquisitions do, so many side by side", async () => {
    const { acquired, requests, refused, tookMs } = await simulate({ ...fleet, limit: tokenBucket(1e9, 1e9, 1) });
    expect([acquired, requests, refused]).toEqual([200, 200, 0]);
    expect(tookMs).toBeGreaterThan(0.8 * 25 * 50);
    expect(tookMs).toBeLessThan(1.2 * 25 * 50);
});

test.each([8, 16])(
    "200 at 20 a second, %d side by side: within 1.2 of the limit, less than a tenth refused",
    async (parallel) => {
        for (let seed = 1; seed <= 10; seed += 1) {
            const limit = tokenBucket(20, 0.02, 1);
            const { acquired, refused, requests, tookMs, leastMs } = await simulate({
                ...fleet,
                parallel,
                seed,
                limit,
            });
            expect(acquired).toBe(200);
            expect(leastMs).toBe(9000);
            expect(tookMs / leastMs).toBeLessThan(1.2);
            expect(refused / requests).toBeLessThan(0.1);
        }
    },
);

test("20 stacks that share a limit are all done, and none much later than the limit lets them all be", async () => {
    const many = { ...fleet, stacks: 20, acquisitionsOfAStack: 50, timeoutMs: 900_000, startsWithinMs: 5000 };
    for (const limit of [fixedWindow(300, 15_000), tokenBucket(300, 0.02, 10)]) {
        const { acquired, failed, tookMs, leastMs, refused, requests } = await simulate({ ...many, limit });
        expect([acquired, failed]).toEqual([1000, 0]);
        expect(tookMs / leastMs).toBeLessThan(2.5);
        expect(refused / requests).toBeLessThan(0.25);
    }
});

test("the same seed is the same run", async () => {
    const run = () => simulate({ ...fleet, limit: tokenBucket(20, 0.02, 1) });
    expect(await run()).toEqual(await run());
});

test("medians, spreads and exponents", () => {
    expect(spread([3, 1, 2])).toMatchObject({ median: 2, least: 1, most: 3 });
    expect(spread([4, 1, 2, 3])).toMatchObject({ median: 2.5 });
    expect(spread([])).toBeUndefined();
    expect(exponent({ x: 50, y: 2 }, { x: 1000, y: 40 })).toBeCloseTo(1);
});
