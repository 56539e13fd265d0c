import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";
import type { ServerCertificate } from "../../provider/emulator/certificates.ts";

/** A server that speaks nothing but bytes, with a certificate behind TLS: it does this with each connection. */
export async function startRawServer(behave: (socket: Socket) => void, certificate?: ServerCertificate) {
    const sockets = new Set<Socket>();
    const answer = (socket: Socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined);
        behave(socket);
    };
    const server =
        certificate === undefined
            ? createServer(answer)
            : createTlsServer({ key: certificate.privateKey, cert: certificate.certificate }, answer);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onTestFinished(() => {
        for (const socket of sockets) {
            socket.destroy();
        }
        server.close();
    });
    return { port: (server.address() as AddressInfo).port, connections: () => sockets.size };
}

/** A port on the loopback where nobody listens. */
export async function closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}
