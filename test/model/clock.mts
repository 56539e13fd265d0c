import type { Clock } from "../../provider/core/clock.ts";

/**
 * A clock that stands still while anything is under way and leaps to the next timer when everything waits.
 *
 * A clock that merely runs faster would run faster than the machine: on a busy one a minute's time-out would end a
 * request that was only slow, and no failure could be had twice. This one makes five minutes of waiting cost nothing,
 * and the same sequence the same run.
 */
export class LeapingClock implements Clock {
    readonly #startMs: number;
    readonly #timers = new Set<{ readonly atMs: number; readonly action: () => void }>();
    #elapsedMs = 0;
    #underWay = 0;

    constructor(startMs: number) {
        this.#startMs = startMs;
    }

    now(): Date {
        return new Date(this.#startMs + Math.ceil(this.#elapsedMs));
    }

    elapsedMs(): number {
        return this.#elapsedMs;
    }

    after(delayMs: number, action: () => void): () => void {
        const timer = { atMs: this.#elapsedMs + Math.max(0, delayMs), action };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
    }

    /** How many timers have not been given back. */
    get timers(): number {
        return this.#timers.size;
    }

    /** Time stands still from now on; the answer, called once or more, lets it go on. */
    hold(): () => void {
        this.#underWay += 1;
        let holds = true;
        return () => {
            this.#underWay -= holds ? 1 : 0;
            holds = false;
        };
    }

    /** Turns until the work has ended, which it returns. */
    async turnUntilDone<Result>(work: Promise<Result>): Promise<Result> {
        let done = false;
        const noted = work.finally(() => {
            done = true;
        });
        noted.catch(() => {});
        let idleTurns = 0;
        while (!done) {
            await new Promise((resolve) => setImmediate(resolve));
            idleTurns = this.#underWay > 0 ? 0 : idleTurns + 1;
            // What a promise has set off is under way only after a turn or two.
            if (idleTurns < 3 || done) {
                continue;
            }
            if (this.#leap()) {
                idleTurns = 0;
            } else if (idleTurns > 1000) {
                throw new Error("It hangs: nothing is under way, no timer runs, and it has not ended");
            }
        }
        return noted;
    }

    #leap(): boolean {
        const [next] = [...this.#timers].sort((left, right) => left.atMs - right.atMs);
        if (next === undefined) {
            return false;
        }
        this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
        this.#timers.delete(next);
        next.action();
        return true;
    }
}
