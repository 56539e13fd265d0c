import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { EmulatorApp } from "./app.js";
import type { ServerCertificate } from "./certificates.js";
import type { Answer, EmulatorRequest } from "./messages.js";
import { EmulatorStartError } from "./startError.js";

/** The only address: whoever reaches the emulator can read its log and ask for faults without a token. */
const loopback = "127.0.0.1";

/** More than any request of an application's credentials needs; a limit only against a client that never stops. */
const maxBodyBytes = 4 * 1024 * 1024;

export interface EmulatorSocket {
    readonly port: number;
    /** A request that comes before is answered with 503. */
    serve(app: EmulatorApp): void;
    /** Ends the connections that a fault has left without an answer. */
    dropHanging(): void;
    close(): Promise<void>;
}

export interface SocketOptions {
    readonly host: string;
    readonly port: number;
    /** Without one the socket speaks plain HTTP. */
    readonly certificate?: ServerCertificate;
    /** The number of the next connection. */
    readonly nextConnection: () => number;
}

export async function openSocket(options: SocketOptions): Promise<EmulatorSocket> {
    requireLoopback(options.host);
    requirePort(options.port);
    const connections = new WeakMap<object, number>();
    const hanging = new Set<Socket>();
    let handler: EmulatorApp | undefined;

    const server = createServer(options.certificate);
    server.on(options.certificate === undefined ? "connection" : "secureConnection", (socket: Socket) => {
        connections.set(socket, options.nextConnection());
        socket.setNoDelay(true);
        socket.on("close", () => hanging.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
        const { socket } = request;
        serve(request, response, connections.get(socket) ?? 0).catch(() => socket.destroy());
    });

    async function serve(request: IncomingMessage, response: ServerResponse, connection: number): Promise<void> {
        const { socket } = request;
        const body = await readBody(request);
        if (handler === undefined || body === undefined) {
            response.writeHead(body === undefined ? 413 : 503, { connection: "close" }).end();
            return;
        }
        const delivery = await handler(plainRequest(request, body, connection));
        switch (delivery.kind) {
            case "send":
                response.writeHead(delivery.answer.status, delivery.answer.headers);
                response.end(delivery.answer.body);
                return;
            case "truncate":
                socket.end(halfOf(delivery.answer), () => socket.destroy());
                return;
            case "reset":
                socket.destroy();
                return;
            case "hang":
                if (!socket.destroyed) {
                    hanging.add(socket);
                }
                return;
        }
    }

    await listen(server, options.port);
    const { port } = server.address() as AddressInfo;

    return {
        port,
        serve(app) {
            handler = app;
        },
        dropHanging() {
            for (const socket of hanging) {
                socket.destroy();
            }
        },
        close() {
            return new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            });
        },
    };
}

function createServer(certificate: ServerCertificate | undefined): Server {
    // Node closes an idle connection after 5 s: a client that reuses it in that moment sees a reset that nobody asked
    // for.
    const common = { keepAliveTimeout: 120_000 };
    if (certificate === undefined) {
        return createPlainServer(common);
    }
    const { certificate: cert, privateKey: key } = certificate;
    const server = createTlsServer({ ...common, cert, key, minVersion: "TLSv1.2" });
    // A client that doesn't trust the certificate, or speaks plain HTTP, is told so by TLS.
    server.on("tlsClientError", () => {});
    return server;
}

function requireLoopback(host: string): void {
    if (host !== loopback && host !== "localhost") {
        throw new EmulatorStartError(
            "NotLoopback",
            `The emulator listens on ${loopback} only, not on '${host}': its control API asks for no token. ` +
                "From a container or another machine, forward a port to it.",
        );
    }
}

function requirePort(port: number): void {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
        throw new EmulatorStartError("InvalidPort", "The port must be a whole number from 0 (any free port) to 65535.");
    }
}

function listen(server: Server, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) => reject(startError(error, port)));
        server.listen({ host: loopback, port, exclusive: true }, () => {
            server.removeAllListeners("error");
            resolve();
        });
    });
}

function startError(error: NodeJS.ErrnoException, port: number): EmulatorStartError {
    switch (error.code) {
        case "EADDRINUSE":
            return new EmulatorStartError(
                "PortInUse",
                `Port ${port} is in use. Name another one, or 0 (the default) for any free port.`,
            );
        case "EACCES":
            return new EmulatorStartError(
                "CannotListen",
                `Port ${port} may not be used by this user. Name one from 1024 up, or 0 (the default) for any free port.`,
            );
        default:
            return new EmulatorStartError(
                "CannotListen",
                `The emulator can't listen on ${loopback}:${port}: ${error.message}`,
            );
    }
}

/** `undefined` where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBodyBytes) {
            return undefined;
        }
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
}

function plainRequest(request: IncomingMessage, body: string, connection: number): EmulatorRequest {
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers)) {
        headers[name] = Array.isArray(value) ? value.join(", ") : value;
    }
    return { method: request.method ?? "GET", target: request.url ?? "/", headers, body, connection };
}

/**
 * With a body: the whole head, and half of what it announces. Without one: half a status line, since a 204 is over with
 * its head.
 */
function halfOf(answer: Answer): Buffer {
    if (answer.body === "") {
        return Buffer.from("HTTP/1.1 2");
    }
    const body = Buffer.from(answer.body, "utf8");
    const head = Object.entries({ ...answer.headers, "content-length": String(body.length) })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("");
    return Buffer.concat([
        Buffer.from(`HTTP/1.1 ${answer.status} Truncated\r\n${head}\r\n`),
        body.subarray(0, Math.floor(body.length / 2)),
    ]);
}
