import type { InputFailure } from "./inputs.js";
import { oneTimeKey } from "./keys.js";

/**
 * The errors of this package: one class for each meaning, each with a `code` that stays.
 *
 * A message says what was tried, what came back, which request it was, and what to do next. No error holds a request,
 * a response or a `cause`: both carry tokens. No field is called `id`, `properties` or `reasons`: Pulumi reads those
 * and would take the error for a resource that was created.
 */
export abstract class EntrasyncError extends Error {
    /** What happened, for programs: stable across versions. */
    abstract readonly code: string;
}

/**
 * The message with its code behind it, by which the documentation lists what to do. Once: resources that share a sign-in
 * share its failure.
 */
export function withCode({ message, code }: EntrasyncError): string {
    const ending = ` (${code})`;
    return message.endsWith(ending) ? message : message + ending;
}

/** The inputs are wrong. Nothing was sent. */
export class InvalidInputError extends EntrasyncError {
    override readonly name = "InvalidInputError";
    readonly code = "INVALID_INPUT";
    readonly failures: readonly InputFailure[];

    constructor(failures: readonly InputFailure[]) {
        super(failures.map(({ path, reason }) => `${path}: ${reason}`).join("; "));
        this.failures = failures;
    }
}

/**
 * A one-time code that was accepted is not sent again: Graph would refuse it, and the application may revoke what it gave
 * (RFC 6749, 4.1.2).
 */
export function spentCode(reason: string): InvalidInputError {
    return new InvalidInputError([{ path: `credentials.${oneTimeKey}`, reason }]);
}

/** The configuration that says how to sign in, or where Graph is, is wrong or incomplete. Nothing was sent. */
export class ConfigurationError extends EntrasyncError {
    override readonly name = "ConfigurationError";
    readonly code = "INVALID_CONFIGURATION";
}

/** No token was to be had for Graph. Nothing was sent to Graph. */
export class AuthenticationError extends EntrasyncError {
    override readonly name = "AuthenticationError";
    readonly code = "AUTHENTICATION_FAILED";
}

/** What Graph said, as far as it may be shown. */
export interface GraphAnswer {
    readonly status: number;
    /** Graph's error code, where the answer had one. */
    readonly graphCode: string | undefined;
    /** Graph's request id, for a support case. */
    readonly requestId: string | undefined;
}

/** Graph answered, and the answer was no. */
export abstract class GraphAnsweredError extends EntrasyncError implements GraphAnswer {
    readonly status: number;
    readonly graphCode: string | undefined;
    readonly requestId: string | undefined;

    constructor(message: string, answer: GraphAnswer) {
        super(message);
        this.status = answer.status;
        this.graphCode = answer.graphCode;
        this.requestId = answer.requestId;
    }
}

/** The signed-in application or user may not do this to the target. */
export class PermissionDeniedError extends GraphAnsweredError {
    override readonly name = "PermissionDeniedError";
    readonly code = "PERMISSION_DENIED";
}

/** Graph knows no such target. */
export class TargetNotFoundError extends GraphAnsweredError {
    override readonly name = "TargetNotFoundError";
    readonly code = "TARGET_NOT_FOUND";
}

/** Graph, or the application behind it, refused what was sent. */
export class RequestRejectedError extends GraphAnsweredError {
    override readonly name = "RequestRejectedError";
    readonly code = "REQUEST_REJECTED";
}

/** The token was acquired, and the application does not take the credentials, or Graph could not be asked whether it does. */
export class ValidationFailedError extends EntrasyncError {
    override readonly name = "ValidationFailedError";
    readonly code = "VALIDATION_FAILED";
    readonly requestId: string | undefined;

    constructor(message: string, known: { readonly requestId?: string | undefined } = {}) {
        super(message);
        this.requestId = known.requestId;
    }
}

/** Graph throttles, and the wait that it asks for is longer than the operation may take. */
export class ThrottledError extends GraphAnsweredError {
    override readonly name = "ThrottledError";
    readonly code = "THROTTLED";
}

/** Graph was never reached, so it has processed nothing. */
export class UnreachableError extends EntrasyncError {
    override readonly name = "UnreachableError";
    readonly code = "GRAPH_UNREACHABLE";
}

/** The operation's time ran out before Graph was asked. */
export class DeadlineError extends EntrasyncError {
    override readonly name = "DeadlineError";
    readonly code = "DEADLINE_EXCEEDED";
}

/** The user cancelled while the operation waited; nothing was under way. */
export class CancelledError extends EntrasyncError {
    override readonly name = "CancelledError";
    readonly code = "CANCELLED";
}

/** The call was sent and its outcome never learned: Graph may or may not have acquired the token. */
export class OutcomeUnknownError extends EntrasyncError {
    override readonly name = "OutcomeUnknownError";
    readonly code = "OUTCOME_UNKNOWN";
    /** The status of the ambiguous answer, where there was one. */
    readonly status: number | undefined;
    readonly requestId: string | undefined;
    /** When it was sent (ISO 8601), where that was an earlier run. */
    readonly sentAt: string | undefined;

    constructor(
        message: string,
        known: { readonly status?: number; readonly requestId?: string | undefined; readonly sentAt?: string } = {},
    ) {
        super(message);
        this.status = known.status;
        this.requestId = known.requestId;
        this.sentAt = known.sentAt;
    }
}
