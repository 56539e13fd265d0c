/**
 * Lets so many requests through in a second, as a bucket that holds a second's worth and fills up evenly: Graph says of its
 * own limits that they are buckets. One that is refused takes nothing out of it.
 *
 * @see https://learn.microsoft.com/graph/throttling-limits
 */
export class Throttle {
    readonly #perSecond: number;
    readonly #elapsedMs: () => number;
    #tokens: number;
    #atMs: number;

    constructor(perSecond: number, elapsedMs: () => number = () => performance.now()) {
        this.#perSecond = perSecond;
        this.#elapsedMs = elapsedMs;
        this.#tokens = Math.max(1, perSecond);
        this.#atMs = elapsedMs();
    }

    /** `undefined` where the request goes through, else the seconds of `Retry-After`: until there is a token again. */
    take(): string | undefined {
        const nowMs = this.#elapsedMs();
        const filled = this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#perSecond;
        this.#tokens = Math.min(Math.max(1, this.#perSecond), filled);
        this.#atMs = nowMs;
        if (this.#tokens >= 1) {
            this.#tokens -= 1;
            return undefined;
        }
        return String(Math.ceil((1 - this.#tokens) / this.#perSecond));
    }
}
