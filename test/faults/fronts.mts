import { once } from "node:events";
import { createServer as createTlsServer, request as forward } from "node:https";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import type { Emulator } from "pulumi-entrasync/emulator";
import { createServerCertificate, type ServerCertificate } from "../../provider/emulator/certificates.ts";
import type { Play } from "./faults.mts";

type FrontName = Extract<Play, { by: "front" }>["front"];

/** Where a client is sent that shall not reach Graph, or not in the usual way. */
export interface Front {
    /** In place of Graph's base. */
    readonly url: string;
    close(): Promise<void>;
}

let certificate: Promise<ServerCertificate> | undefined;

/** The certificate of the fronts that speak TLS themselves; who talks to them has to trust its authority. */
export function frontCertificate(): Promise<ServerCertificate> {
    certificate ??= createServerCertificate();
    return certificate;
}

/** `lasts` connections meet it; later ones are led to the emulator. */
export async function openFront(name: FrontName, emulator: Pick<Emulator, "url">, lasts: number): Promise<Front> {
    switch (name) {
        case "closedPort": {
            const server = await listening(createServer());
            const { url, close } = frontOf(server);
            await close();
            return { url, close: async () => undefined };
        }
        case "unknownHost":
            // No label is that long: the resolver says so by itself, on any machine, without asking anybody.
            return { url: `https://${"x".repeat(64)}.invalid`, close: async () => undefined };
        case "resetInHandshake": {
            let left = lasts;
            const server = createServer((socket) => {
                socket.on("error", () => undefined);
                left -= 1;
                if (left >= 0) {
                    socket.once("data", () => socket.resetAndDestroy());
                    return;
                }
                const onward = connect(Number(new URL(emulator.url).port), "127.0.0.1");
                onward.on("error", () => socket.destroy());
                socket.pipe(onward).pipe(socket);
            });
            return frontOf(await listening(server));
        }
        case "bodyAfter204": {
            const { privateKey: key, certificate: cert } = await frontCertificate();
            const server = createTlsServer({ key, cert }, (request, response) => {
                const { method, url = "", headers } = request;
                const onward = forward(`${emulator.url}${url}`, { method, headers }, (answer) => {
                    answer.resume();
                    // By hand: Node.js sends no body after a 204.
                    response.socket?.write(
                        `HTTP/1.1 ${answer.statusCode} \r\nrequest-id: ${answer.headers["request-id"]}\r\n` +
                            'content-type: application/json\r\ncontent-length: 14\r\n\r\n{"value":"ok"}',
                    );
                });
                request.pipe(onward);
            });
            return frontOf(await listening(server));
        }
    }
}

async function listening<AnyServer extends Server>(server: AnyServer): Promise<AnyServer> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
}

function frontOf(server: Server): Front {
    const sockets = new Set<{ destroy(): void }>();
    server.on("connection", (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
    });
    return {
        url: `https://localhost:${(server.address() as AddressInfo).port}`,
        close: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                for (const socket of sockets) {
                    socket.destroy();
                }
            }),
    };
}
