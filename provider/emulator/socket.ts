import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { EmulatorApp } from "./app.js";
import type { ServerCertificate } from "./certificates.js";
import type { Answer, EmulatorRequest } from "./messages.js";

/** Why the emulator could not start, and what to do about it. */
export class EmulatorStartError extends Error {
    override readonly name = "EmulatorStartError";
    readonly code: "NotLoopback" | "PortInUse" | "InvalidPort" | "InvalidOption" | "CannotListen";

    constructor(code: EmulatorStartError["code"], message: string) {
        super(message);
        this.code = code;
    }
}

/** The only address: whoever reaches the emulator can read its log and ask for faults without a token. */
const loopback = "127.0.0.1";

/** More than any request of an application's credentials needs; a limit only against a client that never stops. */
const maxBodyBytes = 4 * 1024 * 1024;

export interface EmulatorSocket {
    readonly port: number;
    /** Ends the connections that a fault has left without an answer. */
    dropHanging(): void;
    close(): Promise<void>;
}

/** Requests are taken from the moment on which `createHandler` returns; it is told the port. */
export async function openSocket(options: {
    readonly host: string;
    readonly port: number;
    readonly certificate: ServerCertificate;
    readonly createHandler: (port: number) => EmulatorApp;
}): Promise<EmulatorSocket> {
    requireLoopback(options.host);
    requirePort(options.port);
    const connections = new WeakMap<object, number>();
    const hanging = new Set<TLSSocket>();
    let handler: EmulatorApp | undefined;
    let connectionCount = 0;

    const server = createServer({
        key: options.certificate.privateKey,
        cert: options.certificate.certificate,
        minVersion: "TLSv1.2",
        // Node closes an idle connection after 5 s: a client that reuses it in that moment sees a reset that nobody
        // asked for.
        keepAliveTimeout: 120_000,
    });
    server.on("secureConnection", (socket) => {
        connectionCount += 1;
        connections.set(socket, connectionCount);
        socket.setNoDelay(true);
        socket.on("close", () => hanging.delete(socket));
    });
    // A client that doesn't trust the certificate, or speaks plain HTTP, is told so by TLS.
    server.on("tlsClientError", () => {});
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
        const socket = request.socket as TLSSocket;
        serve(request, response, connections.get(socket) ?? 0).catch(() => socket.destroy());
    });

    async function serve(request: IncomingMessage, response: ServerResponse, connection: number): Promise<void> {
        const socket = request.socket as TLSSocket;
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
    handler = options.createHandler(port);

    return {
        port,
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
