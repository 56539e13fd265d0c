/** The time, and waiting: a stand-in for tests and simulations has to play these three. */
export interface Clock {
    /** What the calendar says. */
    now(): Date;
    /** Milliseconds since some fixed moment; unlike the calendar it is never set back. */
    elapsedMs(): number;
    /** Runs the action once, after that time; the answer takes it back. */
    after(delayMs: number, action: () => void): () => void;
}

/** The longest that a timer of Node.js runs: some 24 days. It takes anything longer for 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
    now: () => new Date(),
    elapsedMs: () => performance.now(),
    after(delayMs, action) {
        const timer = setTimeout(action, Math.min(delayMs, longestTimerMs));
        return () => clearTimeout(timer);
    },
};
