import type { PipelineResponse } from "@azure/core-rest-pipeline";
import { EntrasyncError } from "../core/errors.js";
import { readAccessToken, type TokenClaims } from "./accessToken.js";
import { requestIdHeader, watchRequest } from "./connections.js";
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
function keepWhileItLasts(tokens: TokenSource): TokenSource & { last(): string | undefined } {
    let last: Awaited<ReturnType<TokenSource["getToken"]>> = null;
    return {
        last: () => last?.token,
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
    /**
     * On a connection of its own: one that was kept open may be closed by the server at the very moment, and then nobody
     * can tell whether the request was read.
     */
    readonly ownConnection?: boolean;
    /** Runs with the token at hand, just before the request goes out; what it throws is thrown, and nothing goes out. */
    readonly beforeSending?: () => Promise<void>;
}

/** What became of a request: an answer, or a failure with how far the request got. */
export type Sent =
    | {
          readonly response: PipelineResponse;
          /** Whether Graph asks for another token still, after the pipeline has answered that once (401, claims). */
          readonly isChallenge: boolean;
      }
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
    /** What the last token says of itself; `undefined` before there is one, or where it can't be read. */
    claims(): TokenClaims | undefined;
}

/** The pipeline's own defaults would send a POST up to four times, follow redirects with the body, and log tokens. */
export async function createTransport(tokens: TokenSource, scope: string): Promise<Transport> {
    const rest = await import("@azure/core-rest-pipeline");
    await refuseOldTls();
    const credential = keepWhileItLasts(tokens);
    const pipeline = createPipeline(rest);
    pipeline.addPolicy(rest.setClientRequestIdPolicy(requestIdHeader));
    pipeline.addPolicy(rest.bearerTokenAuthenticationPolicy({ credential, scopes: scope }), { afterPhase: "Retry" });
    const hooks = new WeakMap<object, () => Promise<void>>();
    pipeline.addPolicy(
        {
            name: "beforeSending",
            async sendRequest(request, next) {
                // The caller may be gone by now: nobody would hear what came of it.
                if (!request.abortSignal?.aborted) {
                    await hooks.get(request)?.();
                }
                return next(request);
            },
        },
        { afterPhase: "Sign" },
    );
    const client = rest.createDefaultHttpClient();
    return {
        claims: () => readAccessToken(credential.last() ?? ""),
        async send({ method, url, body, abortSignal, ownConnection = false, beforeSending }) {
            const request = rest.createPipelineRequest({
                method,
                url,
                abortSignal,
                ...(body === undefined ? {} : { body }),
                disableKeepAlive: ownConnection,
                headers: rest.createHttpHeaders({
                    accept: "application/json",
                    ...(body === undefined ? {} : { "content-type": "application/json" }),
                }),
            });
            if (ownConnection) {
                // Settings of its own are what gives the client a pool without keep-alive, where Node.js's global one keeps
                // alive. Empty, they change nothing else; given to the factory, they get lost.
                request.tlsSettings = ownPool;
            }
            if (beforeSending !== undefined) {
                hooks.set(request, beforeSending);
            }
            const watched = watchRequest(request.requestId);
            try {
                // A token source may not listen to the signal; the request itself is not sent once it is aborted.
                const response = await Promise.race([
                    pipeline.sendRequest(client, request),
                    rejectOnAbort(abortSignal),
                ]);
                if (response.status === 407) {
                    throw refusedByProxy(url);
                }
                return { response, isChallenge: isClaimsChallenge(response) };
            } catch (error) {
                if (error instanceof EntrasyncError) {
                    throw error;
                }
                return { reached: watched.reached(), why: failureName(error) };
            } finally {
                watched.end();
            }
        },
    };
}

const ownPool = {};

/** TLS 1.2 is what Graph asks for; a process can be started with less (`--tls-min-v1.0`). Never lowers what is set. */
async function refuseOldTls(): Promise<void> {
    const { default: tls } = await import("node:tls");
    if (tls.DEFAULT_MIN_VERSION === "TLSv1" || tls.DEFAULT_MIN_VERSION === "TLSv1.1") {
        tls.DEFAULT_MIN_VERSION = "TLSv1.2";
    }
}

/** Graph's word that the token is good no more (continuous access evaluation), and what a new one must show. */
function isClaimsChallenge({ status, headers }: PipelineResponse): boolean {
    const challenge = headers.get("www-authenticate") ?? "";
    return status === 401 && /error="insufficient_claims"/.test(challenge) && /claims="[^"]/.test(challenge);
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
        const abort = () => reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
        signal.addEventListener("abort", abort, { once: true });
        if (signal.aborted) {
            abort();
        }
    });
}
