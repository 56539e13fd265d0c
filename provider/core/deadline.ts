import type { Clock } from "./clock.js";

/** The end of an operation's time, for every sign-in, wait and request of it. */
export interface Deadline {
    readonly clock: Clock;
    readonly timeoutMs: number;
    /** Aborted when the time is up: whatever is under way ends. */
    readonly signal: AbortSignal;
    /** Aborted also when the user cancels: no wait goes on, and nothing new begins, but what is under way may end. */
    readonly waiting: AbortSignal;
    remainingMs(): number;
    /** Waits; `false` where the time was up before, or the user cancelled. */
    wait(waitMs: number): Promise<boolean>;
    /** What the promise gives, or `tooLate` where the time is up before, or the user cancels. */
    race<Result>(promise: Promise<Result>, tooLate: () => Error): Promise<Result>;
    /** Gives the timer back. */
    stop(): void;
}

/** Starts an operation's time. `stop` must follow, however the operation ends. `cancelled` is the user's own end of it. */
export function startDeadline(timeoutMs: number, clock: Clock, cancelled?: AbortSignal): Deadline {
    const endsAtMs = clock.elapsedMs() + timeoutMs;
    const controller = new AbortController();
    const stop = clock.after(timeoutMs, () => controller.abort());
    const { signal } = controller;
    const waiting = cancelled === undefined ? signal : AbortSignal.any([signal, cancelled]);
    return {
        clock,
        timeoutMs,
        signal,
        waiting,
        remainingMs: () => (signal.aborted ? 0 : endsAtMs - clock.elapsedMs()),
        wait(waitMs) {
            if (waiting.aborted || waitMs <= 0) {
                return Promise.resolve(!waiting.aborted);
            }
            return new Promise((resolve) => {
                const abort = () => {
                    cancel();
                    resolve(false);
                };
                const cancel = clock.after(waitMs, () => {
                    waiting.removeEventListener("abort", abort);
                    resolve(true);
                });
                waiting.addEventListener("abort", abort, { once: true });
            });
        },
        race(promise, tooLate) {
            return new Promise((resolve, reject) => {
                const abort = () => reject(tooLate());
                promise.then(resolve, reject).finally(() => waiting.removeEventListener("abort", abort));
                if (waiting.aborted) {
                    abort();
                } else {
                    waiting.addEventListener("abort", abort, { once: true });
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
