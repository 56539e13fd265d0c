/**
 * When a POST may be sent again: one table, with its reasons. Whoever sends asks `judge`, and nobody else decides.
 *
 * Sending again is safe where Graph surely did not process the call. The action redeems credentials, and an
 * authorization code that is redeemed twice is refused and lost: the application may even revoke what the first
 * redemption gave (RFC 6749, 4.1.2). Where nobody knows, a call goes out again only if all that it carries works twice.
 */
export const resendTable = {
    accepted: {
        when: "204; another 2xx that names Graph's request-id",
        again: { plain: "never", oneTimeCode: "never" },
        because: "Graph documents 204. A 2xx without Graph's mark is a page of something on the way: see gateway",
    },
    challenged: {
        when: "401 with a claims challenge",
        again: { plain: "once", oneTimeCode: "once" },
        because: "Graph rejects the token before it reads the call; the token policy answers with a new one, once",
    },
    throttled: {
        when: "429",
        again: { plain: "until the deadline", oneTimeCode: "until the deadline" },
        because:
            "refused before processing. The wait is the one that Graph names; a wait of our own where it names none, or one that has passed, or this would be a hot loop",
    },
    notConnected: {
        when: "refused, no such host, no TLS: no connection stood",
        again: { plain: "a few times", oneTimeCode: "a few times" },
        because: "nothing was sent. After a few attempts it is a wrong address, not a hiccup",
    },
    replicating: {
        when: "401 UnknownError, 403, 404 or 409 of Graph's while the target may be too new for it",
        again: { plain: "until replicationTimeout", oneTimeCode: "until replicationTimeout" },
        because:
            "refused before processing: a part of Graph that has not heard of the target, or of the right to it, says so in these ways for a while. A 401 for a token that shows neither permission is no matter of time",
    },
    lost: {
        when: "connected, and no whole answer: reset, time-out, cut off",
        again: { plain: "a few times", oneTimeCode: "never" },
        because: "Graph may have processed the call before the answer was lost",
    },
    gateway: {
        when: "408, 5xx, or a 2xx that is not Graph's",
        again: { plain: "a few times", oneTimeCode: "never" },
        because: "a gateway may have given up on a backend that went on",
    },
    refused: {
        when: "anything else",
        again: { plain: "never", oneTimeCode: "never" },
        because: "Graph read the call and said no: it would say no again. A redirect is never followed",
    },
} as const satisfies Record<string, Row>;

/** One row of the table. */
interface Row {
    /** What happened. */
    readonly when: string;
    /** Whether it is sent again, by whether the credentials hold something that works once. */
    readonly again: { readonly plain: Again; readonly oneTimeCode: Again };
    readonly because: string;
}

type Again = "never" | "once" | "a few times" | "until replicationTimeout" | "until the deadline";

/** A row's name. */
export type RowName = keyof typeof resendTable;

/** What came of one attempt. */
export type Outcome =
    | {
          readonly kind: "answered";
          readonly status: number;
          readonly retryAfter: string | undefined;
          /** Graph's error code, where the answer had one. */
          readonly graphCode: string | undefined;
          /** Whether it bears Graph's mark: its error code or its request id. Else something on the way has answered. */
          readonly isGraphs: boolean;
          /** Whether it asks for another token. */
          readonly isChallenge: boolean;
      }
    | { readonly kind: "notConnected" }
    | { readonly kind: "lost" };

/** What else the verdict depends on. */
export interface Situation {
    /** Whether a credential works just once. */
    readonly worksOnce: boolean;
    /** How long the target may still be too new for Graph; 0: it is not. */
    readonly replicationMs: number;
    /** Whether the token shows a permission that the action takes; `undefined` where it can't be told. */
    readonly isPermitted: boolean | undefined;
    /** How many attempts of this operation met this row before. */
    met(row: RowName): number;
    readonly now: Date;
    /** From 0 to 1. */
    readonly random: number;
}

/** What follows. */
export type Verdict =
    | { readonly row: RowName; readonly next: "again"; readonly waitMs: number }
    | { readonly row: RowName; readonly next: "stop" };

/** How Graph answers for a target that it does not know yet. */
export const newTargetStatuses: readonly number[] = [401, 403, 404, 409];

/** How often a call is sent in all where the table says "a few times". */
export const aFewTimes = 4;

/** The verdict on an attempt. */
export function judge(outcome: Outcome, situation: Situation): Verdict {
    const row = rowOf(outcome, situation);
    const again = resendTable[row].again[situation.worksOnce ? "oneTimeCode" : "plain"];
    // What leaves an attempt open in one way or another is counted together: four in all, however they alternate.
    const before = again === "a few times" ? sum(openRows.map(situation.met)) : situation.met(row);
    // A wait of 0 names none: taken at its word it would be a hot loop.
    const named = (outcome.kind === "answered" && retryAfterMs(outcome.retryAfter, situation.now)) || undefined;
    switch (again) {
        case "never":
        // What is sent again once has been, by the token policy, before anybody asks here.
        case "once":
            return { row, next: "stop" };
        case "a few times":
            return before + 1 < aFewTimes
                ? { row, next: "again", waitMs: named ?? backoffMs(before, situation.random) }
                : { row, next: "stop" };
        case "until replicationTimeout":
            if (named !== undefined) {
                return named <= situation.replicationMs ? { row, next: "again", waitMs: named } : { row, next: "stop" };
            }
            // The last attempt is at the end of that time, not somewhere before.
            return {
                row,
                next: "again",
                waitMs: Math.min(
                    backoffMs(before, situation.random),
                    longestReplicationWaitMs,
                    situation.replicationMs,
                ),
            };
        case "until the deadline":
            return { row, next: "again", waitMs: named ?? backoffMs(before + 1, situation.random) };
    }
}

const longestReplicationWaitMs = 10_000;

const openRows = ["notConnected", "lost", "gateway"] as const satisfies readonly RowName[];

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}

function rowOf(outcome: Outcome, { replicationMs, isPermitted }: Situation): RowName {
    if (outcome.kind !== "answered") {
        return outcome.kind;
    }
    const { status, graphCode, isGraphs, isChallenge } = outcome;
    if (status >= 200 && status < 300) {
        return status === 204 || isGraphs ? "accepted" : "gateway";
    }
    if (isChallenge) {
        return "challenged";
    }
    if (status === 429) {
        return "throttled";
    }
    if (status === 408 || status >= 500) {
        return "gateway";
    }
    const isUnknownError = status === 401 && graphCode === "UnknownError" && isPermitted !== false;
    const isOfNewTarget = isUnknownError || (isGraphs && status !== 401 && newTargetStatuses.includes(status));
    return isOfNewTarget && replicationMs > 0 ? "replicating" : "refused";
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
function backoffMs(before: number, random: number): number {
    return Math.min(30_000, 1000 * 2 ** before) * (0.5 + random / 2);
}
