import grpc from "@grpc/grpc-js";
import enginegrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type enginepb from "@pulumi/pulumi/proto/engine_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";

/** One message that a provider sent to the engine's log. */
export interface Logged {
    readonly severity: "debug" | "info" | "warning" | "error";
    readonly urn: string;
    readonly message: string;
}

/** As much of an engine as a provider talks to: its log. */
export class FakeEngine implements AsyncDisposable {
    readonly address: string;
    readonly logged: Logged[] = [];
    readonly #server: grpc.Server;
    readonly #waiting = new Set<() => void>();

    private constructor(server: grpc.Server, port: number, logged: Logged[], waiting: Set<() => void>) {
        this.#server = server;
        this.address = `127.0.0.1:${port}`;
        this.logged = logged;
        this.#waiting = waiting;
    }

    static async start(): Promise<FakeEngine> {
        const logged: Logged[] = [];
        const waiting = new Set<() => void>();
        const severities = ["debug", "info", "warning", "error"] as const;
        const log: grpc.handleUnaryCall<enginepb.LogRequest, Empty> = ({ request }, answer) => {
            const severity = severities[request.getSeverity()] ?? "error";
            logged.push({ severity, urn: request.getUrn(), message: request.getMessage() });
            answer(null, new Empty());
            for (const look of waiting) look();
        };
        const server = new grpc.Server();
        server.addService(enginegrpc.EngineService, { log } as unknown as grpc.UntypedServiceImplementation);
        const port = await new Promise<number>((resolve, reject) =>
            server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
                error === null ? resolve(bound) : reject(error),
            ),
        );
        return new FakeEngine(server, port, logged, waiting);
    }

    /** The first message that says this about the resource, as soon as it is there. */
    async says(words: RegExp, about: string): Promise<Logged> {
        for (;;) {
            const found = this.logged.find(({ message, urn }) => urn === about && words.test(message));
            if (found !== undefined) return found;
            await new Promise<void>((resolve) => {
                const look = () => {
                    this.#waiting.delete(look);
                    resolve();
                };
                this.#waiting.add(look);
            });
        }
    }

    async [Symbol.asyncDispose](): Promise<void> {
        this.#server.forceShutdown();
    }
}
