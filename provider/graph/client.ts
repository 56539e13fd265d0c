import { setTimeout as sleep } from "node:timers/promises";
import {
    DeadlineError,
    type EntrasyncError,
    OutcomeUnknownError,
    ThrottledError,
    UnreachableError,
} from "../core/errors.js";
import type { Acquired, Acquisition, Graph } from "../core/lifecycle.js";
import { judge, type Outcome } from "../core/resend.js";
import { describeTarget, type Target } from "../core/target.js";
import type { Endpoints } from "./clouds.js";
import { type Answer, describeAnswer, readAnswer, refusalOf } from "./refusals.js";
import type { Transport } from "./transport.js";
import { type AcquireAccessTokenBody, synchronizationSecretODataType } from "./wire.js";

/** What the client needs beside the endpoints. */
export interface ClientOptions {
    readonly endpoints: Endpoints;
    readonly transport: Transport;
    readonly inform: (message: string) => void;
    readonly now?: () => Date;
    readonly random?: () => number;
}

/** Microsoft Graph for the lifecycle: one POST for an acquisition, sent again only where `resend.ts` says so. */
export function createGraph({
    endpoints,
    transport,
    inform,
    now = () => new Date(),
    random = Math.random,
}: ClientOptions): Graph {
    /** While Graph throttles, everybody waits: it counts the calls of an application, not of a target. */
    let pause: { readonly untilMs: number; readonly answer: Answer | undefined } = { untilMs: 0, answer: undefined };

    async function exchange(
        request: { method: "GET" | "POST"; path: string; body?: string },
        deadline: Deadline,
        submitted: readonly string[],
        ending: Endings,
    ): Promise<Answer> {
        const attempts = { answered: 0, notConnected: 0, lost: 0 };
        for (;;) {
            const pauseMs = pause.untilMs - now().getTime();
            if (pauseMs >= deadline.remainingMs()) {
                throw throttledTooLong(ending.tried, pause.answer, pause.untilMs);
            }
            await deadline.wait(pauseMs, ending.tooLate);
            const sent = await send(request, deadline, submitted, ending);
            attempts[sent.outcome.kind] += 1;
            const verdict = judge(sent.outcome, attempts[sent.outcome.kind], now(), random());
            switch (verdict.kind) {
                case "accepted":
                case "refused":
                    return sent.answer ?? ending.broken(sent.why);
                case "unknown":
                    return ending.unknown(sent.answer, sent.why);
                case "unreachable":
                    throw unreachable(ending.tried, endpoints, sent.why, attempts.notConnected);
                case "again": {
                    const untilMs = now().getTime() + verdict.waitMs;
                    if (verdict.throttled && untilMs > pause.untilMs) {
                        pause = { untilMs, answer: sent.answer };
                    }
                    if (verdict.waitMs >= deadline.remainingMs()) {
                        throw verdict.throttled
                            ? throttledTooLong(ending.tried, sent.answer, untilMs)
                            : unreachable(ending.tried, endpoints, sent.why, attempts.notConnected);
                    }
                    inform(
                        `${ending.tried}: ${sent.why}, waiting ${Math.ceil(verdict.waitMs / 1000)} s before the next attempt`,
                    );
                    await deadline.wait(verdict.waitMs, ending.tooLate);
                }
            }
        }
    }

    async function send(
        request: { method: "GET" | "POST"; path: string; body?: string },
        deadline: Deadline,
        submitted: readonly string[],
        ending: Endings,
    ): Promise<{ outcome: Outcome; answer?: Answer; why: string }> {
        const sent = await transport.send({
            ...request,
            url: endpoints.graph + request.path,
            abortSignal: deadline.signal,
        });
        if (sent.response === undefined) {
            if (!sent.reached && deadline.signal.aborted) {
                throw ending.tooLate();
            }
            return {
                outcome: { kind: sent.reached ? "lost" : "notConnected" },
                why: deadline.signal.aborted ? `no answer within ${deadline.describe()}` : sent.why,
            };
        }
        const { response } = sent;
        const answer = readAnswer(response, submitted);
        const retryAfter = response.headers.get("retry-after");
        return {
            outcome: { kind: "answered", status: response.status, retryAfter },
            answer,
            why: `Microsoft Graph answered ${describeAnswer(answer)}`,
        };
    }

    return {
        async acquireAccessToken(acquisition: Acquisition): Promise<Acquired> {
            const { target, credentials, apiVersion, timeoutMs } = acquisition;
            const tried = `Acquiring a token for ${describeTarget(target)}`;
            const deadline = startDeadline(timeoutMs);
            try {
                const answer = await exchange(
                    {
                        method: "POST",
                        path: `/${apiVersion}${describeTarget(target)}/synchronization/acquireAccessToken`,
                        body: formatBody(acquisition),
                    },
                    deadline,
                    [...credentials.values()],
                    endingsOfPost(tried, deadline),
                );
                if (answer.status >= 300) {
                    throw refusalOf(tried, target, answer);
                }
                return { requestId: answer.requestId ?? "" };
            } finally {
                deadline.stop();
            }
        },

        async targetExists({ target, timeoutMs }: { target: Target; timeoutMs: number }): Promise<boolean> {
            const tried = `Looking for ${describeTarget(target)}`;
            const deadline = startDeadline(timeoutMs);
            try {
                const answer = await exchange(
                    { method: "GET", path: `/v1.0${describeTarget(target)}?$select=id` },
                    deadline,
                    [],
                    endingsOfGet(tried, deadline),
                );
                if (answer.status < 300) {
                    return true;
                }
                // Graph's own word that there is no such object; a proxy's or a gateway's 404 has another code or none.
                if (answer.status === 404 && answer.graphCode === "Request_ResourceNotFound") {
                    return false;
                }
                throw refusalOf(tried, target, answer);
            } finally {
                deadline.stop();
            }
        },
    };
}

function formatBody({ credentials }: Acquisition): string {
    const body: AcquireAccessTokenBody = {
        credentials: [...credentials].map(([key, value]) => ({
            "@odata.type": synchronizationSecretODataType,
            key,
            value,
        })),
    };
    return JSON.stringify(body);
}

/** How a call ends when it does not end with an answer that says yes or no. */
interface Endings {
    readonly tried: string;
    tooLate(): EntrasyncError;
    broken(why: string): never;
    unknown(answer: Answer | undefined, why: string): never;
}

function endingsOfPost(tried: string, deadline: Deadline): Endings {
    const unknown = (answer: Answer | undefined, why: string): never => {
        throw new OutcomeUnknownError(
            `${tried}: ${why}. Graph may or may not have acquired the token; state does not hold this acquisition, so the ` +
                "next pulumi up sends the credentials again. That is harmless unless they hold an Oauth2AuthorizationCode: " +
                "a code works once, so get a new one first.",
            answer,
        );
    };
    return { tried, tooLate: () => tooLate(tried, deadline), broken: (why) => unknown(undefined, why), unknown };
}

function endingsOfGet(tried: string, deadline: Deadline): Endings {
    const unknown = (_: Answer | undefined, why: string): never => {
        throw new UnreachableError(`${tried}: ${why}`);
    };
    return { tried, tooLate: () => tooLate(tried, deadline), broken: (why) => unknown(undefined, why), unknown };
}

function tooLate(tried: string, deadline: Deadline): EntrasyncError {
    return new DeadlineError(
        `${tried}: not done within ${deadline.describe()}, and Graph had not processed anything. Run pulumi up again, or give ` +
            "it longer in the resource's timeouts.",
    );
}

function throttledTooLong(tried: string, answer: Answer | undefined, untilMs: number): EntrasyncError {
    const throttled = answer ?? { status: 429, graphCode: undefined, words: "", requestId: undefined };
    // A wait that no calendar holds comes from something broken; the message must be written all the same.
    const until = new Date(Math.min(untilMs, lastInstantMs)).toISOString();
    return new ThrottledError(
        `${tried}: Microsoft Graph answered ${describeAnswer(throttled)}, and asks for a wait that is longer than this ` +
            `operation may take. Nothing was acquired. Run pulumi up again after ${until}, or give it longer in the ` +
            "resource's timeouts.",
        throttled,
    );
}

function unreachable(tried: string, endpoints: Endpoints, why: string, attempts: number): EntrasyncError {
    return new UnreachableError(
        `${tried}: Microsoft Graph at ${endpoints.graph} could not be reached (${why}, ` +
            `${attempts === 1 ? "1 attempt" : `${attempts} attempts`}). Nothing was sent. Check the network, HTTPS_PROXY ` +
            "and the configured cloud, then run pulumi up again.",
    );
}

/** The end of what a Date can say. */
const lastInstantMs = 8.64e15;

/** The longest that a timer of Node.js runs: some 24 days. It takes anything longer for 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

/** The end of an operation's time, for every wait and every request of it. */
interface Deadline {
    readonly signal: AbortSignal;
    remainingMs(): number;
    describe(): string;
    wait(waitMs: number, tooLate: () => EntrasyncError): Promise<void>;
    stop(): void;
}

function startDeadline(timeoutMs: number): Deadline {
    const boundedMs = Math.min(timeoutMs, longestTimerMs);
    const endsAtMs = performance.now() + boundedMs;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), boundedMs);
    return {
        signal: controller.signal,
        remainingMs: () => endsAtMs - performance.now(),
        describe: () => `${timeoutMs / 1000} s`,
        async wait(waitMs, tooLate) {
            if (waitMs <= 0) {
                return;
            }
            try {
                await sleep(waitMs, undefined, { signal: controller.signal });
            } catch {
                throw tooLate();
            }
        },
        stop: () => clearTimeout(timer),
    };
}
