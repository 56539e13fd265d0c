import type { AddressInfo } from "node:net";
import { createServer, getCACertificates, type Server, setDefaultCACertificates } from "node:tls";
import { inspect } from "node:util";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EntrasyncError } from "../../provider/core/errors.ts";
import { field, parseJson } from "../../provider/core/json.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { createServerCertificate } from "../../provider/emulator/certificates.ts";
import { createGraph } from "../../provider/graph/client.ts";
import { createTransport, type Sent, type Transport } from "../../provider/graph/transport.ts";
import { LeapingClock } from "../model/clock.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";

/* Whatever is answered in Graph's name: an end of ours, in time, and no value in it. */

const secret = new Sentinel("credential");
const targetId = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const startMs = Date.parse("2026-01-01T00:00:00Z");

/** The secret as servers say it back, and anything else. */
const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
        secret.value,
        `…${secret.value}…${secret.value}`,
        encodeURIComponent(secret.value),
        JSON.stringify({ value: secret.value }),
        JSON.stringify({ Message: JSON.stringify(secret.value) }),
        Buffer.from(secret.value).toString("base64"),
        "",
        "UnknownError",
        "Request_ResourceNotFound",
        "__proto__",
    ),
);
const anything = fc.oneof(fc.jsonValue(), words, fc.constant(undefined));
const bodies = fc.oneof(
    words,
    fc.json(),
    fc.constantFrom("null", "[]", '"text"', "{", "[".repeat(20_000), `${"<p>".repeat(5000)}${secret.value}`),
    fc
        .record(
            {
                error: fc.oneof(
                    anything,
                    fc.record(
                        {
                            code: anything,
                            message: anything,
                            innerError: fc.oneof(anything, fc.record({ "request-id": anything })),
                        },
                        { requiredKeys: [] },
                    ),
                ),
                value: fc.oneof(anything, fc.array(fc.oneof(anything, fc.record({ key: anything, value: anything })))),
            },
            { requiredKeys: [] },
        )
        .map((body) => JSON.stringify(body)),
);
const headerText = fc.oneof(
    fc.string({ unit: "grapheme-ascii" }),
    fc.constantFrom(
        "0",
        "-1",
        "1",
        "3600",
        "1e99",
        "9".repeat(400),
        "Fri, 99 Foo 2026 03:04:35 GMT",
        "Fri, 02 Jan 2026 03:04:35 GMT",
    ),
    fc.constant(encodeURIComponent(secret.value)),
    fc.integer().map(String),
);
const headers = fc.dictionary(
    fc.constantFrom("retry-after", "request-id", "www-authenticate", "location", "content-type", "x-ms-ags-diagnostic"),
    headerText,
);
const statuses = fc.oneof(
    fc.integer({ min: 100, max: 999 }),
    fc.constantFrom(200, 204, 301, 400, 401, 403, 404, 408, 409, 429, 429, 500, 503, 0, -1, Number.NaN, 1e9),
);
const sents: fc.Arbitrary<Sent> = fc.oneof(
    {
        weight: 8,
        arbitrary: fc
            .record({ status: statuses, headers, body: fc.option(bodies), isChallenge: fc.boolean() })
            .map(({ status, headers, body, isChallenge }) => ({
                response: {
                    status,
                    headers: createHttpHeaders(headers),
                    request: createPipelineRequest({ url: "https://graph.example" }),
                    bodyAsText: body,
                },
                isChallenge,
            })),
    },
    { weight: 1, arbitrary: fc.record({ reached: fc.boolean(), why: fc.constantFrom("ECONNRESET", "ENOTFOUND") }) },
);

/** Gives these answers in turn, over and over. */
function transportOf(answers: readonly Sent[]): Transport & { sent: number } {
    return {
        sent: 0,
        claims: () => undefined,
        async send({ method, url, beforeSending }) {
            await beforeSending?.();
            const answer = answers[this.sent % answers.length];
            this.sent += 1;
            if (answer === undefined) {
                throw new Error("no answer was made up");
            }
            return method === "GET" ? ofLook(answer, url.endsWith("/secrets")) : answer;
        },
    };
}

/**
 * A look submits no credential, so no error says one back. What it was asked for may hold some: `synchronization/secrets`
 * has values in clear, and whatever stands on the way may take its marks from such an answer.
 */
function ofLook(sent: Sent, isAtSecrets: boolean): Sent {
    const { response } = sent;
    if (response === undefined) {
        return sent;
    }
    const { "request-id": _, ...headers } = response.headers.toJSON();
    const body = response.bodyAsText ?? "";
    const isBare = !isAtSecrets || response.status >= 300 || field(parseJson(body), "error") !== undefined;
    return {
        ...sent,
        response: { ...response, headers: createHttpHeaders(headers), bodyAsText: isBare ? "Bad gateway" : body },
    };
}

const note = { accepted: async () => undefined, forget: async () => undefined };

function surroundingsOver(transport: Transport, clock: LeapingClock, said: string[]): lifecycle.Surroundings {
    const graph = createGraph({
        endpoints: { graph: "https://graph.example", authority: "https://login.example", scope: "scope" },
        transport,
        inform: (message) => said.push(message),
        sentCodes: { begin: async () => note },
        clock,
        random: () => 0.5,
    });
    return {
        cloud: () => "public",
        graph: async () => graph,
        clock,
        randomBytes: (count) => new Uint8Array(count),
        inform: (message) => said.push(message),
        warn: (message) => said.push(message),
    };
}

/** Creates, refreshes and updates with these answers; what came of it, and how long it took by the clock. */
async function play(answers: readonly Sent[], key: string) {
    const said: string[] = [];
    const clock = new LeapingClock(startMs);
    const surroundings = surroundingsOver(transportOf(answers), clock, said);
    const news = { servicePrincipalId: targetId, credentials: { [key]: secret.value, "@hashKey": "" } };
    const { inputs } = lifecycle.check({}, news, surroundings);
    const id = `/servicePrincipals/${targetId}/synchronization/acquireAccessToken`;
    const olds = { credentialHashes: {}, acquiredAt: "2025-12-31T00:00:00.000Z", cloud: "public" };
    const unknown = { ...olds, outcomeUnknownSince: "2025-12-31T00:00:00.000Z" };
    const within = async (operation: () => Promise<unknown>): Promise<unknown> => {
        const startedMs = clock.elapsedMs();
        const end = await clock.turnUntilDone(operation().catch((error: unknown) => error));
        expect(clock.elapsedMs() - startedMs).toBeLessThanOrEqual(5 * 60_000);
        expect(clock.timers).toBe(0);
        return end;
    };
    const sending = [
        await within(() => lifecycle.create(inputs, surroundings)),
        await within(() => lifecycle.update(id, olds, inputs, surroundings)),
    ];
    const saidOfSending = said.splice(0);
    return { sending, saidOfSending, looking: await within(() => lifecycle.read(id, unknown, surroundings)), said };
}

function isOurs(end: unknown): void {
    const error = end instanceof lifecycle.KeptInStateError ? end.failure : end;
    if (error instanceof Error) {
        expect(error).toBeInstanceOf(EntrasyncError);
        expect(error.message).not.toBe("");
    }
}

function isWithoutSecret(end: unknown, said: readonly string[]): void {
    const error = end instanceof lifecycle.KeptInStateError ? end.failure : end;
    const surfaces = {
        said: said.join("\n"),
        end: inspect(end, { depth: 8 }),
        json: JSON.stringify(end) ?? "",
        error: error instanceof Error ? `${error.message}\n${error.stack}` : "",
    };
    expect(leaks(surfaces, [secret])).toEqual([]);
}

test.each(["SecretToken", "Oauth2AuthorizationCode"])(
    "1,500 made-up answers to an acquisition with a %s end as ours, in time, with no value in any word",
    async (key) => {
        await fc.assert(
            fc.asyncProperty(fc.array(sents, { minLength: 1, maxLength: 4 }), async (answers) => {
                const { sending, saidOfSending, looking, said } = await play(answers, key);
                for (const end of sending) {
                    isOurs(end);
                    isWithoutSecret(end, saidOfSending);
                }
                isWithoutSecret(looking, said);
                expect(looking).toMatchObject({ found: expect.stringMatching(/^(kept|gone)$/) });
                expect(said.every((message) => message !== "")).toBe(true);
            }),
            { numRuns: 1500 },
        );
    },
);

/** Bytes on the wire, from well-formed to none at all. */
const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data)),
    fc
        .constantFrom(
            "",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 99999 Odd\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            `HTTP/1.1 400 Bad\r\n${"X-Long: y\r\n".repeat(3000)}\r\n`,
            "HTTP/1.1 400 Bad\r\nRequest-Id: a\r\nRequest-Id: b\r\n\r\n",
            "HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 500 Odd\r\nContent-Length: 0\r\n\r\n",
            "HTTP/0.9\r\n\r\n",
            "\r\n\r\n\r\n",
        )
        .map((text) => Buffer.from(text)),
    fc
        .record({ status: fc.integer({ min: 100, max: 599 }), name: fc.string(), value: fc.string(), body: bodies })
        .map(({ status, name, value, body }) =>
            Buffer.from(`HTTP/1.1 ${status} X\r\nConnection: close\r\n${name}: ${value}\r\n\r\n${body}`),
        ),
);

test("200 answers made of bytes, over TLS, are an answer or a failure, and never an exception", async () => {
    const certificate = await createServerCertificate();
    setDefaultCACertificates([...getCACertificates("default"), certificate.ca]);
    let answer = Buffer.alloc(0);
    const server: Server = createServer({ key: certificate.privateKey, cert: certificate.certificate }, (socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const tokens = { getToken: async () => ({ token: "token", expiresOnTimestamp: Date.now() + 3_600_000 }) };
    try {
        await fc.assert(
            fc.asyncProperty(bytes, fc.boolean(), async (made, ownConnection) => {
                answer = made;
                const transport = await createTransport(tokens, "scope");
                const sent = await transport
                    .send({
                        method: "POST",
                        url: `https://localhost:${port}/v1.0/x`,
                        body: "{}",
                        abortSignal: AbortSignal.timeout(10_000),
                        ownConnection,
                    })
                    // The one exception that is ours: a proxy that refuses.
                    .catch((error: unknown) => error);
                if (sent instanceof Error) {
                    expect(sent).toBeInstanceOf(EntrasyncError);
                }
                expect(sent).not.toMatchObject({ why: expect.stringContaining("Abort") });
            }),
            { numRuns: 200 },
        );
    } finally {
        server.close();
    }
});
