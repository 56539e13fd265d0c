import { type Clock, systemClock } from "../core/clock.js";
import { type Deadline, describeMs } from "../core/deadline.js";
import { TargetNotFoundError } from "../core/errors.js";
import type { Credentials } from "../core/inputs.js";
import type { Acquisition, Graph, Look } from "../core/lifecycle.js";
import { judge, newTargetStatuses, type Outcome, type RowName } from "../core/resend.js";
import { describeTarget } from "../core/target.js";
import type { Endpoints } from "./clouds.js";
import { type Endings, endingsOf, type Tried } from "./endings.js";
import { createPacing } from "./pacing.js";
import { judgePermission } from "./permission.js";
import { type Answer, describeAnswer, readAnswer, readSecrets, type StoredSecret } from "./refusals.js";
import type { Note, SentCodes } from "./sentCodes.js";
import type { Transport } from "./transport.js";
import { createTurns } from "./turns.js";
import {
    type AcquireAccessTokenBody,
    type SynchronizationSecretKeyStringValuePair,
    synchronizationSecretODataType,
} from "./wire.js";

/** What the client needs beside the endpoints. */
export interface ClientOptions {
    readonly endpoints: Endpoints;
    readonly transport: Transport;
    /** Told what it waits for. */
    readonly inform: (message: string) => void;
    /** Where acquisitions are noted that hand over something that works once. */
    readonly sentCodes: SentCodes;
    /** How long a target, or a right to it, may be too new for Graph. Default: 2 minutes. 0: not at all. */
    readonly replicationTimeoutMs?: number;
    readonly clock?: Clock;
    readonly random?: () => number;
}

/** The default of `replicationTimeout`. Graph promises nothing, and more than a minute has been seen. */
export const defaultReplicationTimeoutMs = 2 * 60 * 1000;

/** How long one attempt may take where the call may be sent again: a lost answer must not take the whole time. */
const attemptTimeoutMs = 60_000;

/** How many acquisitions are under way at once, whatever the engine's `--parallel`: Graph counts an application's calls. */
const acquisitionsAtOnce = 16;

/** What is left of an operation's time for a look at what became of a call that can't be sent again. */
const lookMs = 15_000;

/** Graph for the lifecycle, and for the questions that a program may ask beside it. */
export interface GraphClient extends Graph {
    /** What the provisioning service holds for the target. */
    storedSecrets(look: Look): Promise<readonly StoredSecret[]>;
}

/** A call of Graph, for all its attempts. */
interface Call extends Tried {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly body?: string;
    readonly deadline: Deadline;
    /** What no message may repeat. */
    readonly submitted: readonly string[];
    readonly mayBeNew: boolean;
    /**
     * What makes it the same call again: the target, the credentials in whatever order, and the occasion. Another version
     * of Graph or another order would hand over the same code.
     */
    readonly sameness: string;
    readonly onDoubt?: (() => void) | undefined;
    /** Whether credentials may stand in the answer, in clear some of them: no message quotes it. */
    readonly isAnsweredWithValues?: boolean;
    /** Which refusals are an answer to the question, and no failure. */
    readonly takesNo?: (status: number) => boolean;
}

/** What came of one attempt, for the table and for people. */
type Attempt = {
    readonly why: string;
    /** Whether it ended because its time was up. */
    readonly isLate?: boolean;
} & (
    | { readonly outcome: Extract<Outcome, { kind: "answered" }>; readonly answer: Answer; readonly body: string }
    | { readonly outcome: Exclude<Outcome, { kind: "answered" }>; readonly answer?: undefined }
);

/** Microsoft Graph for the lifecycle: one POST for an acquisition, sent again only where `resend.ts` says so. */
export function createGraph({
    endpoints,
    transport,
    inform,
    sentCodes,
    replicationTimeoutMs = defaultReplicationTimeoutMs,
    clock = systemClock,
    random = Math.random,
}: ClientOptions): GraphClient {
    const pacing = createPacing<Answer>(clock, random);
    const turns = createTurns(acquisitionsAtOnce);

    /** What Graph accepted the call with, or said no to the question; everything else is an error. */
    async function exchange(call: Call): Promise<{ readonly answer: Answer; readonly body: string }> {
        const { deadline } = call;
        const endings = endingsOf(call, endpoints, deadline);
        const met = new Map<RowName, number>();
        /** From the first answer on: how long the sign-in took says nothing of the target. */
        let answeredAtMs: number | undefined;
        for (;;) {
            const turn = await pacing.turn(deadline);
            if (turn.kind !== "go") {
                throw turn.kind === "tooLate" ? endings.tooLate() : endings.throttled(turn.answer, turn.waitMs);
            }
            const note = noteOf(call, endings);
            const attempt = await send(call, note.begin).catch(async (error: unknown) => {
                // Whoever throws has seen to it that Graph processed nothing: no sign-in, a proxy that refuses.
                await note.end("forget");
                throw error;
            });
            const claims = transport.claims();
            const permission = claims === undefined ? undefined : judgePermission(claims);
            answeredAtMs ??= clock.elapsedMs();
            const sinceMs = clock.elapsedMs() - answeredAtMs;
            const replicationMs = call.mayBeNew ? replicationTimeoutMs - sinceMs : 0;
            const verdict = judge(attempt.outcome, {
                worksOnce: call.worksOnce,
                replicationMs,
                isPermitted: permission?.granted,
                met: (row) => met.get(row) ?? 0,
                now: clock.now(),
                random: random(),
            });
            const { row } = verdict;
            const waitMs = verdict.next === "again" ? verdict.waitMs : Number.POSITIVE_INFINITY;
            met.set(row, (met.get(row) ?? 0) + 1);
            const isInDoubt = row === "lost" || row === "gateway";
            if (isInDoubt) {
                endings.noteDoubt(attempt.why);
                call.onDoubt?.();
            } else {
                await note.end(row === "accepted" ? "accepted" : "forget");
            }
            if (attempt.answer !== undefined) {
                if (row === "throttled") {
                    turn.request.throttled(waitMs, attempt.answer);
                } else {
                    turn.request.letThrough();
                }
            }
            const isNo = row === "refused" && call.takesNo?.(attempt.answer?.status ?? 0) === true;
            if (attempt.answer !== undefined && (row === "accepted" || isNo)) {
                return attempt;
            }
            if (waitMs >= deadline.remainingMs()) {
                switch (row) {
                    case "throttled":
                        throw endings.throttled(attempt.answer, waitMs);
                    case "notConnected":
                        // An attempt and its operation can be late at the same moment: whose timer is first does not matter.
                        throw deadline.waiting.aborted || (attempt.isLate && verdict.next === "again")
                            ? endings.tooLate()
                            : endings.unreachable(attempt.why, met.get(row) ?? 0);
                    case "challenged":
                        throw endings.challenged();
                    case "replicating":
                    case "refused":
                    case "accepted":
                    case "lost":
                    case "gateway":
                        throw attempt.answer === undefined || row === "gateway"
                            ? endings.unknown(attempt.answer, attempt.why)
                            : endings.refused(attempt.answer, {
                                  waitedMs:
                                      met.has("replicating") && newTargetStatuses.includes(attempt.answer.status)
                                          ? sinceMs
                                          : 0,
                                  missing: permission?.granted === false ? permission.because : undefined,
                              });
                }
            }
            inform(`${call.what}: ${attempt.why}, waiting ${describeWait(waitMs)}${whatFor(row, replicationMs)}`);
            // A wait of Graph's is everybody's, at the head of the loop.
            if (row !== "throttled" && !(await deadline.wait(waitMs))) {
                throw endings.tooLate();
            }
        }
    }

    /** The note of one attempt, begun just before it goes out. */
    function noteOf(call: Call, endings: Endings) {
        let note: Promise<Note> | undefined;
        return {
            async begin(): Promise<void> {
                if (!call.worksOnce) {
                    return;
                }
                note ??= sentCodes.begin(call.sameness);
                const { earlier } = await note;
                if (earlier !== undefined) {
                    throw endings.sentBefore(earlier);
                }
            },
            end: async (how: "accepted" | "forget") => (await note)?.[how](),
        };
    }

    async function send(call: Call, beforeSending: () => Promise<void>): Promise<Attempt> {
        const { deadline, worksOnce } = call;
        const remainingMs = deadline.remainingMs();
        // A call that can't be sent again is waited for, but for the time of a look at what became of it.
        const limitMs = worksOnce
            ? remainingMs - Math.min(lookMs, remainingMs / 4)
            : Math.min(attemptTimeoutMs, remainingMs);
        const limit = new AbortController();
        const cancel = clock.after(limitMs, () => limit.abort());
        // Whoever cancels need not wait for a sign-in; what is on its way to Graph may end, so that state knows of it.
        let isOnItsWay = false;
        const onCancel = () => isOnItsWay || limit.abort();
        deadline.waiting.addEventListener("abort", onCancel);
        try {
            const sent = await transport.send({
                method: call.method,
                url: endpoints.graph + call.path,
                ...(call.body === undefined ? {} : { body: call.body }),
                abortSignal: AbortSignal.any([deadline.signal, limit.signal]),
                ownConnection: worksOnce,
                async beforeSending() {
                    await beforeSending();
                    isOnItsWay = true;
                },
            });
            if (sent.response === undefined) {
                const isLate = limit.signal.aborted || deadline.signal.aborted;
                const missing = isOnItsWay ? "answer" : "sign-in";
                return {
                    outcome: { kind: sent.reached ? "lost" : "notConnected" },
                    isLate,
                    why: isLate ? `no ${missing} within ${describeMs(Math.round(limitMs))}` : sent.why,
                };
            }
            const read = readAnswer(sent.response, call.submitted);
            const answer = call.isAnsweredWithValues ? { ...read, words: "" } : read;
            return {
                outcome: {
                    kind: "answered",
                    status: answer.status,
                    retryAfter: sent.response.headers.get("retry-after"),
                    graphCode: answer.graphCode,
                    isGraphs: answer.requestId !== undefined || answer.graphCode !== undefined,
                    isChallenge: sent.isChallenge,
                },
                answer,
                body: sent.response.bodyAsText ?? "",
                why: `Microsoft Graph answered ${describeAnswer(answer)}`,
            };
        } finally {
            cancel();
            deadline.waiting.removeEventListener("abort", onCancel);
        }
    }

    const ask = ({ target, deadline }: Look, what: string, question: Pick<Call, "method" | "path"> & Partial<Call>) =>
        exchange({
            what: `${what} ${describeTarget(target)}`,
            target,
            changes: false,
            worksOnce: false,
            mayBeNew: false,
            deadline,
            submitted: [],
            sameness: "",
            ...question,
            path: `/v1.0${describeTarget(target)}${question.path}`,
        });

    const storedSecrets = async (look: Look) => {
        const question = { method: "GET", path: "/synchronization/secrets", isAnsweredWithValues: true } as const;
        return readSecrets((await ask(look, "Looking at the credentials stored for", question)).body);
    };

    return {
        async acquireAccessToken(acquisition) {
            const { target, credentials, apiVersion, worksOnce, mayBeNew, occasion, deadline, onDoubt } = acquisition;
            const call: Call = {
                what: `Acquiring a token for ${describeTarget(target)}`,
                target,
                changes: true,
                worksOnce,
                mayBeNew,
                method: "POST",
                path: `/${apiVersion}${describeTarget(target)}/synchronization/acquireAccessToken`,
                body: formatBody(acquisition),
                deadline,
                submitted: [...credentials.values()],
                sameness: JSON.stringify([describeTarget(target), [...credentials].sort(byKey), occasion]),
                onDoubt,
            };
            const turn = await turns.take(describeTarget(target), deadline, () => exchange(call));
            if (turn === undefined) {
                throw endingsOf(call, endpoints, deadline).tooLate();
            }
            return { requestId: turn.result.answer.requestId ?? "" };
        },

        async targetExists(look) {
            try {
                await ask(look, "Looking for", { method: "GET", path: "?$select=id" });
                return true;
            } catch (error) {
                // Graph's own word that there is no such object; a proxy's or a gateway's 404 has another code or none.
                if (error instanceof TargetNotFoundError && error.graphCode === "Request_ResourceNotFound") {
                    return false;
                }
                throw error;
            }
        },

        secretKeys: async (look) => (await storedSecrets(look)).map(({ key }) => key),

        storedSecrets,

        async validateCredentials(validation) {
            const { against, credentials, hidden = [], mayBeNew = false } = validation;
            const job = "jobId" in against ? `/${encodeURIComponent(against.jobId)}` : "";
            const { answer } = await ask(validation, "Validating credentials for", {
                method: "POST",
                path: `/synchronization/jobs${job}/validateCredentials`,
                body: JSON.stringify({
                    ...("templateId" in against ? { templateId: against.templateId } : {}),
                    useSavedCredentials: credentials === undefined,
                    ...(credentials === undefined ? {} : { credentials: pairsOf(credentials) }),
                }),
                submitted: [...(credentials?.values() ?? []), ...hidden],
                mayBeNew,
                takesNo: isNoOfTheApplication,
            });
            return answer.status < 300
                ? { valid: true }
                : { valid: false, code: answer.graphCode, message: answer.words, requestId: answer.requestId };
        },
    };
}

/** The status of credentials that the application turns down is documented nowhere; the others have meanings of their own. */
function isNoOfTheApplication(status: number): boolean {
    return status === 400 || status === 409 || status === 422;
}

/** What the wait is for, where that is not in Graph's own words. */
function whatFor(row: RowName, replicationMs: number): string {
    if (row !== "replicating") {
        return " before the next attempt";
    }
    return (
        ": a target, or a right to it, of the last minutes may not have reached every part of Graph yet " +
        `(at most ${describeWait(replicationMs)} more; entrasync:replicationTimeout)`
    );
}

function describeWait(waitMs: number): string {
    return `${Math.ceil(waitMs / 1000)} s`;
}

function byKey([left]: readonly [string, string], [right]: readonly [string, string]): number {
    return left < right ? -1 : 1;
}

function formatBody({ credentials }: Acquisition): string {
    const body: AcquireAccessTokenBody = { credentials: pairsOf(credentials) };
    return JSON.stringify(body);
}

function pairsOf(credentials: Credentials): readonly SynchronizationSecretKeyStringValuePair[] {
    return [...credentials].map(([key, value]) => ({ "@odata.type": synchronizationSecretODataType, key, value }));
}
