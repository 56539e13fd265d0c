import { inspect } from "node:util";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
    AuthenticationError,
    DeadlineError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
    ThrottledError,
    UnreachableError,
} from "../../provider/core/errors.ts";
import type { Graph } from "../../provider/core/lifecycle.ts";
import { createGraph } from "../../provider/graph/client.ts";
import type { Sent, Transport, TransportRequest } from "../../provider/graph/transport.ts";

// Vitest's fake timers turn the global ones only; this is the promised one over those.
vi.mock("node:timers/promises", () => ({
    setTimeout: (delayMs: number, value: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((resolve, reject) => {
            const timer = setTimeout(() => resolve(value), delayMs);
            const abort = () => {
                clearTimeout(timer);
                reject(new Error("aborted"));
            };
            signal.addEventListener("abort", abort, { once: true });
            if (signal.aborted) {
                abort();
            }
        }),
}));

const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const target = { kind: "servicePrincipals", objectId: uuid } as const;
const endpoints = {
    graph: "https://graph.example",
    authority: "https://login.example",
    scope: "https://graph.example/.default",
};
const secret = "sentinel-93c1&of a/credential";
const credentials = new Map([
    ["BaseAddress", "https://scim.example/v2"],
    ["SecretToken", secret],
]);

function response(status: number, body?: string, headers: Record<string, string> = {}): Sent {
    return {
        response: {
            status,
            headers: createHttpHeaders({ "request-id": "r-1", ...headers }),
            request: createPipelineRequest({ url: endpoints.graph }),
            bodyAsText: body ?? null,
        },
    };
}

const graphError = (code: string, message: string) => JSON.stringify({ error: { code, message } });
const lost = { reached: true, why: "ECONNRESET" };
const notConnected = { reached: false, why: "ECONNREFUSED" };

type Reply = Sent | Error | ((request: TransportRequest) => Promise<Sent>);

/** A transport that answers with the replies in turn, the last one ever after, and notes what was sent when. */
class FakeTransport implements Transport {
    readonly requests: TransportRequest[] = [];
    readonly sentAtMs: number[] = [];
    private readonly replies: readonly Reply[];

    constructor(...replies: readonly Reply[]) {
        this.replies = replies;
    }

    async send(request: TransportRequest): Promise<Sent> {
        const reply = this.replies[Math.min(this.requests.length, this.replies.length - 1)];
        this.requests.push(request);
        this.sentAtMs.push(Date.now() - startMs);
        if (typeof reply === "function") {
            return reply(request);
        }
        if (reply === undefined || reply instanceof Error) {
            throw reply;
        }
        return reply;
    }
}

const startMs = Date.parse("2026-01-01T00:00:00Z");
let informed: string[];

beforeEach(() => {
    vi.useFakeTimers({ now: startMs });
    informed = [];
});

afterEach(() => {
    // Every operation gives its timers back, or the process would not end.
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
});

const graphOver = (transport: Transport) =>
    createGraph({ endpoints, transport, inform: (message) => void informed.push(message), random: () => 1 });

const acquire = (graph: Graph, timeoutMs = 300_000, apiVersion: "v1.0" | "beta" = "v1.0") =>
    graph.acquireAccessToken({ target, credentials, apiVersion, timeoutMs });

/** What came of it, with the clock turned until something did. */
async function settled<Value>(promise: Promise<Value>): Promise<{ value?: Value; error?: unknown; afterMs: number }> {
    const outcome = promise.then(
        (value) => ({ value, afterMs: Date.now() - startMs }),
        (error: unknown) => ({ error, afterMs: Date.now() - startMs }),
    );
    await vi.runAllTimersAsync();
    return outcome;
}

describe("an acquisition", () => {
    test("is one POST of Graph's body to the target's action, and its request id is handed on", async () => {
        const transport = new FakeTransport(response(204));
        expect(await settled(acquire(graphOver(transport)))).toEqual({ value: { requestId: "r-1" }, afterMs: 0 });
        expect(transport.requests).toHaveLength(1);
        const [request] = transport.requests;
        expect(request).toMatchObject({
            method: "POST",
            url: `https://graph.example/v1.0/servicePrincipals/${uuid}/synchronization/acquireAccessToken`,
        });
        const odataType = "microsoft.graph.synchronizationSecretKeyStringValuePair";
        expect(JSON.parse(request?.body ?? "")).toEqual({
            credentials: [
                { "@odata.type": odataType, key: "BaseAddress", value: "https://scim.example/v2" },
                { "@odata.type": odataType, key: "SecretToken", value: secret },
            ],
        });
        expect(informed).toEqual([]);
    });

    test("goes to the other version where that is asked for", async () => {
        const transport = new FakeTransport(response(204));
        await settled(acquire(graphOver(transport), 1000, "beta"));
        expect(transport.requests[0]?.url).toContain("https://graph.example/beta/servicePrincipals/");
    });

    test("has an empty request id where Graph names none", async () => {
        const { value } = await settled(
            acquire(graphOver(new FakeTransport(response(204, undefined, { "request-id": "" })))),
        );
        expect(value).toEqual({ requestId: "" });
    });
});

describe("throttling", () => {
    const throttled = (retryAfter?: string) =>
        response(
            429,
            graphError("TooManyRequests", "Slow down."),
            retryAfter === undefined ? {} : { "retry-after": retryAfter },
        );

    test.each([
        ["seconds", "7", 7000],
        ["a date", "Thu, 01 Jan 2026 00:00:09 GMT", 9000],
        ["nothing", undefined, 2000],
        ["a date that has passed", "Wed, 31 Dec 2025 00:00:00 GMT", 2000],
    ])("is waited out as long as Graph says with %s, and then sent again", async (_, retryAfter, waitMs) => {
        const transport = new FakeTransport(throttled(retryAfter), response(204));
        const { value } = await settled(acquire(graphOver(transport)));
        expect(value).toEqual({ requestId: "r-1" });
        expect(transport.sentAtMs).toEqual([0, waitMs]);
        expect(informed).toEqual([
            `Acquiring a token for /servicePrincipals/${uuid}: Microsoft Graph answered 429 TooManyRequests: Slow down. ` +
                `(request-id r-1), waiting ${waitMs / 1000} s before the next attempt`,
        ]);
    });

    test("is no hot loop where Graph goes on naming no wait", async () => {
        const transport = new FakeTransport(throttled("0"));
        const { error } = await settled(acquire(graphOver(transport), 60_000));
        expect(error).toBeInstanceOf(ThrottledError);
        expect(transport.sentAtMs).toEqual([0, 2000, 6000, 14_000, 30_000]);
    });

    test("pauses every operation, also one that begins later", async () => {
        const transport = new FakeTransport(throttled("10"), response(204));
        const graph = graphOver(transport);
        const first = acquire(graph);
        await vi.advanceTimersByTimeAsync(4000);
        const look = graph.targetExists({ target, timeoutMs: 60_000 });
        const second = acquire(graph);
        await settled(Promise.all([first, second, look]));
        expect(transport.sentAtMs).toEqual([0, 10_000, 10_000, 10_000]);
    });

    test("that asks for more than the operation has fails at once and says when to come back", async () => {
        const transport = new FakeTransport(throttled("3600"));
        const { error, afterMs } = await settled(acquire(graphOver(transport)));
        expect(error).toBeInstanceOf(ThrottledError);
        expect(error).toMatchObject({ status: 429, graphCode: "TooManyRequests", requestId: "r-1", code: "THROTTLED" });
        expect(String(error)).toContain("Run pulumi up again after 2026-01-01T01:00:00.000Z");
        expect(String(error)).toContain("429 TooManyRequests: Slow down. (request-id r-1)");
        expect(afterMs).toBe(0);
        expect(transport.requests).toHaveLength(1);
    });

    test("that asks for more than an operation has fails the next ones too, and sends nothing for them", async () => {
        const transport = new FakeTransport(throttled("3600"), response(204));
        const graph = graphOver(transport);
        await settled(acquire(graph));
        const { error, afterMs } = await settled(acquire(graph));
        expect(error).toBeInstanceOf(ThrottledError);
        expect(String(error)).toContain("2026-01-01T01:00:00.000Z");
        expect(afterMs).toBe(0);
        expect(transport.requests).toHaveLength(1);
        expect((await settled(acquire(graph, 2 * 3_600_000))).value).toEqual({ requestId: "r-1" });
        expect(transport.sentAtMs).toEqual([0, 3_600_000]);
    });

    test("until a time that no calendar holds is an error like any other", async () => {
        const { error } = await settled(acquire(graphOver(new FakeTransport(throttled("9".repeat(30))))));
        expect(error).toBeInstanceOf(ThrottledError);
    });
});

describe("an outcome that nobody knows", () => {
    const page = "<html><h1>Bad Gateway</h1></html>";
    test.each<[string, Sent, string, number | undefined]>([
        [
            "500",
            response(500, graphError("InternalServerError", "Oops.")),
            "answered 500 InternalServerError: Oops.",
            500,
        ],
        [
            "502 with a page",
            response(502, page),
            'answered 502: an answer that is not Graph\'s JSON, "Bad Gateway"',
            502,
        ],
        ["503 without a body", response(503, "", { "retry-after": "1" }), "answered 503 (request-id r-1)", 503],
        ["504", response(504), "answered 504", 504],
        ["408", response(408), "answered 408", 408],
        ["a reset connection", lost, "ECONNRESET", undefined],
    ])("%s is told as such, after exactly one POST", async (_, sent, came, status) => {
        const transport = new FakeTransport(sent, response(204));
        const { error, afterMs } = await settled(acquire(graphOver(transport)));
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", status });
        expect(String(error)).toContain(`Acquiring a token for /servicePrincipals/${uuid}: `);
        expect(String(error)).toContain(came);
        expect(String(error)).toContain("may or may not have acquired");
        expect(String(error)).toContain("Oauth2AuthorizationCode");
        expect(transport.requests).toHaveLength(1);
        expect(afterMs).toBe(0);
    });

    test("an answer that does not come in time is one too, after exactly one POST", async () => {
        const transport = new FakeTransport(hangs(true));
        const { error, afterMs } = await settled(acquire(graphOver(transport), 30_000));
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(String(error)).toContain("no answer within 30 s");
        expect(afterMs).toBe(30_000);
        expect(transport.requests).toHaveLength(1);
    });

    test("after a throttled attempt too: the second POST is the last one", async () => {
        const transport = new FakeTransport(response(429, undefined, { "retry-after": "1" }), lost, response(204));
        const { error } = await settled(acquire(graphOver(transport)));
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(transport.requests).toHaveLength(2);
    });
});

/** A request that stands until its signal ends it. */
function hangs(reached: boolean): (request: TransportRequest) => Promise<Sent> {
    return ({ abortSignal }) =>
        new Promise((resolve) =>
            abortSignal.addEventListener("abort", () => resolve({ reached, why: "AbortError" }), { once: true }),
        );
}

describe("a host that is not there", () => {
    test("is tried four times, with longer and longer waits", async () => {
        const transport = new FakeTransport(notConnected);
        const { error } = await settled(acquire(graphOver(transport)));
        expect(error).toBeInstanceOf(UnreachableError);
        expect(String(error)).toContain("https://graph.example could not be reached (ECONNREFUSED, 4 attempts)");
        expect(String(error)).toContain("Nothing was sent");
        expect(transport.sentAtMs).toEqual([0, 1000, 3000, 7000]);
    });

    test("that is there after all makes no error", async () => {
        const transport = new FakeTransport(notConnected, notConnected, notConnected, response(204));
        expect((await settled(acquire(graphOver(transport)))).value).toEqual({ requestId: "r-1" });
        expect(informed).toHaveLength(3);
    });

    test("has its four attempts however often Graph throttled before", async () => {
        const throttled = response(429, undefined, { "retry-after": "1" });
        const before = [throttled, throttled, throttled, throttled];
        const transport = new FakeTransport(...before, notConnected, notConnected, notConnected, response(204));
        expect((await settled(acquire(graphOver(transport)))).value).toEqual({ requestId: "r-1" });
    });

    test("is told as such where the time is too short for another attempt, and not as a wait that Graph asked for", async () => {
        const transport = new FakeTransport(notConnected);
        const { error } = await settled(acquire(graphOver(transport), 500));
        expect(error).toBeInstanceOf(UnreachableError);
        expect(String(error)).toContain("could not be reached (ECONNREFUSED, 1 attempt)");
        expect(String(error)).not.toContain("asks for");
    });
});

describe("a refusal", () => {
    test.each([
        [401, PermissionDeniedError, "UnknownError", "", "Synchronization.ReadWrite.All"],
        [403, PermissionDeniedError, "Authorization_RequestDenied", "No.", "Application.ReadWrite.OwnedBy"],
        [404, TargetNotFoundError, "Request_ResourceNotFound", "Gone.", "object id"],
        [400, RequestRejectedError, "RequestParameterInvalid", "Bad.", "Correct what Graph names"],
        [409, RequestRejectedError, "Conflict", "Busy.", "Correct what Graph names"],
        [307, RequestRejectedError, "Moved", "Elsewhere.", "Correct what Graph names"],
    ])("with %d is told with all that there is, after one POST", async (status, kind, code, words, advice) => {
        const transport = new FakeTransport(response(status, graphError(code, words)), response(204));
        const { error } = await settled(acquire(graphOver(transport)));
        expect(error).toBeInstanceOf(kind);
        expect(error).toMatchObject({ status, graphCode: code, requestId: "r-1" });
        const answer = `${status} ${code}${words === "" ? "" : `: ${words}`} (request-id r-1)`;
        expect(String(error)).toContain(
            `Acquiring a token for /servicePrincipals/${uuid}: Microsoft Graph answered ${answer}.`,
        );
        expect(String(error)).toContain(advice);
        expect(transport.requests).toHaveLength(1);
    });

    test("never holds a value that was submitted, however it is echoed and looked at", async () => {
        const echoes = [
            secret,
            encodeURIComponent(secret),
            Buffer.from(secret).toString("base64"),
            JSON.stringify({ Message: secret }),
        ];
        for (const status of [400, 401, 403, 404, 408, 429, 500, 502]) {
            const body = graphError(`Code ${secret}`, echoes.join(" "));
            const transport = new FakeTransport(
                response(status, body, { "retry-after": "9999", "request-id": secret }),
            );
            const { error } = await settled(acquire(graphOver(transport)));
            const shown = inspect(error, { showHidden: true, depth: 10 }) + JSON.stringify(error);
            for (const echo of [...echoes.slice(0, 3), "sentinel"]) {
                expect(shown).not.toContain(echo);
            }
        }
        expect(informed.join()).not.toContain("sentinel");
    });

    test("carries neither request, response nor cause", async () => {
        const { error } = await settled(acquire(graphOver(new FakeTransport(response(400, graphError("A", "b"))))));
        expect(Object.keys(error as object).sort()).toEqual(["code", "graphCode", "name", "requestId", "status"]);
        expect(error).not.toHaveProperty("cause");
    });
});

describe("the operation's time", () => {
    test("that ends before anything was sent is a deadline, and nothing was processed", async () => {
        const transport = new FakeTransport(hangs(false));
        const { error, afterMs } = await settled(acquire(graphOver(transport), 30_000));
        expect(error).toBeInstanceOf(DeadlineError);
        expect(String(error)).toContain("not done within 30 s");
        expect(String(error)).toContain("had not processed anything");
        expect(afterMs).toBe(30_000);
    });

    test("may be longer than a timer of Node.js runs", async () => {
        const slow = () => new Promise<Sent>((resolve) => setTimeout(() => resolve(response(204)), 60_000));
        const timers = vi.spyOn(globalThis, "setTimeout");
        const graph = graphOver(new FakeTransport(slow));
        expect((await settled(acquire(graph, 60 * 24 * 3_600_000))).value).toEqual({ requestId: "r-1" });
        // Anything longer would go off after 1 ms; the fake timers do not imitate that.
        expect(Math.max(...timers.mock.calls.map(([, delayMs = 0]) => delayMs))).toBe(2 ** 31 - 1);
        timers.mockRestore();
    });

    test("does not change an error of signing in", async () => {
        const error = new AuthenticationError("no token");
        expect((await settled(acquire(graphOver(new FakeTransport(error))))).error).toBe(error);
    });
});

describe("a look at the target", () => {
    const look = (graph: Graph) => graph.targetExists({ target, timeoutMs: 60_000 });

    test("is one GET for nothing but the id, and has no body", async () => {
        const transport = new FakeTransport(response(200, "{}"));
        expect((await settled(look(graphOver(transport)))).value).toBe(true);
        expect(transport.requests).toHaveLength(1);
        const url = `https://graph.example/v1.0/servicePrincipals/${uuid}?$select=id`;
        expect(transport.requests[0]).toMatchObject({ method: "GET", url });
        expect(transport.requests[0]).not.toHaveProperty("body");
    });

    test("finds nothing only where Graph itself says so", async () => {
        const gone = response(404, graphError("Request_ResourceNotFound", "Gone."));
        expect((await settled(look(graphOver(new FakeTransport(gone))))).value).toBe(false);
    });

    test.each<[string, Sent, unknown]>([
        ["a 404 of a proxy", response(404, "<html>Not Found</html>"), TargetNotFoundError],
        ["a 404 of a gateway", response(404, graphError("UnknownError", "No route.")), TargetNotFoundError],
        ["a 401", response(401), PermissionDeniedError],
        ["a 403", response(403), PermissionDeniedError],
        ["a 302", response(302), RequestRejectedError],
        ["a 503", response(503), UnreachableError],
        ["a reset", lost, UnreachableError],
        ["no connection", notConnected, UnreachableError],
    ])("does not take %s for gone", async (_, sent, kind) => {
        const { error } = await settled(look(graphOver(new FakeTransport(sent))));
        expect(error).toBeInstanceOf(kind);
        expect(String(error)).toContain(`Looking for /servicePrincipals/${uuid}`);
    });
});
