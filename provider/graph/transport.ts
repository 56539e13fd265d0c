import type { PipelineResponse } from "@azure/core-rest-pipeline";
import { AuthenticationError, EntrasyncError } from "../core/errors.js";
import { createPipeline, failureName, refusedByProxy } from "./pipeline.js";

/** What hands out tokens for Graph; `@azure/identity`'s credentials fit. */
export interface TokenSource {
    getToken(
        scopes: string | string[],
        options?: { readonly abortSignal?: { readonly aborted: boolean }; readonly enableCae?: boolean },
    ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/**
 * A renewal that fails while the token lasts is no failure: the old token is used on, and the next request tries again.
 *
 * The pipeline renews in the background two minutes before the end. There it would try every three seconds, and then
 * fail where nobody listens, which ends the process.
 */
function keepWhileItLasts(tokens: TokenSource): TokenSource {
    let last: Awaited<ReturnType<TokenSource["getToken"]>> = null;
    return {
        async getToken(scopes, options) {
            const isChallenged = options !== undefined && "claims" in options && options.claims !== undefined;
            const lasting = !isChallenged && last !== null && last.expiresOnTimestamp > Date.now() ? last : undefined;
            try {
                last = await tokens.getToken(scopes, options);
                return last;
            } catch (error) {
                if (lasting === undefined) {
                    throw error;
                }
                return lasting;
            }
        },
    };
}

/** A request as the client writes it. */
export interface TransportRequest {
    readonly method: "GET" | "POST";
    readonly url: string;
    readonly body?: string;
    readonly abortSignal: AbortSignal;
}

/** What became of a request: an answer, or a failure with how far the request got. */
export type Sent =
    | { readonly response: PipelineResponse }
    | {
          readonly response?: undefined;
          /** Whether any of it can have reached the server. */
          readonly reached: boolean;
          /** What happened, as Node.js or the network names it: `ECONNRESET`. */
          readonly why: string;
      };

/** Sends requests with a token: once each, following no redirect. Throws only errors of ours. */
export interface Transport {
    send(request: TransportRequest): Promise<Sent>;
}

/** The pipeline's own defaults would send a POST up to four times, follow redirects with the body, and log tokens. */
export async function createTransport(tokens: TokenSource, scope: string): Promise<Transport> {
    const rest = await import("@azure/core-rest-pipeline");
    const pipeline = createPipeline(rest);
    pipeline.addPolicy(rest.setClientRequestIdPolicy("client-request-id"));
    pipeline.addPolicy(rest.bearerTokenAuthenticationPolicy({ credential: keepWhileItLasts(tokens), scopes: scope }), {
        afterPhase: "Retry",
    });
    const onTheWire = new WeakSet<object>();
    pipeline.addPolicy(
        {
            name: "noteHandedOver",
            sendRequest(request, next) {
                onTheWire.add(request);
                return next(request);
            },
        },
        { afterPhase: "Sign" },
    );
    const client = rest.createDefaultHttpClient();
    return {
        async send({ method, url, body, abortSignal }) {
            const request = rest.createPipelineRequest({
                method,
                url,
                abortSignal,
                ...(body === undefined ? {} : { body }),
                headers: rest.createHttpHeaders({
                    accept: "application/json",
                    ...(body === undefined ? {} : { "content-type": "application/json" }),
                }),
            });
            try {
                // A token source may not listen to the signal; the request itself is not sent once it is aborted.
                const response = await Promise.race([
                    pipeline.sendRequest(client, request),
                    rejectOnAbort(abortSignal),
                ]);
                if (response.status === 407) {
                    throw refusedByProxy(url);
                }
                if (isClaimsChallenge(response)) {
                    throw stillChallenged(url);
                }
                return { response };
            } catch (error) {
                if (error instanceof EntrasyncError) {
                    throw error;
                }
                const why = failureName(error);
                return { reached: onTheWire.has(request) && !isBeforeConnection(error, why), why };
            }
        },
    };
}

/** Graph's word that the token is good no more (continuous access evaluation), and what a new one must show. */
function isClaimsChallenge({ status, headers }: PipelineResponse): boolean {
    const challenge = headers.get("www-authenticate") ?? "";
    return status === 401 && /error="insufficient_claims"/.test(challenge) && /claims="[^"]/.test(challenge);
}

/** The pipeline has answered a challenge once, with a new sign-in. */
function stillChallenged(url: string): AuthenticationError {
    return new AuthenticationError(
        `Microsoft Graph at ${new URL(url).origin} does not take the token, not even a new one (401, a claims challenge). ` +
            "Nothing was acquired. Access was revoked, or a policy of the tenant (Conditional Access: a location, a risk) does " +
            "not let this sign-in through: ask whoever administers it; Entra's sign-in log names the policy.",
    );
}

/** Whether the connection was never made. */
function isBeforeConnection(error: unknown, why: string): boolean {
    return neverConnected.has(why) || (error instanceof Error && ambiguousNames.get(why)?.test(error.message) === true);
}

/**
 * Names that Node.js gives before a connection stands and after, and the words that only the former comes with: a
 * time-out while connecting (without words where several addresses were tried), and a server that speaks no TLS.
 */
const ambiguousNames: ReadonlyMap<string, RegExp> = new Map([
    ["ETIMEDOUT", /^(?:connect |$)/],
    ["EPROTO", /wrong version number/],
]);

/** Node.js's names for a connection that was never made: nothing was sent. */
const neverConnected: ReadonlySet<string> = new Set([
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "EHOSTDOWN",
    "ENETDOWN",
    "ENETUNREACH",
    "CERT_HAS_EXPIRED",
    "CERT_NOT_YET_VALID",
    "CERT_REJECTED",
    "CERT_REVOKED",
    "CERT_SIGNATURE_FAILURE",
    "CERT_UNTRUSTED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "HOSTNAME_MISMATCH",
    "INVALID_CA",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function rejectOnAbort(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
        const abort = () => reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
        signal.addEventListener("abort", abort, { once: true });
        if (signal.aborted) {
            abort();
        }
    });
}
