import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Deadline, startDeadline } from "../../provider/core/deadline.ts";
import { createTurns, type Turns } from "../../provider/graph/turns.ts";
import { FakeClock, quiet } from "../core/fakeClock.ts";

let clock: FakeClock;
let deadlines: Deadline[];
/** What runs, by name, in the order in which it began; `end` lets it end. */
let running: Map<string, { end(): void; fail(error: Error): void }>;
let begun: string[];

beforeEach(() => {
    clock = new FakeClock();
    deadlines = [];
    running = new Map();
    begun = [];
});

afterEach(() => {
    for (const deadline of deadlines) {
        deadline.stop();
    }
    expect(clock.timers).toBe(0);
});

function deadlineIn(timeoutMs: number): Deadline {
    const deadline = startDeadline(timeoutMs, clock);
    deadlines.push(deadline);
    return deadline;
}

/** An action that runs until the test lets it end. */
function until(name: string): () => Promise<string> {
    return () =>
        new Promise((resolve, reject) => {
            begun.push(name);
            const over = (action: () => void) => () => {
                running.delete(name);
                action();
            };
            running.set(name, { end: over(() => resolve(name)), fail: (error) => over(() => reject(error))() });
        });
}

const take = (turns: Turns, key: string, name: string, deadline = deadlineIn(60_000)) =>
    turns.take(key, deadline, until(name));

const end = async (name: string) => {
    running.get(name)?.end();
    await quiet();
};

describe("one target", () => {
    test("has its actions one after the other, in the order in which they came", async () => {
        const turns = createTurns(16);
        const taken = ["a", "b", "c"].map((name) => take(turns, "target", name));
        await quiet();
        expect([...running.keys()]).toEqual(["a"]);
        await end("a");
        expect([...running.keys()]).toEqual(["b"]);
        await end("b");
        await end("c");
        expect(await Promise.all(taken)).toEqual([{ result: "a" }, { result: "b" }, { result: "c" }]);
        expect(begun).toEqual(["a", "b", "c"]);
    });

    test("has its next action where the one before failed, and the failure is the first one's alone", async () => {
        const turns = createTurns(1);
        const first = take(turns, "target", "a");
        const second = take(turns, "target", "b");
        await quiet();
        running.get("a")?.fail(new Error("refused"));
        await expect(first).rejects.toThrow("refused");
        await quiet();
        await end("b");
        expect(await second).toEqual({ result: "b" });
    });

    test("has nothing run whose deadline comes while it waits, and whoever waits behind it waits on", async () => {
        const turns = createTurns(16);
        void take(turns, "target", "a");
        const late = take(turns, "target", "late", deadlineIn(1000));
        const behind = take(turns, "target", "behind");
        await clock.advance(1000);
        expect(await late).toBeUndefined();
        expect([...running.keys()]).toEqual(["a"]);
        await end("a");
        expect([...running.keys()]).toEqual(["behind"]);
        await end("behind");
        expect(await behind).toEqual({ result: "behind" });
        expect(begun).toEqual(["a", "behind"]);
    });

    test("has its line kept by the one that runs, also for one that comes after another has given up", async () => {
        const turns = createTurns(16);
        void take(turns, "target", "a");
        const late = take(turns, "target", "late", deadlineIn(1000));
        await clock.advance(1000);
        expect(await late).toBeUndefined();
        const after = take(turns, "target", "after");
        await quiet();
        expect([...running.keys()]).toEqual(["a"]);
        await end("a");
        await end("after");
        expect(await after).toEqual({ result: "after" });
    });

    test("has nothing run where the time was up before", async () => {
        const turns = createTurns(16);
        const deadline = deadlineIn(1000);
        await clock.advance(1000);
        expect(await take(turns, "target", "a", deadline)).toBeUndefined();
        expect(begun).toEqual([]);
    });

    test("has nothing run for whoever cancels while he waits, neither at once nor when his turn comes", async () => {
        const turns = createTurns(16);
        void take(turns, "target", "a");
        const cancelled = new AbortController();
        const deadline = startDeadline(60_000, clock, cancelled.signal);
        deadlines.push(deadline);
        const waiting = take(turns, "target", "cancelled", deadline);
        await quiet();
        cancelled.abort();
        expect(await waiting).toBeUndefined();
        await end("a");
        expect(begun).toEqual(["a"]);
        expect([...running.keys()]).toEqual([]);
    });

    test("has an action end that its deadline overtakes: who acts knows best what came of it", async () => {
        const turns = createTurns(16);
        const taken = take(turns, "target", "a", deadlineIn(1000));
        await clock.advance(5000);
        await end("a");
        expect(await taken).toEqual({ result: "a" });
    });
});

describe("different targets", () => {
    test("have theirs side by side, as many at once as there are places", async () => {
        const turns = createTurns(2);
        const taken = ["a", "b", "c", "d"].map((name) => take(turns, name, name));
        await quiet();
        expect([...running.keys()]).toEqual(["a", "b"]);
        await end("b");
        expect([...running.keys()]).toEqual(["a", "c"]);
        await end("a");
        await end("c");
        await end("d");
        expect(await Promise.all(taken)).toHaveLength(4);
        expect(begun).toEqual(["a", "b", "c", "d"]);
    });

    test("wait no longer where an action fails: its place is free", async () => {
        const turns = createTurns(1);
        const failing = take(turns, "a", "a");
        const next = take(turns, "b", "b");
        await quiet();
        running.get("a")?.fail(new Error("refused"));
        await expect(failing).rejects.toThrow("refused");
        await quiet();
        await end("b");
        expect(await next).toEqual({ result: "b" });
    });

    test("are not run whose deadline comes while they wait for a place, and the place goes to the next", async () => {
        const turns = createTurns(1);
        void take(turns, "a", "a");
        const late = take(turns, "b", "late", deadlineIn(1000));
        const next = take(turns, "c", "next");
        await clock.advance(1000);
        expect(await late).toBeUndefined();
        await end("a");
        await end("next");
        expect(await next).toEqual({ result: "next" });
        expect(begun).toEqual(["a", "next"]);
    });

    test("lose no place that comes at the very moment of the deadline", async () => {
        const turns = createTurns(1);
        const deadline = deadlineIn(1000);
        const endsWithIt = () =>
            new Promise<string>((resolve) => deadline.signal.addEventListener("abort", () => resolve("a")));
        const first = turns.take("a", deadline, endsWithIt);
        await quiet();
        const late = take(turns, "b", "late", deadline);
        const others = ["c", "d"].map((name) => take(turns, name, name));
        await clock.advance(1000);
        expect(await first).toEqual({ result: "a" });
        expect(await late).toBeUndefined();
        await end("c");
        await end("d");
        expect(await Promise.all(others)).toEqual([{ result: "c" }, { result: "d" }]);
    });
});

test("a place is held only by what runs, however the actions of many targets end", async () => {
    const turns = createTurns(3);
    const patient = deadlineIn(3_600_000);
    let atOnce = 0;
    let most = 0;
    const ofTarget = new Map<string, number>();
    const action = (key: string, name: number) => async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        ofTarget.set(key, (ofTarget.get(key) ?? 0) + 1);
        expect(ofTarget.get(key)).toBe(1);
        await new Promise<void>((resolve) => clock.after((name % 7) * 100, resolve));
        ofTarget.set(key, 0);
        atOnce -= 1;
        if (name % 3 === 0) {
            throw new Error("refused");
        }
    };
    const all = Array.from({ length: 60 }, (_, name) => {
        const key = `target ${name % 11}`;
        return turns.take(key, name % 5 === 0 ? deadlineIn(150 + name) : patient, action(key, name));
    });
    await clock.settled(Promise.allSettled(all));
    expect(most).toBe(3);
    expect(atOnce).toBe(0);
    const taken = ["x", "y", "z"].map((name) => take(turns, name, name));
    await quiet();
    expect([...running.keys()]).toEqual(["x", "y", "z"]);
    for (const name of ["x", "y", "z"]) {
        await end(name);
    }
    await Promise.all(taken);
});
