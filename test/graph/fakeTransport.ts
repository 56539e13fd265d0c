import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { type Deadline, startDeadline } from "../../provider/core/deadline.ts";
import type { Look } from "../../provider/core/lifecycle.ts";
import type { TokenClaims } from "../../provider/graph/accessToken.ts";
import { type ClientOptions, createGraph, type GraphClient } from "../../provider/graph/client.ts";
import type { Note, SentCodes } from "../../provider/graph/sentCodes.ts";
import type { Sent, Transport, TransportRequest } from "../../provider/graph/transport.ts";
import { FakeClock, type Settled } from "../core/fakeClock.ts";

export const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const target = { kind: "servicePrincipals", objectId: uuid } as const;
export const tried = `Acquiring a token for /servicePrincipals/${uuid}: `;
const endpoints = {
    graph: "https://graph.example",
    authority: "https://login.example",
    scope: "https://graph.example/.default",
};
export const secret = "sentinel-93c1&of a/credential";
const credentials = new Map([
    ["BaseAddress", "https://scim.example/v2"],
    ["SecretToken", secret],
]);

/** An answer of Graph's: with a request id, unless it is said otherwise. */
export function response(status: number, body?: string, headers: Record<string, string | undefined> = {}): Sent {
    const given: Record<string, string> = {};
    for (const [name, value] of Object.entries({ "request-id": "r-1", ...headers })) {
        if (value !== undefined) {
            given[name] = value;
        }
    }
    return {
        response: {
            status,
            headers: createHttpHeaders(given),
            request: createPipelineRequest({ url: endpoints.graph }),
            bodyAsText: body ?? null,
        },
        isChallenge: false,
    };
}

/** An answer of something on the way. */
export const foreign = (status: number, body?: string, headers: Record<string, string> = {}) =>
    response(status, body, { "request-id": undefined, ...headers });

export const graphError = (code: string, message: string) => JSON.stringify({ error: { code, message } });
export const accepted = response(204);
export const throttled = (retryAfter?: string) =>
    response(429, graphError("TooManyRequests", "Slow down."), { "retry-after": retryAfter });
export const notFound = response(404, graphError("Request_ResourceNotFound", "Gone."));
export const challenge: Sent = { ...(response(401) as Extract<Sent, { isChallenge: boolean }>), isChallenge: true };
export const lost: Sent = { reached: true, why: "ECONNRESET" };
export const notConnected: Sent = { reached: false, why: "ECONNREFUSED" };

export type Reply = Sent | Error | ((request: TransportRequest) => Promise<Sent>);

/** A request that stands until its signal ends it. */
export function hangs(reached: boolean): Reply {
    return ({ abortSignal }) =>
        new Promise((resolve) =>
            abortSignal.addEventListener("abort", () => resolve({ reached, why: "AbortError" }), { once: true }),
        );
}

/** A transport that answers with the replies in turn, the last one ever after, and notes what was sent when. */
class FakeTransport implements Transport {
    readonly requests: TransportRequest[] = [];
    readonly sentAtMs: number[] = [];
    tokenClaims: TokenClaims | undefined;
    private readonly replies: readonly Reply[];
    private readonly clock: FakeClock;

    constructor(clock: FakeClock, replies: readonly Reply[]) {
        this.clock = clock;
        this.replies = replies;
    }

    async send(request: TransportRequest): Promise<Sent> {
        const next = () => this.replies[Math.min(this.requests.length, this.replies.length - 1)];
        const failure = next();
        if (failure instanceof Error) {
            throw failure;
        }
        await request.beforeSending?.();
        const reply = next();
        this.requests.push(request);
        this.sentAtMs.push(this.clock.elapsedMs());
        if (typeof reply === "function") {
            return reply(request);
        }
        if (reply === undefined || reply instanceof Error) {
            throw reply;
        }
        return reply;
    }

    claims(): TokenClaims | undefined {
        return this.tokenClaims;
    }
}

/** Notes in memory, with what became of each. */
export class FakeSentCodes implements SentCodes {
    readonly log: string[] = [];
    readonly noted = new Map<string, NonNullable<Note["earlier"]>>();

    async begin(acquisition: string): Promise<Note> {
        const earlier = this.noted.get(acquisition);
        this.log.push(earlier === undefined ? "begin" : "sent before");
        const nothing = async () => undefined;
        if (earlier !== undefined) {
            return { earlier, accepted: nothing, forget: nothing };
        }
        const sentAt = "2025-12-31T00:00:00.000Z";
        this.noted.set(acquisition, { sentAt, accepted: false });
        return {
            accepted: async () => {
                this.log.push("accepted");
                this.noted.set(acquisition, { sentAt, accepted: true });
            },
            forget: async () => {
                this.log.push("forget");
                this.noted.delete(acquisition);
            },
        };
    }
}

/** What an acquisition differs in from the usual one. */
export interface Way {
    readonly timeoutMs?: number;
    readonly apiVersion?: "v1.0" | "beta";
    readonly worksOnce?: boolean;
    readonly mayBeNew?: boolean;
    readonly occasion?: string;
    readonly objectId?: string;
    readonly cancelled?: AbortSignal;
    readonly onDoubt?: () => void;
}

/** A client over these replies, with its clock; every operation gives its timers back. */
export class Setup {
    readonly clock = new FakeClock();
    readonly informed: string[] = [];
    readonly sentCodes = new FakeSentCodes();
    readonly transport: FakeTransport;
    readonly graph: GraphClient;

    constructor(replies: readonly Reply[], options: Partial<ClientOptions> = {}) {
        this.transport = new FakeTransport(this.clock, replies);
        this.graph = createGraph({
            endpoints,
            transport: this.transport,
            inform: (message) => void this.informed.push(message),
            sentCodes: this.sentCodes,
            clock: this.clock,
            random: () => 1,
            ...options,
        });
    }

    /** An acquisition that has begun. */
    async acquiring({ timeoutMs = 300_000, cancelled, objectId = uuid, ...way }: Way = {}) {
        return this.#within(timeoutMs, cancelled, (deadline) =>
            this.graph.acquireAccessToken({
                target: { ...target, objectId },
                credentials,
                apiVersion: "v1.0",
                worksOnce: false,
                mayBeNew: false,
                occasion: "null",
                deadline,
                ...way,
            }),
        );
    }

    looking(timeoutMs = 60_000): Promise<boolean> {
        return this.#within(timeoutMs, undefined, (deadline) => this.graph.targetExists({ target, deadline }));
    }

    /** A question that has begun. */
    asking<Result>(question: (look: Look) => Promise<Result>): Promise<Result> {
        return this.#within(60_000, undefined, (deadline) => question({ target, deadline }));
    }

    /** What came of an acquisition, with the clock turned until something did. */
    async acquire(way?: Way): Promise<Settled<unknown> & { readonly message: string }> {
        const outcome = await this.clock.settled<unknown>(this.acquiring(way));
        return { ...outcome, message: outcome.error instanceof Error ? outcome.error.message : "" };
    }

    async #within<Result>(
        timeoutMs: number,
        cancelled: AbortSignal | undefined,
        action: (deadline: Deadline) => Promise<Result>,
    ): Promise<Result> {
        const deadline = startDeadline(timeoutMs, this.clock, cancelled);
        try {
            return await action(deadline);
        } finally {
            deadline.stop();
        }
    }
}
