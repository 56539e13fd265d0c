import { createHash, randomBytes } from "node:crypto";

/** What the application is asked for, and what its answer will be held to. */
export interface AuthorizationRequest {
    readonly authorizationUri: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly redirectUri: string;
    /** What this application wants beside OAuth's own. */
    readonly parameters: readonly (readonly [name: string, value: string])[];
    /** Comes back with the answer, so that only an answer to this request is taken (RFC 6749, 10.12). */
    readonly state: string;
    /** Where a challenge is sent (RFC 7636): whoever redeems the code has to show this. */
    readonly verifier?: string;
}

/** The parameters that are set here, and nowhere else. */
export const ownParameters: readonly string[] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/** 256 random bits, as RFC 7636 recommends for a verifier, in characters that no address encodes. */
export function randomText(): string {
    return randomBytes(32).toString("base64url");
}

/**
 * The address of the application's consent page for this request.
 *
 * Written by hand, because `URLSearchParams` has `+` for a space, which not every authorization server reads as one, and
 * would rewrite the query that the address comes with (RFC 6749, 3.1: it must be retained).
 */
export function authorizationAddress(request: AuthorizationRequest): string {
    const { authorizationUri, clientId, scopes, redirectUri, parameters, state, verifier } = request;
    const query: (readonly [string, string])[] = [
        ["response_type", "code"],
        ["client_id", clientId],
        ["redirect_uri", redirectUri],
        ...(scopes.length === 0 ? [] : [["scope", scopes.join(" ")] as const]),
        ["state", state],
        ...(verifier === undefined
            ? []
            : ([
                  ["code_challenge", createHash("sha256").update(verifier).digest("base64url")],
                  ["code_challenge_method", "S256"],
              ] as const)),
        ...parameters,
    ];
    const written = query.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
    const separator = authorizationUri.includes("?") ? (/[?&]$/.test(authorizationUri) ? "" : "&") : "?";
    return authorizationUri + separator + written;
}
