import { type Deadline, describeMs } from "../core/deadline.js";
import {
    AuthenticationError,
    CancelledError,
    DeadlineError,
    type EntrasyncError,
    OutcomeUnknownError,
    spentCode,
    ThrottledError,
    UnreachableError,
} from "../core/errors.js";
import { oneTimeKey } from "../core/keys.js";
import type { Target } from "../core/target.js";
import type { Endpoints } from "./clouds.js";
import { type Answer, describeAnswer, refusalOf } from "./refusals.js";
import type { Note } from "./sentCodes.js";

/** What was tried, for messages. */
export interface Tried {
    /** `Acquiring a token for /servicePrincipals/…`. */
    readonly what: string;
    readonly target: Target;
    /** Whether it changes anything; a look does not. */
    readonly changes: boolean;
    /** Whether it hands over something that works once. */
    readonly worksOnce: boolean;
}

/** The errors with which a call ends that is not accepted: each says what was tried, what came back, and what is next. */
export interface Endings {
    /** Remembers an attempt that Graph may have processed: no later message says then that nothing was acquired. */
    noteDoubt(why: string): void;
    tooLate(): EntrasyncError;
    throttled(answer: Answer | undefined, waitMs: number): EntrasyncError;
    unreachable(why: string, attempts: number): EntrasyncError;
    challenged(): EntrasyncError;
    unknown(answer: Answer | undefined, why: string): EntrasyncError;
    refused(answer: Answer, more: { readonly waitedMs: number; readonly missing: string | undefined }): EntrasyncError;
    sentBefore(earlier: NonNullable<Note["earlier"]>): EntrasyncError;
}

export function endingsOf(tried: Tried, { graph }: Endpoints, deadline: Deadline): Endings {
    const { what, target, changes, worksOnce } = tried;
    let doubt: string | undefined;
    /** What Graph did, for a call that changes something: a look leaves nothing behind. */
    const nothing = (done: string) =>
        !changes
            ? "Nothing was changed."
            : doubt === undefined
              ? `${done}.`
              : `${done} by this attempt; an earlier one may have been processed (${doubt}).`;
    return {
        noteDoubt(why) {
            doubt ??= why;
        },

        tooLate: () =>
            deadline.signal.aborted || !deadline.waiting.aborted
                ? new DeadlineError(
                      `${what}: not done within ${describeMs(deadline.timeoutMs)}. ${nothing("Graph had not processed anything")} ` +
                          "Run pulumi up again, or give it longer in the resource's timeouts.",
                  )
                : new CancelledError(
                      `${what}: cancelled. ${nothing("Graph had not processed anything")} Run pulumi up again when it is to go on.`,
                  ),

        throttled(answer, waitMs) {
            const throttled = answer ?? { status: 429, graphCode: undefined, words: "", requestId: undefined };
            // A wait that no calendar holds comes from something broken; the message must be written all the same.
            const untilMs = deadline.clock.now().getTime() + waitMs;
            const until = new Date(Math.min(untilMs, lastInstantMs)).toISOString();
            return new ThrottledError(
                `${what}: Microsoft Graph answered ${describeAnswer(throttled)}, and asks for a wait that is longer than this ` +
                    `operation may take. ${nothing("Nothing was acquired")} Run pulumi up again after ${until}, or give it longer ` +
                    "in the resource's timeouts.",
                throttled,
            );
        },

        unreachable: (why, attempts) =>
            new UnreachableError(
                `${what}: Microsoft Graph at ${graph} could not be reached (${why}, ` +
                    `${attempts === 1 ? "1 attempt" : `${attempts} attempts`}). ${nothing("Nothing was sent")} Check the network, ` +
                    "HTTPS_PROXY and the configured cloud, then run pulumi up again.",
            ),

        challenged: () =>
            new AuthenticationError(
                `${what}: Microsoft Graph at ${graph} does not take the token, not even a new one (401, a claims challenge). ` +
                    `${nothing("Nothing was acquired")} Access was revoked, or a policy of the tenant (Conditional Access: a ` +
                    "location, a risk) does not let this sign-in through: ask whoever administers it; Entra's sign-in log names " +
                    "the policy.",
            ),

        unknown(answer, why) {
            if (!changes) {
                return new UnreachableError(`${what}: ${why}`);
            }
            const next = worksOnce
                ? ""
                : " The next pulumi up sends the credentials again; none of them works just once, so that does no harm.";
            return new OutcomeUnknownError(
                `${what}: ${why}. Graph may or may not have acquired the token.${next}`,
                answer,
            );
        },

        refused: (answer, { waitedMs, missing }) =>
            refusalOf(
                what,
                target,
                answer,
                [
                    waitedMs >= 500 ? `This went on for ${Math.round(waitedMs / 1000)} s.` : "",
                    nothing("Nothing was acquired"),
                    missing === undefined ? "" : `As far as its token tells, ${missing}.`,
                ]
                    .filter(Boolean)
                    .join(" "),
            ),

        sentBefore: ({ sentAt, accepted }) =>
            accepted
                ? spentCode(
                      `was spent by an acquisition that was sent from this machine (${sentAt}) and that Graph accepted; state does not ` +
                          "hold it, as after a run that was killed, or holds a later one. Nothing was sent now: give a new code",
                  )
                : new OutcomeUnknownError(
                      `${what}: an earlier run on this machine handed this ${oneTimeKey} over (${sentAt}) and ended before it knew ` +
                          "what came of it. Graph may or may not have acquired the token; nothing was sent now.",
                      { sentAt },
                  ),
    };
}

/** The end of what a Date can say. */
const lastInstantMs = 8.64e15;
