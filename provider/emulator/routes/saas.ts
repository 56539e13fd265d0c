import { consentPage, refusalPage } from "../consentPage.js";
import { routeNotFound } from "../graphErrors.js";
import { type Answer, emptyAnswer, jsonAnswer } from "../messages.js";
import type { Handler, Route } from "../routing.js";
import type { SaasApplication } from "../saas.js";

export const saasPaths = {
    authorize: "/saas/authorize",
    token: "/saas/token",
    scim: "/saas/scim/v2",
} as const;

/**
 * The SaaS application: an authorization endpoint with a page for a person, a token endpoint, and as much of SCIM as
 * tells whether a token works.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749
 * @see https://www.rfc-editor.org/rfc/rfc7636
 * @see https://www.rfc-editor.org/rfc/rfc7644
 */
export function saasRoutes(saas: SaasApplication): readonly Route[] {
    const route = (method: string, pattern: string, handle: Handler): Route => ({
        method,
        pattern,
        // Microsoft's hosts, where the emulator plays them, have no such application.
        handle: (call) => {
            if (!(call.site.isAuthority && call.site.isGraph)) {
                throw routeNotFound(call.site.origin, call.path);
            }
            return handle(call);
        },
    });
    return [
        route("GET", saasPaths.authorize, ({ query }) => authorize(query, saas)),
        route("POST", saasPaths.authorize, ({ request }) => decide(new URLSearchParams(request.body), saas)),
        route("POST", saasPaths.token, ({ request }) =>
            token(new URLSearchParams(request.body), request.headers.authorization, saas),
        ),
        route("GET", `${saasPaths.scim}/ServiceProviderConfig`, ({ request }) =>
            serviceProviderConfig(request.headers.authorization, saas),
        ),
    ];
}

/**
 * RFC 6749, 4.1.1. A client or an address that isn't known leads nowhere, anything else that is wrong leads back.
 *
 * No address is registered: HTTPS, or plain HTTP to this machine, as RFC 8252, 7.3 has it for programs that wait for
 * the code. S256 is the only challenge method; RFC 7636, 4.4.1 leaves that to the server.
 */
function authorize(query: URLSearchParams, saas: SaasApplication): Answer {
    if (isRepeated(query, "client_id") || query.get("client_id") !== saas.clientId) {
        return refusalPage("The client_id is not one that the application knows.");
    }
    const redirectUri = query.get("redirect_uri") ?? "";
    if (isRepeated(query, "redirect_uri") || !isRedirectUri(redirectUri)) {
        return refusalPage("The redirect_uri must be an https address, or an http one of this machine.");
    }
    const state = query.get("state");
    const scopes = scopesOf(query, saas);
    const codeChallenge = query.get("code_challenge");
    const refuse = (error: string, description: string) =>
        leadBack({ redirectUri, state }, { error, error_description: description });
    for (const name of ["response_type", "state", "scope", "code_challenge", "code_challenge_method"]) {
        if (isRepeated(query, name)) {
            return refuse("invalid_request", `The parameter ${name} is there twice.`);
        }
    }
    if (query.get("response_type") !== "code") {
        return refuse("unsupported_response_type", "The response_type must be code.");
    }
    if (scopes === undefined) {
        return refuse("invalid_scope", "The scope is not one of the application's.");
    }
    if (codeChallenge !== null && query.get("code_challenge_method") !== "S256") {
        return refuse("invalid_request", "The code_challenge_method must be S256.");
    }
    if (codeChallenge === null ? query.has("code_challenge_method") : !/^[\w-]{43}$/.test(codeChallenge)) {
        return refuse("invalid_request", "The code_challenge must be 43 characters of base64url.");
    }
    const id = saas.ask({ redirectUri, state, scopes, codeChallenge });
    return consentPage({ id, clientId: saas.clientId, redirectUri, scopes });
}

function decide(form: URLSearchParams, saas: SaasApplication): Answer {
    const decision = form.get("decision");
    if (decision !== "allow" && decision !== "deny") {
        return refusalPage("The answer must be to allow or to deny.");
    }
    const request = saas.answer(form.get("request") ?? "");
    if (request === undefined) {
        return refusalPage("This page has been answered. Start again from where you came.");
    }
    return leadBack(
        request,
        decision === "allow"
            ? { code: saas.issueCode(request) }
            : { error: "access_denied", error_description: "The person denied it." },
    );
}

/** RFC 6749, 4.1.3 and 4.4.2; the client's secret in the body or, 2.3.1, as basic authentication. */
function token(form: URLSearchParams, authorization: string | undefined, saas: SaasApplication): Answer {
    if ([...form.keys()].some((name) => isRepeated(form, name))) {
        return oauthError(400, "invalid_request", "A parameter is there twice.");
    }
    const basic = basicCredentials(authorization);
    const [clientId, clientSecret] = basic ?? [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
    if (!saas.isClient(clientId, clientSecret)) {
        return oauthError(401, "invalid_client", "The client is not known, or its secret is wrong.", {
            ...(basic === undefined ? {} : { "www-authenticate": 'Basic realm="saas"' }),
        });
    }
    switch (form.get("grant_type")) {
        case "authorization_code": {
            const code = form.get("code");
            if (code === null || code === "") {
                return oauthError(400, "invalid_request", "The parameter code is missing.");
            }
            const redeemed = saas.redeem({
                code,
                redirectUri: form.get("redirect_uri"),
                codeVerifier: form.get("code_verifier"),
            });
            return typeof redeemed === "string"
                ? oauthError(400, "invalid_grant", redeemed)
                : tokenAnswer(redeemed, saas);
        }
        case "client_credentials": {
            const scopes = scopesOf(form, saas);
            return scopes === undefined
                ? oauthError(400, "invalid_scope", "The scope is not one of the application's.")
                : tokenAnswer(saas.issueToken("client_credentials", scopes), saas);
        }
        case null:
            return oauthError(400, "invalid_request", "The parameter grant_type is missing.");
        default:
            return oauthError(400, "unsupported_grant_type", "It must be authorization_code or client_credentials.");
    }
}

function tokenAnswer(issued: { readonly value: string; readonly scopes: readonly string[] }, saas: SaasApplication) {
    const body = {
        access_token: issued.value,
        token_type: "Bearer",
        expires_in: saas.tokenLifetimeSeconds,
        scope: issued.scopes.join(" "),
    };
    return jsonAnswer(200, body, { "cache-control": "no-store" });
}

function oauthError(
    status: 400 | 401,
    error: string,
    description: string,
    headers: Readonly<Record<string, string>> = {},
): Answer {
    return jsonAnswer(status, { error, error_description: description }, { "cache-control": "no-store", ...headers });
}

/** RFC 7643, 5, with nothing supported: what a client asks first, and what a person tries a token on. */
function serviceProviderConfig(authorization: string | undefined, saas: SaasApplication): Answer {
    const headers = { "content-type": "application/scim+json" };
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined || !saas.accepts(given)) {
        const body = { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "401" };
        const challenge = given === undefined ? "Bearer" : 'Bearer error="invalid_token"';
        return jsonAnswer(401, body, { ...headers, "www-authenticate": challenge });
    }
    const unsupported = { supported: false };
    return jsonAnswer(
        200,
        {
            schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            patch: unsupported,
            bulk: { ...unsupported, maxOperations: 0, maxPayloadSize: 0 },
            filter: { ...unsupported, maxResults: 0 },
            changePassword: unsupported,
            sort: unsupported,
            etag: unsupported,
            authenticationSchemes: [
                {
                    type: "oauthbearertoken",
                    name: "OAuth Bearer Token",
                    description: "A token of the application's own token endpoint",
                },
            ],
        },
        headers,
    );
}

function leadBack(
    { redirectUri, state }: { readonly redirectUri: string; readonly state: string | null },
    parameters: Readonly<Record<string, string>>,
): Answer {
    const added = new URLSearchParams({ ...parameters, ...(state === null ? {} : { state }) });
    const location = `${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${added}`;
    return emptyAnswer(302, { location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
}

/** All of them where none was asked for; `undefined` where one is unknown. */
function scopesOf(parameters: URLSearchParams, saas: SaasApplication): readonly string[] | undefined {
    const asked = (parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
    if (asked.length === 0) {
        return saas.scopes;
    }
    return asked.every((scope) => saas.scopes.includes(scope)) ? asked : undefined;
}

function isRedirectUri(text: string): boolean {
    const url = /^[\x21-\x7e]+$/.test(text) ? URL.parse(text) : null;
    if (url === null || text.includes("#") || url.username !== "" || url.password !== "") {
        return false;
    }
    const isHere = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
    return url.protocol === "https:" || (url.protocol === "http:" && isHere);
}

function basicCredentials(authorization: string | undefined): readonly [string, string] | undefined {
    const encoded = /^Basic +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (encoded === undefined) {
        return undefined;
    }
    const [id = "", secret = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":");
    const decoded = new URLSearchParams(`id=${id}&secret=${secret}`);
    return [decoded.get("id") ?? "", decoded.get("secret") ?? ""];
}

function isRepeated(parameters: URLSearchParams, name: string): boolean {
    return parameters.getAll(name).length > 1;
}
