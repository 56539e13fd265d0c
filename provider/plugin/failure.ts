import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { EntrasyncError, withCode } from "../core/errors.js";
import { KeptInStateError } from "../core/lifecycle.js";
import { encode } from "./codec.js";

/** An error as the engine reads it: its words, and for an operation that state must know of, what state is to hold. */
export function grpcError(error: unknown, secretOutputs: ReadonlySet<string>): Partial<grpc.StatusObject> {
    if (error instanceof KeptInStateError) {
        return initFailed(error, secretOutputs);
    }
    if (error instanceof EntrasyncError) {
        return { code: grpc.status.UNKNOWN, details: withCode(error) };
    }
    // A defect of this package. Its message could hold what was being read, so only where it came from is told.
    const where =
        error instanceof Error ? (error.stack ?? "").split("\n").find((line) => /^ +at /.test(line)) : undefined;
    const name = error instanceof Error ? error.name : typeof error;
    return {
        code: grpc.status.INTERNAL,
        details: `a defect of pulumi-entrasync: ${name} ${where?.trim() ?? ""}`.trim(),
    };
}

/**
 * The engine keeps the outputs, reports the reasons, and has the next `up` update the resource. It reads that from a
 * status of Google's kind, which travels in a header of this name.
 */
function initFailed(
    { failure, resourceId, outputs }: KeptInStateError,
    secretOutputs: ReadonlySet<string>,
): Partial<grpc.StatusObject> {
    const message = withCode(failure);
    const detail = new ErrorResourceInitFailed();
    detail.setId(resourceId);
    detail.setProperties(encode(outputs, secretOutputs));
    detail.setReasonsList([message]);
    const any = new Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(any);
    const metadata = new grpc.Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    return { code: grpc.status.UNKNOWN, details: message, metadata };
}
