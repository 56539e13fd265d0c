import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** Where a client wanted to go. */
export interface ConnectRequest {
    readonly host: string;
    readonly port: number;
}

export interface ConnectProxy {
    /** `http://127.0.0.1:PORT`, as `HTTPS_PROXY` wants it. */
    readonly url: string;
    /** Every CONNECT so far, oldest first. */
    readonly requests: readonly ConnectRequest[];
    /** The hosts of these, each once, in the order in which they were first asked for. */
    hosts(): string[];
    clear(): void;
    close(): Promise<void>;
}

/**
 * An HTTP proxy on the loopback that leads every tunnel to the one port there, whichever host it was asked for: with an
 * emulator behind it that plays those hosts, a client can't tell that it isn't out. Plain requests are refused.
 *
 * `NO_PROXY` must not hold the hosts in question, and the client must trust the emulator's authority.
 */
export async function startConnectProxy(targetPort: number): Promise<ConnectProxy> {
    const requests: ConnectRequest[] = [];
    const sockets = new Set<Socket>();
    const keep = (socket: Socket) => {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => sockets.delete(socket));
    };

    const server = createServer((_, response) => {
        response.writeHead(405, { "content-type": "text/plain" }).end("CONNECT only");
    });
    server.on("connection", keep);
    server.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
        const { hostname, port } = new URL(`tcp://${request.url}`);
        requests.push({ host: hostname, port: Number(port) });
        const target = connect(targetPort, "127.0.0.1", () => {
            client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
            target.write(head);
            target.pipe(client);
            client.pipe(target);
        });
        keep(target);
        target.on("close", () => client.destroy());
        client.on("close", () => target.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests,
        hosts: () => [...new Set(requests.map(({ host }) => host))],
        clear() {
            requests.length = 0;
        },
        close() {
            for (const socket of sockets) {
                socket.destroy();
            }
            return new Promise((resolve) => server.close(() => resolve()));
        },
    };
}
