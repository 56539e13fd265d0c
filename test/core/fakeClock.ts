import type { Clock } from "../../provider/core/clock.ts";

/** A clock that stands still until a test turns it. */
export class FakeClock implements Clock {
    readonly startMs = Date.parse("2026-01-01T00:00:00Z");
    /** What was waited for, in the order in which it was asked for. */
    readonly delaysMs: number[] = [];
    /** How far the calendar is off, as after somebody has set it. */
    calendarOffMs = 0;
    calendarReads = 0;
    #elapsedMs = 0;
    #timers: { readonly atMs: number; readonly action: () => void }[] = [];

    now(): Date {
        this.calendarReads += 1;
        return new Date(this.startMs + this.#elapsedMs + this.calendarOffMs);
    }

    elapsedMs(): number {
        return this.#elapsedMs;
    }

    after(delayMs: number, action: () => void): () => void {
        const timer = { atMs: this.#elapsedMs + delayMs, action };
        this.delaysMs.push(delayMs);
        this.#timers.push(timer);
        return () => {
            this.#timers = this.#timers.filter((other) => other !== timer);
        };
    }

    /** How many timers run: whoever ends must have given his back. */
    get timers(): number {
        return this.#timers.length;
    }

    /** Lets that time pass, with everything that happens in it. */
    async advance(ms: number): Promise<void> {
        const endMs = this.#elapsedMs + ms;
        await quiet();
        while (this.#nextAtMs() <= endMs) {
            await this.#runNext();
        }
        this.#elapsedMs = endMs;
        await quiet();
    }

    /** Turns the clock until there is an outcome, and says how long that took. */
    async settled<Value>(promise: Promise<Value>): Promise<Settled<Value>> {
        let outcome: Settled<Value> | undefined;
        promise.then(
            (value) => {
                outcome = { value, afterMs: this.#elapsedMs };
            },
            (error: unknown) => {
                outcome = { error, afterMs: this.#elapsedMs };
            },
        );
        for (;;) {
            await quiet();
            if (outcome !== undefined) {
                return outcome;
            }
            if (this.#timers.length === 0) {
                throw new Error("nothing has come of it, and nothing is waited for any more");
            }
            await this.#runNext();
        }
    }

    #nextAtMs(): number {
        return Math.min(...this.#timers.map(({ atMs }) => atMs));
    }

    async #runNext(): Promise<void> {
        const atMs = this.#nextAtMs();
        const timer = this.#timers.find((one) => one.atMs === atMs);
        this.#timers = this.#timers.filter((one) => one !== timer);
        this.#elapsedMs = Math.max(this.#elapsedMs, atMs);
        timer?.action();
        await quiet();
    }
}

/** What came of a promise, and when. */
export interface Settled<Value> {
    readonly value?: Value;
    readonly error?: unknown;
    readonly afterMs: number;
}

/** Until everything has happened that needs no time. */
export function quiet(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
}
