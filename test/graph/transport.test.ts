import { execFileSync } from "node:child_process";
import { EventEmitter } from "node:events";
import https from "node:https";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { AuthenticationError, ConfigurationError, UnreachableError } from "../../provider/core/errors.ts";
import { createServerCertificate, type ServerCertificate } from "../../provider/emulator/certificates.ts";
import { fetchMetadata } from "../../provider/graph/ask.ts";
import { createTransport, type Sent, type TokenSource } from "../../provider/graph/transport.ts";
import { type Behaviour, startServer } from "./server.ts";

let trusted: ServerCertificate;
let untrusted: ServerCertificate;

beforeAll(async () => {
    [trusted, untrusted] = await Promise.all([createServerCertificate(), createServerCertificate()]);
    // What NODE_EXTRA_CA_CERTS does for a process that is yet to start.
    setDefaultCACertificates([...getCACertificates("default"), trusted.ca]);
});

afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
});

const scope = "https://graph.example/.default";
const hourMs = 3_600_000;

/** A token source that counts, and gives out `token-1`, `token-2`, …. */
class Tokens implements TokenSource {
    readonly asked: { scopes: string | string[]; claims: unknown }[] = [];

    async getToken(scopes: string | string[], options: object = {}) {
        this.asked.push({ scopes, claims: Reflect.get(options, "claims") });
        return { token: `token-${this.asked.length}`, expiresOnTimestamp: Date.now() + hourMs };
    }
}

async function post(url: string, { tokens = new Tokens() as TokenSource, signal = AbortSignal.timeout(20_000) } = {}) {
    const transport = await createTransport(tokens, scope);
    return transport.send({ method: "POST", url, body: '{"credentials":[]}', abortSignal: signal });
}

/** A server with this behaviour, one POST to it, and what came of both. */
async function postTo(behave: Behaviour, options?: Parameters<typeof post>[1]) {
    const server = await startServer(behave, trusted);
    return { sent: await post(`https://localhost:${server.port}/v1.0/x`, options), server };
}

const failure = (sent: Sent) => (sent.response === undefined ? sent : { status: sent.response.status });
const end =
    (status: number, headers: Record<string, string> = {}, body?: string): Behaviour =>
    (_, response) =>
        void response.writeHead(status, headers).end(body);

describe("a POST", () => {
    test("carries the token for the scope, the body as JSON, who we are and a request id of ours", async () => {
        const tokens = new Tokens();
        const { sent, server } = await postTo(end(204, { "request-id": "r-1" }), { tokens });
        expect(failure(sent)).toEqual({ status: 204 });
        expect(sent.response?.headers.get("request-id")).toBe("r-1");
        expect(tokens.asked).toEqual([{ scopes: [scope], claims: undefined }]);
        expect(server.received).toEqual([
            {
                method: "POST",
                path: "/v1.0/x",
                body: '{"credentials":[]}',
                headers: expect.objectContaining({
                    authorization: "Bearer token-1",
                    "content-type": "application/json",
                    accept: "application/json",
                    "client-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
                    "user-agent": expect.stringMatching(/^pulumi-entrasync /),
                }),
            },
        ]);
    });

    test("needs one token for many requests, side by side or one after the other", async () => {
        const server = await startServer(end(204), trusted);
        const tokens = new Tokens();
        const transport = await createTransport(tokens, scope);
        const abortSignal = AbortSignal.timeout(20_000);
        const send = () => transport.send({ method: "GET", url: `https://localhost:${server.port}/`, abortSignal });
        await Promise.all([send(), send(), send()]);
        await send();
        expect(tokens.asked).toHaveLength(1);
        expect(server.received).toHaveLength(4);
        expect(server.received.map(({ headers }) => headers["content-type"])).toEqual(Array(4).fill(undefined));
    });

    test.each([429, 408, 500, 502, 503, 504, 400, 401, 403, 404])(
        "that is answered with %d goes out once",
        async (status) => {
            const { sent, server } = await postTo(end(status, { "retry-after": "0" }, '{"error":{}}'));
            expect(failure(sent)).toEqual({ status });
            expect(sent.response?.bodyAsText).toBe('{"error":{}}');
            expect(server.received).toHaveLength(1);
        },
    );

    test.each([301, 302, 303, 307, 308])("follows no redirect, not even to the same server: %d", async (status) => {
        const { sent, server } = await postTo(end(status, { location: "/v1.0/elsewhere" }));
        expect(failure(sent)).toEqual({ status });
        expect(server.received.map(({ path }) => path)).toEqual(["/v1.0/x"]);
    });

    test("whose connection is reset goes out once, and may have been processed", async () => {
        const { sent, server } = await postTo((request) => request.socket.destroy());
        expect(failure(sent)).toEqual({ reached: true, why: "ECONNRESET" });
        expect(server.received).toHaveLength(1);
    });

    test("whose answer breaks off goes out once, and may have been processed", async () => {
        const { sent, server } = await postTo((request, response) => {
            response.writeHead(200, { "content-length": "100" }).write("{");
            setTimeout(() => request.socket.destroy(), 50);
        });
        expect(failure(sent)).toMatchObject({ reached: true });
        expect(server.received).toHaveLength(1);
    });

    test("that is given up while it waits goes out once, and may have been processed", async () => {
        const { sent, server } = await postTo(() => undefined, { signal: AbortSignal.timeout(300) });
        expect(failure(sent)).toMatchObject({ reached: true });
        expect(server.received).toHaveLength(1);
    });

    test("goes out again with a new token when Graph asks for claims: it has not processed the first", async () => {
        const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString("base64");
        const challenge = `Bearer realm="", error="insufficient_claims", claims="${claims}"`;
        const tokens = new Tokens();
        const { sent, server } = await postTo(
            (_, response, count) =>
                void response
                    .writeHead(count === 1 ? 401 : 204, count === 1 ? { "www-authenticate": challenge } : {})
                    .end(),
            { tokens },
        );
        expect(failure(sent)).toEqual({ status: 204 });
        expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
            "Bearer token-1",
            "Bearer token-2",
        ]);
        expect(tokens.asked[1]?.claims).toBe('{"access_token":{"nbf":{"essential":true}}}');
    });

    test("goes out twice at most, however often Graph asks for claims", async () => {
        const challenge = `Bearer error="insufficient_claims", claims="${Buffer.from("{}").toString("base64")}"`;
        const { sent, server } = await postTo(end(401, { "www-authenticate": challenge }));
        expect(sent).toMatchObject({ response: { status: 401 }, isChallenge: true });
        expect(server.received).toHaveLength(2);
    });

    test.each(["Bearer", 'Bearer error="insufficient_claims"', 'Bearer error="invalid_token", claims="e30="'])(
        "is not signed in for again where the challenge is %j",
        async (challenge) => {
            const { sent, server } = await postTo(end(401, { "www-authenticate": challenge }));
            expect(failure(sent)).toEqual({ status: 401 });
            expect(sent).toMatchObject({ isChallenge: false });
            expect(server.received).toHaveLength(1);
        },
    );

    test("goes out with the old token where a renewal fails, until that ends; then the failure is told", async () => {
        const server = await startServer(end(204), trusted);
        const unhandled = vi.fn();
        process.on("unhandledRejection", unhandled);
        const getToken = vi.fn<TokenSource["getToken"]>();
        getToken.mockResolvedValueOnce({ token: "old", expiresOnTimestamp: Date.now() + 2500 });
        getToken.mockRejectedValue(new AuthenticationError("no more"));
        const transport = await createTransport({ getToken }, scope);
        const send = () =>
            transport.send({
                method: "POST",
                url: `https://localhost:${server.port}/`,
                abortSignal: AbortSignal.timeout(20_000),
            });
        for (let sent = 1; sent <= 3; sent++) {
            expect(failure(await send())).toEqual({ status: 204 });
        }
        // Past the token's end, and past the pipeline's own next attempt: its failure would be nobody's to catch.
        const asked = getToken.mock.calls.length;
        await new Promise((resolve) => setTimeout(resolve, 4000));
        process.off("unhandledRejection", unhandled);
        expect(unhandled).not.toHaveBeenCalled();
        expect(getToken).toHaveBeenCalledTimes(asked);
        await expect(send()).rejects.toThrow("no more");
        expect(server.received.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill("Bearer old"));
    });
});

describe("nothing has reached a server", () => {
    test("that listens no more", async () => {
        const server = await startServer(end(204), trusted);
        await server.close();
        const sent = await post(`https://localhost:${server.port}/`);
        expect(failure(sent)).toEqual({ reached: false, why: "ECONNREFUSED" });
    });

    test("that has no address", async () => {
        expect(failure(await post("https://nowhere.invalid/"))).toEqual({
            reached: false,
            why: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
        });
    });

    test("whose certificate is not trusted", async () => {
        const server = await startServer(end(204), untrusted);
        const sent = await post(`https://localhost:${server.port}/`);
        expect(failure(sent)).toMatchObject({ reached: false, why: expect.stringMatching(/CERT|SIGNATURE/) });
        expect(server.received).toEqual([]);
    });

    test("whose certificate is another server's", async () => {
        const server = await startServer(end(204), trusted);
        const sent = await post(`https://127.0.0.2:${server.port}/`);
        expect(failure(sent)).toEqual({ reached: false, why: "ERR_TLS_CERT_ALTNAME_INVALID" });
        expect(server.received).toEqual([]);
    });

    test("that speaks no TLS", async () => {
        const server = await startServer(end(204));
        const sent = await post(`https://localhost:${server.port}/`);
        expect(failure(sent)).toMatchObject({ reached: false });
        expect(server.received).toEqual([]);
    });

    test("over plain HTTP: the token stays here", async () => {
        const server = await startServer(end(204));
        expect(failure(await post(`http://localhost:${server.port}/`))).toMatchObject({ reached: false });
        expect(server.received).toEqual([]);
    });

    test("while the proxy is not there, and its password is not told", async () => {
        vi.stubEnv("HTTPS_PROXY", "http://user:hunter2@127.0.0.1:1");
        vi.stubEnv("NO_PROXY", "");
        vi.stubEnv("no_proxy", "");
        const server = await startServer(end(204), trusted);
        const sent = await post(`https://localhost:${server.port}/`);
        expect(failure(sent)).toEqual({ reached: false, why: "ECONNREFUSED" });
        expect(server.received).toEqual([]);
    });

    test("before there is a token, and none is sent when it comes too late", async () => {
        let giveToken: () => void = () => undefined;
        const late = new Promise<void>((resolve) => {
            giveToken = resolve;
        });
        const tokens: TokenSource = {
            async getToken() {
                await late;
                return { token: "late", expiresOnTimestamp: Date.now() + hourMs };
            },
        };
        const { sent, server } = await postTo(end(204), { tokens, signal: AbortSignal.timeout(100) });
        expect(failure(sent)).toEqual({ reached: false, why: "AbortError" });
        giveToken();
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(server.received).toEqual([]);
    });

    test("after the signal has gone off", async () => {
        const { sent, server } = await postTo(end(204), { signal: AbortSignal.abort() });
        expect(failure(sent)).toMatchObject({ reached: false });
        expect(server.received).toEqual([]);
    });
});

test("an error of signing in goes through as it is", async () => {
    const error = new AuthenticationError("no token");
    const tokens: TokenSource = { getToken: () => Promise.reject(error) };
    await expect(post("https://localhost:1/", { tokens })).rejects.toBe(error);
});

test.each(["connect ETIMEDOUT 192.0.2.1:443", "", "read ETIMEDOUT", "write ETIMEDOUT"])(
    "no words of an error say how far a request got, only its connection: %j without one has reached nobody",
    async (message) => {
        vi.spyOn(https, "request").mockImplementation(() => {
            const request = Object.assign(new EventEmitter(), { end: () => undefined, destroy: () => undefined });
            setImmediate(() => request.emit("error", Object.assign(new Error(message), { code: "ETIMEDOUT" })));
            return request as unknown as ReturnType<typeof https.request>;
        });
        expect(failure(await post("https://graph.example/"))).toEqual({ reached: false, why: "ETIMEDOUT" });
    },
);

describe("what is to be done before a request goes out", () => {
    /** A transport and a server that note in which order things happen. */
    async function noting(behave: Behaviour) {
        const order: string[] = [];
        const server = await startServer((request, response, count) => {
            order.push("received");
            behave(request, response, count);
        }, trusted);
        const tokens = new Tokens();
        const getToken = (scopes: string | string[], options?: object) => {
            order.push("token");
            return tokens.getToken(scopes, options);
        };
        const transport = await createTransport({ getToken }, scope);
        const send = (beforeSending?: () => Promise<void>, abortSignal = AbortSignal.timeout(20_000)) =>
            transport.send({
                method: "POST",
                url: `https://localhost:${server.port}/`,
                abortSignal,
                ...(beforeSending === undefined ? {} : { beforeSending }),
            });
        return { order, send };
    }

    test("is done with the token at hand, and is waited for", async () => {
        const { order, send } = await noting(end(204));
        await send(async () => {
            await new Promise((resolve) => setImmediate(resolve));
            order.push("before");
        });
        expect(order).toEqual(["token", "before", "received"]);
    });

    test("is done for its own request alone", async () => {
        const { order, send } = await noting(end(204));
        const noted = (name: string) => async () => void order.push(name);
        await send(noted("first"));
        await send();
        await send(noted("third"));
        expect(order).toEqual(["token", "first", "received", "received", "third", "received"]);
    });

    test("is done once more before a request goes out with a new token", async () => {
        const challenge = `Bearer error="insufficient_claims", claims="${Buffer.from("{}").toString("base64")}"`;
        const { order, send } = await noting(
            (_, response, count) =>
                void (
                    count === 1 ? response.writeHead(401, { "www-authenticate": challenge }) : response.writeHead(204)
                ).end(),
        );
        await send(async () => void order.push("before"));
        expect(order).toEqual(["token", "before", "received", "token", "before", "received"]);
    });

    test("can forbid it: nothing goes out, and the error is the one of ours that was thrown", async () => {
        const { order, send } = await noting(end(204));
        const error = new ConfigurationError("sent before");
        await expect(send(() => Promise.reject(error))).rejects.toBe(error);
        expect(order).toEqual(["token"]);
    });

    test("is not done where there is no token, nor where the caller is gone by then", async () => {
        const before = vi.fn(async () => undefined);
        const { order, send } = await noting(end(204));
        await send(before, AbortSignal.abort());
        const error = new AuthenticationError("no token");
        const transport = await createTransport({ getToken: () => Promise.reject(error) }, scope);
        const request = {
            method: "POST",
            url: "https://localhost:1/",
            abortSignal: AbortSignal.timeout(20_000),
        } as const;
        await expect(transport.send({ ...request, beforeSending: before })).rejects.toBe(error);
        expect(before).not.toHaveBeenCalled();
        expect(order).not.toContain("received");
    });
});

describe("the claims", () => {
    const tokenOf = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;

    test("are those of the last token, and none before there is one or where it can't be read", async () => {
        const server = await startServer(end(204), trusted);
        const abortSignal = AbortSignal.timeout(20_000);
        const url = `https://localhost:${server.port}/`;
        const given = ["opaque", tokenOf({ roles: ["A"] }), tokenOf({ roles: ["B"] })];
        const getToken = async () => ({ token: given.shift() ?? "", expiresOnTimestamp: Date.now() - 1 });
        const transport = await createTransport({ getToken }, scope);
        expect(transport.claims()).toBeUndefined();
        const seen: unknown[] = [];
        for (let sent = 0; sent < 3; sent++) {
            await transport.send({ method: "GET", url, abortSignal });
            seen.push(transport.claims()?.roles);
        }
        expect(seen).toEqual([undefined, ["A"], ["B"]]);
    });
});

describe("the lowest version of TLS that a process may start with", () => {
    const versionAfter = (...options: string[]) => {
        const script = `
            const { createTransport } = require("./provider/graph/transport.ts");
            createTransport({}, "x").then(() => console.log(require("node:tls").DEFAULT_MIN_VERSION));`;
        const cwd = join(__dirname, "../..");
        return execFileSync(process.execPath, [...options, "--import", "tsx", "-e", script], {
            cwd,
            encoding: "utf8",
        }).trim();
    };

    test.each([
        ["--tls-min-v1.0", "TLSv1.2"],
        ["--tls-min-v1.1", "TLSv1.2"],
        ["--tls-min-v1.2", "TLSv1.2"],
        ["--tls-min-v1.3", "TLSv1.3"],
    ])("is raised to 1.2 for Graph, and never lowered: %s", (option, version) => {
        expect(versionAfter(option)).toBe(version);
    });
});

test("many attempts under one signal raise no warning about listeners", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const server = await startServer(end(429), trusted);
    const transport = await createTransport(new Tokens(), scope);
    const { signal: abortSignal } = new AbortController();
    for (let attempt = 0; attempt < 15; attempt++) {
        await transport.send({ method: "GET", url: `https://localhost:${server.port}/`, abortSignal });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
});

describe("the metadata host", () => {
    const ask = async (behave: Behaviour) => {
        const server = await startServer(behave, trusted);
        const url = `https://localhost:${server.port}/metadata/endpoints`;
        return { server, url, answer: fetchMetadata(url) };
    };

    test("is asked once, without a token, and its JSON handed on", async () => {
        const { server, answer } = await ask(end(200, {}, '{"a":1}'));
        expect(await answer).toEqual({ a: 1 });
        expect(server.received).toHaveLength(1);
        expect(server.received[0]?.headers).not.toHaveProperty("authorization");
    });

    test.each<[string, Behaviour, string]>([
        ["a page", end(200, {}, "<html>"), "200 and no JSON"],
        ["nothing", end(200), "200 and no JSON"],
        ["another status", end(404, {}, "{}"), "404"],
        ["a redirect", end(302, { location: "/" }), "302 and no JSON"],
        ["an error", end(503, {}, "{}"), "503"],
    ])("that answers with %s is a wrong configuration", async (_, behave, said) => {
        const { server, url, answer } = await ask(behave);
        await expect(answer).rejects.toThrow(ConfigurationError);
        await expect(answer).rejects.toThrow(`the metadata host answered ${url} with ${said}: check metadataHost`);
        expect(server.received).toHaveLength(1);
    });

    test("that does not answer is unreachable", async () => {
        const { url, answer } = await ask((request) => request.socket.destroy());
        await expect(answer).rejects.toThrow(UnreachableError);
        await expect(answer).rejects.toThrow(`${url} could not be asked (ECONNRESET)`);
    });
});
