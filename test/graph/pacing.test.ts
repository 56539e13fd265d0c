import { beforeEach, describe, expect, test } from "vitest";
import { startDeadline } from "../../provider/core/deadline.ts";
import { createPacing, type PacedRequest, type Pacing, type Turn } from "../../provider/graph/pacing.ts";
import { FakeClock, quiet } from "../core/fakeClock.ts";

/* Chance is in the middle throughout, where intervals are neither longer nor shorter than the rate has them. */

let clock: FakeClock;
let pacing: Pacing<string>;

beforeEach(() => {
    clock = new FakeClock();
    pacing = createPacing(clock, () => 0.5);
});

const turn = (timeoutMs = 300_000, cancelled?: AbortSignal) => pacing.turn(startDeadline(timeoutMs, clock, cancelled));

async function go(timeoutMs?: number): Promise<PacedRequest<string>> {
    const mine = await turn(timeoutMs);
    if (mine.kind !== "go") {
        throw new Error(`no turn, but ${mine.kind}`);
    }
    return mine.request;
}

/** So many ask at once; says when each goes, and lets it through at once. */
function goMany(count: number): number[] {
    const atMs: number[] = [];
    for (let asked = 0; asked < count; asked += 1) {
        go().then((request) => {
            atMs.push(Math.round(clock.elapsedMs()));
            request.letThrough();
        });
    }
    return atMs;
}

/** Lets `count` through in the first second, then has Graph ask for a wait of a second. */
async function throttledAfter(count: number): Promise<void> {
    goMany(count);
    await clock.advance(1000);
    (await go()).throttled(1000, "429");
}

test("everything goes at once until Graph throttles", async () => {
    expect(await settledAtOnce(Array.from({ length: 100 }, () => turn()))).toBe(100);
});

test("nothing goes before the wait is over, whoever asks and whenever", async () => {
    await throttledAfter(10);
    const early = goMany(1);
    await clock.advance(999);
    const late = goMany(1);
    expect([...early, ...late]).toEqual([]);
    await clock.advance(2000);
    expect(early).toEqual([2000]);
    expect(late).toHaveLength(1);
});

test("after the wait they go at the rate that Graph has let through, which grows, in the order in which they asked", async () => {
    // 10 in two seconds, the wait counted in: 5 a second. The wait has let 5 build up, for which it is 20.
    await throttledAfter(10);
    const order: number[] = [];
    const asked = Array.from({ length: 30 }, (_, index) =>
        go().then((request) => {
            order.push(index);
            request.letThrough();
        }),
    );
    await clock.advance(1000);
    expect(order).toEqual([0]);
    await clock.advance(250);
    expect(order).toHaveLength(5);
    await clock.advance(1000);
    expect(order.length).toBeGreaterThanOrEqual(9);
    expect(order.length).toBeLessThanOrEqual(11);
    await clock.advance(20_000);
    await Promise.all(asked);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    // Twice as fast after 20 seconds, sixteen times after 40.
    await clock.advance(17_750);
    const fast = goMany(1000);
    await clock.advance(1000);
    expect(fast.length).toBeGreaterThan(70);
    expect(fast.length).toBeLessThan(100);
});

test("many refused at once are one measurement, and the longest of their waits counts", async () => {
    const requests = await Promise.all(Array.from({ length: 12 }, () => go()));
    for (const request of requests.slice(0, 4)) {
        request.letThrough();
    }
    for (const [index, request] of requests.slice(4).entries()) {
        request.throttled(index === 2 ? 4000 : 1000, "429");
    }
    // 4 in 4 seconds; the wait has let 4 build up, for which it is 4 a second.
    const atMs = goMany(4);
    await clock.advance(10_000);
    expect(atMs[0]).toBe(4000);
    expect(atMs[1]).toBeGreaterThan(4230);
    expect(atMs[1]).toBeLessThanOrEqual(4250);
});

test("a single 429 where nothing was let through before is felt for some seconds only", async () => {
    (await go()).throttled(2000, "429");
    const atMs = goMany(20);
    await clock.advance(7000);
    expect(atMs[0]).toBe(2000);
    expect(atMs[1]).toBeGreaterThan(2500);
    expect(atMs).toHaveLength(20);
});

test("one that is refused again right after a wait halves the rate, and does not come back after the wait alone", async () => {
    await throttledAfter(10);
    const again = go();
    await clock.advance(1000);
    (await again).throttled(10, "429");
    // 5 a second was the rate, 2.5 is it.
    const atMs = goMany(2);
    await clock.advance(2000);
    expect(atMs[0]).toBeGreaterThan(2380);
    expect(atMs[0]).toBeLessThanOrEqual(2400);
});

test("a late 429 of a request of before is waited out, and no measurement", async () => {
    const slow = await go();
    await throttledAfter(10);
    await clock.advance(1000);
    goMany(3);
    await clock.advance(500);
    slow.throttled(3000, "429");
    const atMs = goMany(2);
    await clock.advance(5000);
    expect(atMs[0]).toBe(5500);
    // Still the rate of 10 in two seconds, a little grown.
    expect((atMs[1] ?? 0) - (atMs[0] ?? 0)).toBeLessThan(200);
});

describe("who has no time to wait", () => {
    test("is told at once, with Graph's answer and how long", async () => {
        await throttledAfter(10);
        const expected = { kind: "throttled", waitMs: 1000, answer: "429" };
        expect(await turn(1000)).toEqual(expected);
        expect(await turn(900)).toEqual(expected);
    });

    test("is told as soon as the wait gets too long, while the others wait on", async () => {
        await throttledAfter(10);
        const [first, short, long] = [go(), turn(5000), turn(60_000)];
        await clock.advance(1000);
        (await first).throttled(30_000, "429 again");
        expect(await short).toEqual({ kind: "throttled", waitMs: 30_000, answer: "429 again" });
        await clock.advance(31_000);
        expect((await long).kind).toBe("go");
    });

    test("and is still in the queue at its deadline, is told that it was throttled, and leaves no timer", async () => {
        (await go()).letThrough();
        await clock.advance(100_000);
        (await go()).throttled(1000, "429");
        // Nearly two minutes for one more: the first goes after it, and takes the place of the second.
        goMany(1);
        const second = turn(20_000);
        await clock.advance(20_000);
        expect(await second).toMatchObject({ kind: "throttled", answer: "429" });
    });

    test("is told nothing of Graph where the user cancels", async () => {
        await throttledAfter(10);
        const cancel = new AbortController();
        const waiting = turn(60_000, cancel.signal);
        cancel.abort();
        expect(await waiting).toEqual({ kind: "tooLate" });
        expect(await turn(60_000, cancel.signal)).toEqual({ kind: "tooLate" });
    });
});

async function settledAtOnce(turns: readonly Promise<Turn<string>>[]): Promise<number> {
    let settled = 0;
    for (const one of turns) {
        one.then(() => {
            settled += 1;
        });
    }
    await quiet();
    return settled;
}

test("a 429 that has nothing to do with the rate does not make it sink from one to the next", async () => {
    // Of requests that take 40 ms each, 8 at once, every twentieth is refused, however fast or slow they go.
    let sent = 0;
    let left = 1000;
    let running = 0;
    const work = async (): Promise<void> => {
        running += 1;
        while (left > 0) {
            left -= 1;
            for (let isThrough = false; !isThrough; ) {
                const request = await go(3_600_000);
                sent += 1;
                const isRefused = sent % 20 === 0;
                await new Promise<void>((resolve) => void clock.after(40, resolve));
                if (isRefused) {
                    request.throttled(1000, "429");
                } else {
                    request.letThrough();
                    isThrough = true;
                }
            }
        }
        running -= 1;
    };
    const startedMs = clock.elapsedMs();
    for (let index = 0; index < 8; index += 1) {
        void work();
    }
    while (running > 0 && clock.elapsedMs() - startedMs < 600_000) {
        await clock.advance(1000);
    }
    // Some 53 waits of a second each are Graph's own.
    expect(clock.elapsedMs() - startedMs).toBeLessThan(120_000);
    expect(running).toBe(0);
});
