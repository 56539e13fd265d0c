import { getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createServerCertificate, type ServerCertificate } from "../../provider/emulator/certificates.ts";
import { createTransport, type Sent, type Transport } from "../../provider/graph/transport.ts";
import { type ConnectProxy, startConnectProxy } from "../emulator/connectProxy.mts";
import { type Behaviour, startServer } from "./server.ts";
import { closedPort, startRawServer } from "./sockets.ts";

let trusted: ServerCertificate;
let untrusted: ServerCertificate;

beforeAll(async () => {
    [trusted, untrusted] = await Promise.all([createServerCertificate(), createServerCertificate()]);
    setDefaultCACertificates([...getCACertificates("default"), trusted.ca]);
});

let transport: Transport;
const renewTransport = async () => {
    const getToken = async () => ({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 });
    transport = await createTransport({ getToken }, "https://graph.example/.default");
};

beforeEach(() => {
    // The library reads it once, before its first request.
    vi.stubEnv("NO_PROXY", "");
    vi.stubEnv("no_proxy", "");
    vi.stubEnv("HTTPS_PROXY", "");
    vi.stubEnv("https_proxy", "");
    return renewTransport();
});

afterEach(() => {
    vi.unstubAllEnvs();
});

const answers: Behaviour = (_, response) => void response.writeHead(204).end();
const failure = (sent: Sent) => (sent.response === undefined ? sent : { status: sent.response.status });

/** How a request gets to the port: straight, or through a proxy that is asked for it. */
const ways: Record<string, (port: number) => Promise<ConnectProxy | undefined>> = {
    directly: async () => undefined,
    "through a proxy": async (port) => {
        const proxy = await startConnectProxy(port);
        onTestFinished(() => proxy.close());
        vi.stubEnv("HTTPS_PROXY", proxy.url);
        await renewTransport();
        return proxy;
    },
};

describe.each(Object.entries(ways))("%s", (_, lead) => {
    async function post(
        port: number,
        { ownConnection = false, signal = AbortSignal.timeout(20_000), body = '{"credentials":[]}' } = {},
    ) {
        const proxy = await lead(port);
        const url = `https://localhost:${port}/`;
        const send = () => transport.send({ method: "POST", url, body, abortSignal: signal, ownConnection });
        return { sent: failure(await send()), send, proxy };
    }

    describe.each([true, false])("on a connection of its own: %s", (ownConnection) => {
        test("an answer comes from where it should", async () => {
            const server = await startServer(answers, trusted);
            const { sent, proxy } = await post(server.port, { ownConnection });
            expect(sent).toEqual({ status: 204 });
            expect(server.received).toHaveLength(1);
            expect(proxy?.requests ?? [{ host: "localhost", port: server.port }]).toEqual([
                { host: "localhost", port: server.port },
            ]);
        });

        test("nothing has reached a server that listens no more", async () => {
            expect((await post(await closedPort(), { ownConnection })).sent).toMatchObject({ reached: false });
        });

        test.each<[string, Parameters<typeof startRawServer>[0]]>([
            ["closes before the handshake", (socket) => void socket.end()],
            ["resets before the handshake", (socket) => void socket.resetAndDestroy()],
            ["closes in the handshake", (socket) => socket.once("data", () => socket.end())],
            ["resets in the handshake", (socket) => socket.once("data", () => socket.resetAndDestroy())],
            [
                "answers the handshake with plain HTTP",
                (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n")),
            ],
        ])("nothing has reached a server that %s", async (_, behave) => {
            const server = await startRawServer(behave);
            expect((await post(server.port, { ownConnection })).sent).toMatchObject({ reached: false });
            expect(server.connections()).toBe(1);
        });

        test("nothing has reached a server that never finishes the handshake, until the time is up", async () => {
            const server = await startRawServer(() => undefined);
            const { sent } = await post(server.port, { ownConnection, signal: AbortSignal.timeout(150) });
            expect(sent).toEqual({ reached: false, why: "AbortError" });
            expect(server.connections()).toBe(1);
        });

        test("nothing has reached a server whose certificate is not trusted", async () => {
            const server = await startServer(answers, untrusted);
            const { sent } = await post(server.port, { ownConnection });
            expect(sent).toMatchObject({ reached: false, why: expect.stringMatching(/CERT|SIGNATURE/) });
            expect(server.received).toEqual([]);
        });

        test("nothing has reached a server that speaks plain HTTP", async () => {
            const server = await startServer(answers);
            expect((await post(server.port, { ownConnection })).sent).toMatchObject({ reached: false });
            expect(server.received).toEqual([]);
        });

        test.each<[string, Parameters<typeof startRawServer>[0], string]>([
            ["closes after the handshake", (socket) => void socket.end(), "{}"],
            ["resets after the handshake, with nothing of it read", (socket) => void socket.destroy(), "{}"],
            [
                "resets in the middle of the body",
                (socket) => socket.once("data", () => socket.destroy()),
                "x".repeat(10_000_000),
            ],
            [
                "answers with something else than HTTP",
                (socket) => socket.once("data", () => socket.end("What is this?\r\n")),
                "{}",
            ],
        ])("a server may have processed what it %s", async (_, behave, body) => {
            const server = await startRawServer(behave, trusted);
            expect((await post(server.port, { ownConnection, body })).sent).toMatchObject({ reached: true });
            expect(server.connections()).toBe(1);
        });

        test("a server may have processed what it has read and resets", async () => {
            const server = await startServer((request) => request.socket.destroy(), trusted);
            expect((await post(server.port, { ownConnection })).sent).toEqual({ reached: true, why: "ECONNRESET" });
            expect(server.received).toHaveLength(1);
        });

        test("a server may have processed what it never answers", async () => {
            const server = await startServer(() => undefined, trusted);
            const { sent } = await post(server.port, { ownConnection, signal: AbortSignal.timeout(300) });
            expect(sent).toMatchObject({ reached: true });
            expect(server.received).toHaveLength(1);
        });
    });
});

/** A server that tells its connections apart. */
async function startCounting(behave: Behaviour = answers) {
    const sockets: TLSSocket[] = [];
    const server = await startServer(behave, trusted);
    server.onSecureConnection((socket) => void sockets.push(socket));
    const url = `https://localhost:${server.port}/`;
    const send = (ownConnection: boolean) =>
        transport.send({ method: "POST", url, body: "{}", abortSignal: AbortSignal.timeout(20_000), ownConnection });
    return { server, sockets, send };
}

test("requests one after the other share a kept connection", async () => {
    const { sockets, send } = await startCounting();
    await send(false);
    await send(false);
    expect(sockets).toHaveLength(1);
});

test("a request on a connection of its own has a new one each time, closes it, and leaves the kept one to the others", async () => {
    const { server, sockets, send } = await startCounting();
    await send(false);
    await send(true);
    await send(true);
    expect(sockets).toHaveLength(3);
    await send(false);
    await send(false);
    expect(sockets).toHaveLength(3);
    expect(server.received.map(({ headers }) => headers.connection)).toEqual([
        "keep-alive",
        "close",
        "close",
        "keep-alive",
        "keep-alive",
    ]);
    await vi.waitFor(() => expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, true]));
});

test("a request on a kept connection that the server closes at that moment may have been processed", async () => {
    const { server, sockets, send } = await startCounting((request, response, count) =>
        count === 1 ? void response.writeHead(204).end() : request.socket.destroy(),
    );
    await send(false);
    expect(failure(await send(false))).toEqual({ reached: true, why: "ECONNRESET" });
    expect(sockets).toHaveLength(1);
    expect(server.received).toHaveLength(2);
});

test("a kept connection that the server has closed is not used again", async () => {
    const { sockets, send } = await startCounting();
    await send(false);
    const closed = new Promise((resolve) => sockets[0]?.once("close", resolve));
    sockets[0]?.end();
    await closed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(failure(await send(false))).toEqual({ status: 204 });
    expect(sockets).toHaveLength(2);
});

test("nothing that is closed on a kept connection touches a request on its own", async () => {
    const { sockets, send } = await startCounting();
    await send(false);
    const own = send(true);
    sockets[0]?.destroy();
    expect(failure(await own)).toEqual({ status: 204 });
});

test("requests side by side are each told what became of themselves", async () => {
    const server = await startServer(
        (request, response, count) => (count % 2 === 0 ? request.socket.destroy() : void response.writeHead(204).end()),
        trusted,
    );
    const raw = await startRawServer((socket) => socket.once("data", () => socket.end()));
    const urls = [server.port, raw.port, server.port, raw.port, server.port, server.port];
    const sent = await Promise.all(
        urls.map(async (port) => {
            const url = `https://localhost:${port}/`;
            const abortSignal = AbortSignal.timeout(20_000);
            return failure(await transport.send({ method: "POST", url, body: "{}", abortSignal, ownConnection: true }));
        }),
    );
    expect([sent[1], sent[3]]).toEqual(Array(2).fill(expect.objectContaining({ reached: false })));
    const ofServer = [sent[0], sent[2], sent[4], sent[5]];
    expect(ofServer.filter((one) => "status" in (one ?? {}))).toHaveLength(2);
    expect(ofServer.filter((one) => one !== undefined && "reached" in one && one.reached)).toHaveLength(2);
});
