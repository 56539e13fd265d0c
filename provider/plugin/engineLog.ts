import { AsyncLocalStorage } from "node:async_hooks";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Voice } from "../surroundings.js";

/**
 * The engine's log, where a message stands at the resource that it is about. One sign-in and one pause serve all resources,
 * so what they say stands at the resource whose operation met them.
 */
export interface EngineLog extends Voice {
    /** Runs an operation whose messages are about this resource. */
    about<Result>(urn: string, operation: () => Promise<Result>): Promise<Result>;
    /** Where the engine listens. Without it messages go to standard error, which the engine shows as they are. */
    connect(address: string): void;
}

export function createEngineLog(): EngineLog {
    const current = new AsyncLocalStorage<string>();
    let engine: EngineClient | undefined;

    const log = (severity: LogSeverity, message: string) => {
        if (engine === undefined) {
            process.stderr.write(`${message}\n`);
            return;
        }
        const request = new LogRequest();
        request.setSeverity(severity);
        request.setMessage(message);
        request.setUrn(current.getStore() ?? "");
        // An engine that is gone has nobody to tell.
        engine.log(request, () => undefined);
    };

    return {
        about: (urn, operation) => current.run(urn, operation),
        connect(address) {
            engine = new EngineClient(address, grpc.credentials.createInsecure());
        },
        inform: (message) => log(LogSeverity.INFO, message),
        warn: (message) => log(LogSeverity.WARNING, message),
    };
}
