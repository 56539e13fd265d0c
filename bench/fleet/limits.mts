/** What a simulated Graph says to a write at this time: 0 to let it through, else the seconds of its Retry-After. */
export interface Limit {
    readonly name: string;
    /** No program, however it paces itself, is done sooner with so many writes. */
    leastMs(writes: number): number;
    ask(nowMs: number): number;
}

/** So many in each stretch of time; refused until the next one begins. */
export function fixedWindow(writes: number, windowMs: number): Limit {
    let window = -1;
    let used = 0;
    return {
        name: `${writes} in each ${windowMs / 1000} s`,
        leastMs: (count) => (Math.ceil(count / writes) - 1) * windowMs,
        ask(nowMs) {
            const current = Math.floor(nowMs / windowMs);
            if (current !== window) {
                window = current;
                used = 0;
            }
            if (used < writes) {
                used += 1;
                return 0;
            }
            return Math.max(1, Math.ceil(((current + 1) * windowMs - nowMs) / 1000));
        },
    };
}

/** A bucket of so many tokens, filled up evenly; refused ones are told a wait that does not depend on how many others wait. */
export function tokenBucket(capacity: number, perMs: number, retryAfterS: number): Limit {
    let tokens = capacity;
    let atMs = 0;
    return {
        name: `a bucket of ${capacity}, ${perMs * 1000} a second, Retry-After ${retryAfterS}`,
        leastMs: (count) => Math.max(0, count - capacity) / perMs,
        ask(nowMs) {
            tokens = Math.min(capacity, tokens + (nowMs - atMs) * perMs);
            atMs = nowMs;
            if (tokens >= 1) {
                tokens -= 1;
                return 0;
            }
            return retryAfterS;
        },
    };
}
