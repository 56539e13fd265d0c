import type { Clock } from "../core/clock.js";
import type { Deadline } from "../core/deadline.js";

/**
 * When a request may go out: at once, until Graph throttles for the first time.
 *
 * Then nothing goes out until the wait is over that Graph asked for, and that wait is everybody's: Graph counts the calls
 * of an application, not of a target. After it nobody rushes, for many that come back at once are throttled at once.
 * Requests go out one after the other, at the rate at which Graph has let them through since the pause before, the wait
 * counted in; faster while there is something left that the wait itself has let build up. The rate grows all the time, so
 * that what others leave free is found; with the next 429 it is measured anew. What was a hiccup is forgotten in seconds.
 *
 * Rejected: a bound of requests at once in place of a rate. Where Graph lets through less than one a second, as for one of
 * many stacks of a tenant, not even one at once is slow enough. The numbers are bench/fleet's choice (bench/README.md).
 */
export interface Pacing<Answer> {
    /** In the order in which they ask; each goes, or is told why not. */
    turn(deadline: Deadline): Promise<Turn<Answer>>;
}

export type Turn<Answer> =
    | { readonly kind: "go"; readonly request: PacedRequest<Answer> }
    /** The time is up, or the user cancels. */
    | { readonly kind: "tooLate" }
    /** Graph asks for a wait that ends after the deadline, or too many were in the queue behind one. */
    | { readonly kind: "throttled"; readonly waitMs: number; readonly answer: Answer };

/** A request on its way. */
export interface PacedRequest<Answer> {
    /** Graph has let it through, whatever it answered. */
    letThrough(): void;
    throttled(waitMs: number, answer: Answer): void;
}

/** Where Graph has let nothing through that a rate could be measured by: 1 a second, twice as many a second later, then ever faster. */
const unmeasured = { perMs: 1 / 1000, doublesAfterMs: 1000 };

/**
 * A measured rate doubles in this time; in twice the time it grows to sixteenfold, in three times to five hundredfold: who is
 * not refused for so long was measured while others were in the way. Sooner, and many stacks together are refused more.
 */
const doublesAfterMs = 20_000;

/**
 * For so long the best of what was measured counts. A 429 that has nothing to do with the rate, as a service in trouble
 * gives them, ends a stretch early and makes it look slow; measured by that alone, the pace would sink from one to the next
 * (a thousand requests of which 5 % are refused at random: 60 s with this, 500 s without).
 */
const rememberedMs = 30_000;

/** So much faster goes what the wait has let build up. */
const aheadTimes = 4;

/** Ends at a time of the clock's that is never set, as a calendar is. */
interface Pause<Answer> {
    readonly endsAtMs: number;
    readonly waitMs: number;
    readonly answer: Answer;
    /** Whether a request of the current stretch was throttled: one of an earlier stretch says nothing of the rate. */
    readonly measures: boolean;
}

interface Rate {
    readonly perMs: number;
    readonly sinceMs: number;
    readonly doublesAfterMs: number;
    /** How many Graph should have room for at once, after the wait that it asked for. */
    ahead: number;
}

/** From one pause to the next. */
interface Stretch {
    startedAtMs: number | undefined;
    letThrough: number;
}

interface Waiting<Answer> {
    readonly deadline: Deadline;
    settle(turn: Turn<Answer>): void;
}

export function createPacing<Answer>(clock: Clock, random: () => number): Pacing<Answer> {
    let queue: Waiting<Answer>[] = [];
    let stopTimer: (() => void) | undefined;
    let pause: Pause<Answer> | undefined;
    let lastAnswer: Answer | undefined;
    /** Without one, everything goes at once. */
    let rate: Rate | undefined;
    let stretch: Stretch = { startedAtMs: undefined, letThrough: 0 };
    let lastSentAtMs = Number.NEGATIVE_INFINITY;
    /** What was measured of late. */
    let measurements: readonly { readonly perMs: number; readonly atMs: number }[] = [];
    /** Programs that Graph has told the same must not stay in step. */
    let jitter = 1;

    /** What Graph has let through since the pause before, by the time that it took. */
    function measured({ endsAtMs, waitMs }: Pause<Answer>): Rate {
        const sinceMs = clock.elapsedMs();
        const { startedAtMs = sinceMs, letThrough } = stretch;
        if (letThrough > 0) {
            const latest = { perMs: letThrough / Math.max(1, endsAtMs - startedAtMs), atMs: sinceMs };
            measurements = [...measurements.filter(({ atMs }) => atMs > sinceMs - rememberedMs), latest];
            // Never less than half of what it was when the stretch began.
            const least = rate === undefined ? 0 : perMsAt(rate, startedAtMs) / 2;
            const perMs = Math.max(least, ...measurements.map((one) => one.perMs));
            return { perMs, sinceMs, doublesAfterMs, ahead: perMs * waitMs };
        }
        return rate === undefined
            ? { ...unmeasured, sinceMs, ahead: 0 }
            : { ...rate, perMs: perMsAt(rate, startedAtMs) / 2, sinceMs, ahead: 0 };
    }

    function nextAtMs(): number {
        const nowMs = clock.elapsedMs();
        if (pause !== undefined && pause.endsAtMs > nowMs) {
            return pause.endsAtMs;
        }
        if (pause !== undefined) {
            if (pause.measures) {
                rate = measured(pause);
                stretch = { startedAtMs: undefined, letThrough: 0 };
            }
            pause = undefined;
        }
        if (rate === undefined) {
            return nowMs;
        }
        return lastSentAtMs + jitter / (perMsAt(rate, nowMs) * (rate.ahead >= 1 ? aheadTimes : 1));
    }

    /** Lets those go whose turn it is. */
    function advance(): void {
        stopTimer?.();
        stopTimer = undefined;
        for (let next = queue[0]; next !== undefined; next = queue[0]) {
            const waitMs = nextAtMs() - clock.elapsedMs();
            if (waitMs > 0) {
                stopTimer = clock.after(waitMs, advance);
                return;
            }
            queue.shift();
            next.settle({ kind: "go", request: send() });
        }
    }

    function send(): PacedRequest<Answer> {
        const mine = stretch;
        lastSentAtMs = clock.elapsedMs();
        jitter = 0.75 + random() / 2;
        mine.startedAtMs ??= lastSentAtMs;
        if (rate !== undefined) {
            rate.ahead -= 1;
        }
        return {
            letThrough() {
                mine.letThrough += 1;
            },
            throttled(waitMs, answer) {
                lastAnswer = answer;
                const measures = pause?.measures === true || mine === stretch;
                const endsAtMs = clock.elapsedMs() + waitMs;
                pause =
                    pause === undefined || endsAtMs > pause.endsAtMs
                        ? { endsAtMs, waitMs, answer, measures }
                        : { ...pause, measures };
                for (const { deadline, settle } of queue.filter(isHopeless)) {
                    settle(hopeless(deadline) ?? { kind: "tooLate" });
                }
                queue = queue.filter((waiting) => !isHopeless(waiting));
                advance();
            },
        };
    }

    /** Whoever has less time than the pause takes need not wait for its end. */
    function hopeless(deadline: Deadline): Turn<Answer> | undefined {
        const waitMs = (pause?.endsAtMs ?? Number.NEGATIVE_INFINITY) - clock.elapsedMs();
        return pause !== undefined && waitMs >= deadline.remainingMs()
            ? { kind: "throttled", waitMs, answer: pause.answer }
            : undefined;
    }

    const isHopeless = ({ deadline }: Waiting<Answer>) => hopeless(deadline) !== undefined;

    /** What is left to wait for whoever has had no turn in all the time that there was. */
    function outOfTime(place: number): Turn<Answer> {
        const betweenMs = rate === undefined ? 0 : 1 / perMsAt(rate, clock.elapsedMs());
        const waitMs = Math.max(0, nextAtMs() - clock.elapsedMs() + place * betweenMs);
        return lastAnswer === undefined ? { kind: "tooLate" } : { kind: "throttled", waitMs, answer: lastAnswer };
    }

    return {
        async turn(deadline) {
            if (deadline.waiting.aborted) {
                return deadline.signal.aborted ? outOfTime(queue.length) : { kind: "tooLate" };
            }
            const never = hopeless(deadline);
            if (never !== undefined) {
                return never;
            }
            if (queue.length === 0 && nextAtMs() <= clock.elapsedMs()) {
                return { kind: "go", request: send() };
            }
            return new Promise((resolve) => {
                const waiting: Waiting<Answer> = {
                    deadline,
                    settle(turn) {
                        deadline.waiting.removeEventListener("abort", abort);
                        resolve(turn);
                    },
                };
                const abort = () => {
                    const place = queue.indexOf(waiting);
                    queue.splice(place, 1);
                    waiting.settle(deadline.signal.aborted ? outOfTime(place) : { kind: "tooLate" });
                    advance();
                };
                deadline.waiting.addEventListener("abort", abort, { once: true });
                queue.push(waiting);
                advance();
            });
        },
    };
}

function perMsAt({ perMs, sinceMs, doublesAfterMs: doublingMs }: Rate, atMs: number): number {
    return perMs * 2 ** ((Math.max(0, atMs - sinceMs) / doublingMs) ** 2);
}
