/**
 * When a POST may be sent again: one table, with its reasons.
 *
 * Sending again is safe only where Graph surely did not process the call. The action redeems credentials, and an
 * authorization code that is redeemed twice is refused and lost.
 *
 * | what happened                                | verdict  | because                                                  |
 * |----------------------------------------------|----------|----------------------------------------------------------|
 * | 2xx                                          | accepted | Graph documents 204                                      |
 * | 429                                          | again    | refused before processing; wait as long as Graph says,   |
 * |                                              |          | and a while of our own where it names no time or one that has passed: else this would be a hot loop |
 * | never connected (refused, no such host, TLS) | again    | nothing was sent; a few times, then it is a wrong address |
 * | reset, time-out, aborted after connecting    | unknown  | Graph may have processed the call before the answer was lost |
 * | 408, 5xx                                     | unknown  | a gateway may have given up on a backend that went on    |
 * | 401 with a claims challenge                  | –        | answered once by the token policy, before this table     |
 * | anything else                                | refused  | Graph read the call and said no: again it would say no again |
 */

/** What came of one attempt. */
export type Outcome =
    | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | undefined }
    | { readonly kind: "notConnected" }
    | { readonly kind: "lost" };

/** What follows from it. */
export type Verdict =
    | { readonly kind: "accepted" }
    | { readonly kind: "again"; readonly waitMs: number; readonly throttled: boolean }
    | { readonly kind: "refused" }
    | { readonly kind: "unreachable" }
    | { readonly kind: "unknown" };

/** How often a host that never answers is tried in all. */
const connectionAttempts = 4;

/**
 * The verdict on an attempt. `attempt` counts the outcomes of this kind, from 1: a host that throttled three times is
 * not one that never answers. `now` and `random` (0 to 1) are given so that tests can.
 */
export function judge(outcome: Outcome, attempt: number, now: Date, random: number): Verdict {
    switch (outcome.kind) {
        case "notConnected":
            return attempt < connectionAttempts
                ? { kind: "again", waitMs: backoffMs(attempt, random), throttled: false }
                : { kind: "unreachable" };
        case "lost":
            return { kind: "unknown" };
        case "answered":
            return judgeStatus(outcome.status, outcome.retryAfter, attempt, now, random);
    }
}

function judgeStatus(
    status: number,
    retryAfter: string | undefined,
    attempt: number,
    now: Date,
    random: number,
): Verdict {
    if (status >= 200 && status < 300) {
        return { kind: "accepted" };
    }
    if (status === 429) {
        const waitMs = retryAfterMs(retryAfter, now) || backoffMs(attempt + 1, random);
        return { kind: "again", waitMs, throttled: true };
    }
    return status === 408 || status >= 500 ? { kind: "unknown" } : { kind: "refused" };
}

/**
 * The wait that a `Retry-After` header asks for, in seconds or as an HTTP date; `undefined` where it asks for none that
 * can be read. What the server names is taken without jitter.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
    if (header === undefined) {
        return undefined;
    }
    if (/^\d+(\.\d+)?$/.test(header.trim())) {
        return Math.ceil(Number(header) * 1000);
    }
    // Only what looks like an HTTP date: `Date.parse` by itself reads "-5" and "soon 5" as days in 2001.
    const date = /^[A-Z][a-z]+, .+ GMT$/.test(header.trim()) ? Date.parse(header) : Number.NaN;
    return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** 1 s, 2 s, 4 s … up to 30 s, each between half of it and the whole, so that many clients do not come back at once. */
function backoffMs(attempt: number, random: number): number {
    return Math.min(30_000, 1000 * 2 ** (attempt - 1)) * (0.5 + random / 2);
}
