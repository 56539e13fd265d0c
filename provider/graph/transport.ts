import type { Pipeline, PipelineResponse } from "@azure/core-rest-pipeline";
import { AuthenticationError, ConfigurationError, EntrasyncError, UnreachableError } from "../core/errors.js";

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

/** 407 is no server's answer but the word of the proxy on the way: it takes nobody whom it does not know. */
function refusedByProxy(url: string): UnreachableError {
    return new UnreachableError(
        `${new URL(url).origin} could not be asked: the proxy refuses (407). Nothing was sent. Give user and password in HTTPS_PROXY ` +
            "(http://user:password@host:port), or let NO_PROXY name the host.",
    );
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

/** A request of the sign-in's that wants no token of ours: the metadata host's, a pipeline's, a managed identity's. */
export interface Question {
    readonly method: "GET" | "POST";
    readonly url: string;
    /** What to put behind `Bearer`. */
    readonly bearer?: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** Never by way of a proxy. */
    readonly direct?: boolean;
}

/** Asks once, follows no redirect; the body is what its JSON says, `undefined` where it is none. Throws `UnreachableError`. */
export type HttpAsk = (question: Question) => Promise<{ readonly status: number; readonly body: unknown }>;

const questionTimeoutMs = 30_000;

/** Asks over the network. */
export const askOverHttp: HttpAsk = async ({ method, url, bearer, headers, direct = false }) => {
    const rest = await import("@azure/core-rest-pipeline");
    const request = rest.createPipelineRequest({
        method,
        url,
        abortSignal: AbortSignal.timeout(questionTimeoutMs),
        allowInsecureConnection: url.startsWith("http:"),
        headers: rest.createHttpHeaders({
            accept: "application/json",
            ...headers,
            ...(method === "POST" ? { "content-length": "0" } : {}),
            ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        }),
    });
    let response: PipelineResponse;
    try {
        response = await createPipeline(rest, direct).sendRequest(rest.createDefaultHttpClient(), request);
    } catch (error) {
        const { origin, pathname } = new URL(url);
        throw new UnreachableError(
            `${origin}${pathname} could not be asked (${failureName(error)}): check the network and HTTPS_PROXY`,
        );
    }
    if (response.status === 407) {
        throw refusedByProxy(url);
    }
    return { status: response.status, body: parseJson(response.bodyAsText ?? "") };
};

/** Asks the metadata host where Graph and the sign-in are. */
export async function fetchMetadata(url: string): Promise<unknown> {
    const advice = "check metadataHost (entrasync:metadataHost, azuread:metadataHost or ARM_METADATA_HOSTNAME)";
    try {
        const { status, body } = await askOverHttp({ method: "GET", url });
        if (status === 200 && body !== undefined) {
            return body;
        }
        throw new ConfigurationError(
            `the metadata host answered ${url} with ${status}${body === undefined ? " and no JSON" : ""}: ${advice}`,
        );
    } catch (error) {
        throw error instanceof UnreachableError ? new UnreachableError(`${error.message}; ${advice}`) : error;
    }
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function createPipeline(rest: typeof import("@azure/core-rest-pipeline"), direct = false): Pipeline {
    const pipeline = rest.createEmptyPipeline();
    if (!direct) {
        pipeline.addPolicy(rest.proxyPolicy());
    }
    pipeline.addPolicy(rest.userAgentPolicy({ userAgentPrefix: "pulumi-entrasync" }));
    return pipeline;
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

/** The error's code or name, never its message: messages of HTTP libraries quote requests. */
function failureName(error: unknown): string {
    if (error instanceof Error) {
        const code = Object.getOwnPropertyDescriptor(error, "code")?.value;
        return typeof code === "string" ? code : error.name;
    }
    return "an unknown failure";
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
