import type { Clock } from "../../dist/core/clock.js";

interface Timer {
    readonly atMs: number;
    readonly order: number;
    readonly action: () => void;
    isTakenBack: boolean;
}

/** Simulated time: it leaps from one timer to the next, and everything that needs no time happens in between. */
export class EventClock implements Clock {
    readonly #startMs = Date.parse("2026-01-01T00:00:00Z");
    readonly #timers: Timer[] = [];
    #elapsedMs = 0;
    #order = 0;

    now(): Date {
        return new Date(this.#startMs + this.#elapsedMs);
    }

    elapsedMs(): number {
        return this.#elapsedMs;
    }

    after(delayMs: number, action: () => void): () => void {
        this.#order += 1;
        const atMs = this.#elapsedMs + Math.max(0, delayMs);
        const timer: Timer = { atMs, order: this.#order, action, isTakenBack: false };
        this.#push(timer);
        return () => {
            timer.isTakenBack = true;
        };
    }

    sleep(ms: number): Promise<void> {
        return new Promise((resolve) => void this.after(ms, resolve));
    }

    /** Turns until the work has ended, which it returns. */
    async run<Result>(work: Promise<Result>): Promise<Result> {
        let isDone = false;
        const noted = work.finally(() => {
            isDone = true;
        });
        noted.catch(() => {});
        for (;;) {
            await new Promise((resolve) => setImmediate(resolve));
            if (isDone) {
                return noted;
            }
            const next = this.#pop();
            if (next === undefined) {
                throw new Error("It hangs: no timer runs, and it has not ended");
            }
            if (!next.isTakenBack) {
                this.#elapsedMs = next.atMs;
                next.action();
            }
        }
    }

    /** A binary heap: tens of thousands of timers, most of them taken back. */
    #push(timer: Timer): void {
        const timers = this.#timers;
        timers.push(timer);
        let at = timers.length - 1;
        while (at > 0) {
            const above = (at - 1) >> 1;
            if (!this.#swapIfBefore(at, above)) {
                return;
            }
            at = above;
        }
    }

    #pop(): Timer | undefined {
        const timers = this.#timers;
        const [first] = timers;
        const last = timers.pop();
        if (last !== undefined && timers.length > 0) {
            timers[0] = last;
            let at = 0;
            for (;;) {
                const [left, right] = [2 * at + 1, 2 * at + 2];
                const [one, other] = [timers[left], timers[right]];
                const least = one !== undefined && other !== undefined && isBefore(other, one) ? right : left;
                if (!this.#swapIfBefore(least, at)) {
                    break;
                }
                at = least;
            }
        }
        return first;
    }

    #swapIfBefore(lower: number, upper: number): boolean {
        const [below, above] = [this.#timers[lower], this.#timers[upper]];
        if (below === undefined || above === undefined || !isBefore(below, above)) {
            return false;
        }
        this.#timers[upper] = below;
        this.#timers[lower] = above;
        return true;
    }
}

function isBefore(one: Timer, other: Timer): boolean {
    return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs;
}
