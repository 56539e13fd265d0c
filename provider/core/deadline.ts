import type { Clock } from "./clock.js";

/** The end of an operation's time, for every sign-in, wait and request of it. */
export interface Deadline {
    readonly clock: Clock;
    readonly timeoutMs: number;
    /** Aborted when the time is up. */
    readonly signal: AbortSignal;
    remainingMs(): number;
    /** Waits; `false` where the time was up before. */
    wait(waitMs: number): Promise<boolean>;
    /** What the promise gives, or `tooLate` where the time is up before. */
    race<Result>(promise: Promise<Result>, tooLate: () => Error): Promise<Result>;
    /** Gives the timer back. */
    stop(): void;
}

/** Starts an operation's time. `stop` must follow, however the operation ends. */
export function startDeadline(timeoutMs: number, clock: Clock): Deadline {
    const endsAtMs = clock.elapsedMs() + timeoutMs;
    const controller = new AbortController();
    const stop = clock.after(timeoutMs, () => controller.abort());
    const { signal } = controller;
    return {
        clock,
        timeoutMs,
        signal,
        remainingMs: () => (signal.aborted ? 0 : endsAtMs - clock.elapsedMs()),
        wait(waitMs) {
            if (signal.aborted || waitMs <= 0) {
                return Promise.resolve(!signal.aborted);
            }
            return new Promise((resolve) => {
                const abort = () => {
                    cancel();
                    resolve(false);
                };
                const cancel = clock.after(waitMs, () => {
                    signal.removeEventListener("abort", abort);
                    resolve(true);
                });
                signal.addEventListener("abort", abort, { once: true });
            });
        },
        race(promise, tooLate) {
            return new Promise((resolve, reject) => {
                const abort = () => reject(tooLate());
                promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
                if (signal.aborted) {
                    abort();
                } else {
                    signal.addEventListener("abort", abort, { once: true });
                }
            });
        },
        stop,
    };
}

/** A time as messages have it: `90 s`, `0.5 s`. */
export function describeMs(ms: number): string {
    return `${ms / 1000} s`;
}
