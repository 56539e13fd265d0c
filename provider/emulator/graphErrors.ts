import type { GraphErrorBody } from "../graph/wire.js";
import { type Answer, jsonAnswer } from "./messages.js";

/**
 * A refusal in Graph's words. Routes throw it, the app turns it into an answer.
 *
 * Neither a code nor a message may hold a credential's value. What is quoted from a request is a path segment or a
 * credential's key.
 */
export class GraphRefusal extends Error {
    override readonly name = "GraphRefusal";
    readonly status: number;
    readonly code: string;
    readonly headers: Readonly<Record<string, string>>;

    constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
        super(message);
        this.status = status;
        this.code = code;
        this.headers = headers;
    }
}

/** Graph's error shape. Documented, down to the date without a zone. */
export function graphErrorAnswer(
    refusal: Pick<GraphRefusal, "status" | "code" | "message" | "headers">,
    ids: { readonly requestId: string; readonly clientRequestId: string },
): Answer {
    const body: GraphErrorBody = {
        error: {
            code: refusal.code,
            message: refusal.message,
            innerError: {
                date: new Date().toISOString().slice(0, 19),
                "request-id": ids.requestId,
                "client-request-id": ids.clientRequestId,
            },
        },
    };
    return jsonAnswer(refusal.status, body, refusal.headers);
}

/** Wrong id. Seen on sibling paths: status, code and words. */
export function resourceNotFound(reference: string): GraphRefusal {
    return new GraphRefusal(
        404,
        "Request_ResourceNotFound",
        `Resource '${reference}' does not exist or one of its queried reference-property objects are not present.`,
    );
}

/**
 * The synchronization service's answer to a caller without the scope, the role or the ownership. Seen: 401 and no words
 * at all.
 */
export function synchronizationNotAllowed(): GraphRefusal {
    return new GraphRefusal(401, "UnknownError", "");
}

/** The directory's answer to the same. Documented. */
export function directoryNotAllowed(): GraphRefusal {
    return new GraphRefusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

/** A target that the provisioning service has heard of too recently. The status has been seen; the rest is a guess. */
export function notReplicated(): GraphRefusal {
    return new GraphRefusal(409, "Conflict", "The resource is not yet available. Please retry later.");
}

/** A malformed parameter of the synchronization service. The code has been seen; the status is a guess. */
export function parameterInvalid(message: string): GraphRefusal {
    return new GraphRefusal(400, "RequestParameterInvalid", message);
}

/**
 * A key outside of the enum. The words have been seen (they are .NET's), the status and the code are guesses: the code
 * is the only one that has been seen for bad input to this service.
 */
export function keyNotFound(key: string): GraphRefusal {
    return parameterInvalid(`Requested value '${key}' was not found.`);
}

/**
 * The target application turns the credentials down. Code and first sentence have been seen; the status is a guess, and
 * so is that Graph says more.
 */
export function credentialsRefused(more = ""): GraphRefusal {
    return new GraphRefusal(
        400,
        "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable",
        `You appear to have entered invalid credentials. Please confirm you are using the correct information for an administrative account.${more === "" ? "" : ` ${more}`}`,
    );
}

/** `useSavedCredentials` where none are saved. The code has been seen; status and words are guesses. */
export function credentialsMissing(): GraphRefusal {
    return new GraphRefusal(400, "CredentialsMissing", "Credentials are missing. Please provide credentials.");
}

/** A directory request that Graph can't make sense of. Documented code. */
export function badRequest(message: string): GraphRefusal {
    return new GraphRefusal(400, "Request_BadRequest", message);
}

/** 429 in Graph's shape; `Retry-After` only where it is given, as Graph's own answers mostly, not always, have it. */
export function throttled(retryAfter: string | undefined): GraphRefusal {
    return new GraphRefusal(
        429,
        "TooManyRequests",
        "Too many requests.",
        retryAfter === undefined ? {} : { "retry-after": retryAfter },
    );
}

/**
 * A path that the emulator doesn't serve.
 *
 * Under `synchronization` the backend's own answer, seen: 404, and a message that is JSON in a string. Elsewhere
 * Graph's words ("Resource not found for the segment"), but as a 404 where Graph, as far as is known, says 400: a
 * client under test that asks for something the emulator lacks must not take it for a complaint about its body.
 */
export function routeNotFound(url: string, path: string): GraphRefusal {
    if (path.includes("/synchronization/")) {
        const message = JSON.stringify({
            Message: `No HTTP resource was found that matches the request URI '${url}${path}'.`,
        });
        return new GraphRefusal(404, "UnknownError", message);
    }
    const segment = path.split("/").at(-1) ?? "";
    return new GraphRefusal(404, "BadRequest", `Resource not found for the segment '${segment}'.`);
}

/** The path exists, the method doesn't. */
export function methodNotAllowed(allow: string): GraphRefusal {
    return new GraphRefusal(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.", {
        allow,
    });
}
