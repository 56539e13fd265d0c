import { createServer, type Server } from "node:net";

/** A Graph that nobody may call: what leads a provider here, and how often it came. */
export class Tripwire implements AsyncDisposable {
    /** As `@pulumi/azuread` reads it: configured completely, so that an attempt would come here. */
    readonly environment: Readonly<Record<string, string>>;
    connections = 0;
    readonly #server: Server;

    private constructor(server: Server, port: number) {
        this.#server = server;
        const here = `localhost:${port}`;
        this.environment = {
            ARM_METADATA_HOSTNAME: here,
            ARM_TENANT_ID: "00000000-0000-0000-0000-000000000001",
            ARM_CLIENT_ID: "00000000-0000-0000-0000-000000000002",
            ARM_CLIENT_SECRET: "no-secret-at-all",
            ARM_USE_CLI: "false",
            HTTPS_PROXY: `http://${here}`,
            HTTP_PROXY: `http://${here}`,
        };
        server.on("connection", (socket) => {
            this.connections += 1;
            socket.destroy();
        });
    }

    static async start(): Promise<Tripwire> {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const address = server.address();
        if (address === null || typeof address === "string") throw new Error("no port");
        return new Tripwire(server, address.port);
    }

    async [Symbol.asyncDispose](): Promise<void> {
        await new Promise((resolve) => this.#server.close(resolve));
    }
}
