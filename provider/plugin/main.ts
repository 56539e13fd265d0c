import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { createEngineLog } from "./engineLog.js";
import { createService } from "./service.js";

/** As the engine's own clients have it: a stack's whole configuration can be one message. */
const largestMessageBytes = 400 * 1024 * 1024;

/**
 * Serves the provider until the engine ends the process. The engine's address is the last argument, after the flags of an
 * engine whose log flows on to its plugins; the first line on standard output is the port. Everything else that is to be
 * read goes to standard error or to the engine's log.
 */
export function serve(version: string, args: readonly string[]): void {
    const log = createEngineLog();
    const engineAddress = args.at(-1);
    if (engineAddress !== undefined) {
        log.connect(engineAddress);
    }
    const server = new grpc.Server({
        "grpc.max_receive_message_length": largestMessageBytes,
        "grpc.max_send_message_length": largestMessageBytes,
    });
    const service = createService({ version, environment: process.env, log });
    server.addService(ResourceProviderService, service as grpc.UntypedServiceImplementation);
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) {
            process.stderr.write(`pulumi-resource-entrasync: no port to listen on: ${error.message}\n`);
            process.exit(1);
        }
        process.stdout.write(`${port}\n`);
    });
}
