import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import type { ServerCertificate } from "../../provider/emulator/certificates.ts";

/** A request as it came over the wire. */
export interface Received {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
}

/** What a server does with its nth request, counted from 1. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server of the test's own, which notes what it gets; without a certificate it speaks plain HTTP. */
export async function startServer(behave: Behaviour, certificate?: ServerCertificate) {
    const received: Received[] = [];
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
            chunks.push(chunk as Buffer);
        }
        const { method = "", url = "", headers } = request;
        received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
        behave(request, response, received.length);
    };
    const server =
        certificate === undefined
            ? createServer(answer)
            : createTlsServer({ key: certificate.privateKey, cert: certificate.certificate }, answer);
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const close = () =>
        new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
        });
    onTestFinished(close);
    /** Told of each connection whose handshake is through. */
    const onSecureConnection = (listener: (socket: TLSSocket) => void) => void server.on("secureConnection", listener);
    return { received, port: (server.address() as AddressInfo).port, close, onSecureConnection };
}
