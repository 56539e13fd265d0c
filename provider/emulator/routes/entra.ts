import { randomUUID } from "node:crypto";
import { type Answer, jsonAnswer } from "../messages.js";
import type { Route, RouteCall } from "../routing.js";
import type { EmulatorStore } from "../store.js";
import type { TokenAuthority } from "../tokens.js";

export interface EntraOptions {
    readonly url: string;
    readonly store: EmulatorStore;
    readonly tokens: TokenAuthority;
    readonly clientSecret: string;
}

/** The issuer has the authority's scheme, host and port: MSAL insists. */
export function issuerOf(url: string, tenantId: string): string {
    return `${url}/${tenantId}/v2.0`;
}

/** Entra: discovery, the signing key, and the token endpoint. */
export function entraRoutes(options: EntraOptions): readonly Route[] {
    return [
        {
            method: "GET",
            pattern: "/{tenant}/v2.0/.well-known/openid-configuration",
            handle: (call) => openIdConfiguration(call, options),
        },
        {
            method: "GET",
            pattern: "/{tenant}/discovery/v2.0/keys",
            handle: () => jsonAnswer(200, { keys: [options.tokens.publicJwk] }),
        },
        { method: "POST", pattern: "/{tenant}/oauth2/v2.0/token", handle: (call) => token(call, options) },
    ];
}

function openIdConfiguration(call: RouteCall, { url, store }: EntraOptions): Answer {
    const tenant = call.parameters.tenant ?? "";
    if (!isCallersTenant(tenant, store)) {
        return entraError(call, url, tenantNotFound(tenant, "invalid_tenant"));
    }
    const authority = `${url}/${store.caller.tenantId}`;
    return jsonAnswer(200, {
        issuer: issuerOf(url, store.caller.tenantId),
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ["client_secret_post"],
        response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
        response_modes_supported: ["query", "fragment", "form_post"],
        subject_types_supported: ["pairwise"],
        id_token_signing_alg_values_supported: ["RS256"],
        scopes_supported: ["openid", "profile", "email", "offline_access"],
        tenant_region_scope: null,
    });
}

async function token(call: RouteCall, options: EntraOptions): Promise<Answer> {
    const form = new URLSearchParams(call.request.body);
    const refusal =
        refuseTenant(call.parameters.tenant ?? "", options) ??
        refuseGrantType(form) ??
        refuseClient(form, options) ??
        authenticateClient(form, options) ??
        refuseScope(form, options);
    if (refusal !== undefined) {
        return entraError(call, options.url, refusal);
    }
    const issued = await options.tokens.issue(options.store.caller, options.store.callerRoles);
    const body = {
        token_type: "Bearer",
        expires_in: issued.expiresInSeconds,
        ext_expires_in: issued.expiresInSeconds,
        access_token: issued.accessToken,
    };
    return jsonAnswer(200, body, { "cache-control": "no-store, no-cache", "x-ms-request-id": call.requestId });
}

/**
 * The number is AADSTS's: Entra documents it with its meaning. Words, status and `error` beside it are from memory of
 * Entra's answers.
 */
interface EntraRefusal {
    readonly status: 400 | 401;
    readonly error: string;
    readonly number: number;
    readonly words: string;
}

function refuseTenant(tenant: string, { store }: EntraOptions): EntraRefusal | undefined {
    return isCallersTenant(tenant, store) ? undefined : tenantNotFound(tenant, "invalid_request");
}

function refuseGrantType(form: URLSearchParams): EntraRefusal | undefined {
    const grantType = form.get("grant_type");
    if (grantType === null || grantType === "") {
        return parameterMissing("grant_type");
    }
    if (grantType === "client_credentials") {
        return undefined;
    }
    return {
        status: 400,
        error: "unsupported_grant_type",
        number: 70003,
        words: "The app requested an unsupported grant type.",
    };
}

function refuseClient(form: URLSearchParams, { store }: EntraOptions): EntraRefusal | undefined {
    const clientId = form.get("client_id");
    if (clientId === null || clientId === "") {
        return parameterMissing("client_id");
    }
    if (clientId.toLowerCase() === store.caller.clientId.toLowerCase()) {
        return undefined;
    }
    return {
        status: 400,
        error: "unauthorized_client",
        number: 700016,
        words:
            `Application with identifier '${quotable(clientId)}' was not found in the directory '${store.caller.tenantId}'. ` +
            "This can happen if the application has not been installed by the administrator of the tenant or consented to by any " +
            "user in the tenant. You may have sent your authentication request to the wrong tenant.",
    };
}

/**
 * How the client proves who it is. A method is one branch here: an assertion signed with a certificate and a federated
 * one both come as `client_assertion`, and belong before the last line.
 */
function authenticateClient(form: URLSearchParams, options: EntraOptions): EntraRefusal | undefined {
    const secret = form.get("client_secret");
    if (secret !== null && secret !== "") {
        return refuseSecret(secret, options);
    }
    return {
        status: 401,
        error: "invalid_client",
        number: 7000216,
        words: "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    };
}

function refuseSecret(secret: string, { store, clientSecret }: EntraOptions): EntraRefusal | undefined {
    if (secret === clientSecret) {
        return undefined;
    }
    return {
        status: 401,
        error: "invalid_client",
        number: 7000215,
        words:
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client " +
            `secret ID, for a secret added to app '${store.caller.clientId}'.`,
    };
}

function refuseScope(form: URLSearchParams, { url, store }: EntraOptions): EntraRefusal | undefined {
    const scope = form.get("scope")?.trim() ?? "";
    if (scope === "") {
        return parameterMissing("scope");
    }
    // A resource whose identifier ends in a slash is asked for with two of them (documented); some clients always write
    // it so.
    if (scope === `${url}/.default` || scope === `${url}//.default`) {
        return undefined;
    }
    if (!scope.endsWith("/.default") || scope.includes(" ")) {
        return {
            status: 400,
            error: "invalid_scope",
            number: 70011,
            words:
                "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' " +
                "is not valid: client credential flows must have a scope value with /.default suffixed to the resource identifier.",
        };
    }
    return {
        status: 400,
        error: "invalid_resource",
        number: 500011,
        words:
            `The resource principal named ${quotable(scope.slice(0, -"/.default".length))} was not found in the tenant named ` +
            `${store.caller.tenantId}. You might have sent your authentication request to the wrong tenant.`,
    };
}

function isCallersTenant(tenant: string, store: EmulatorStore): boolean {
    return tenant.toLowerCase() === store.caller.tenantId.toLowerCase();
}

function tenantNotFound(tenant: string, error: string): EntraRefusal {
    return {
        status: 400,
        error,
        number: 90002,
        words:
            `Tenant '${quotable(tenant)}' not found. Check to make sure you have the correct tenant ID and are signing into the ` +
            "correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    };
}

function parameterMissing(name: string): EntraRefusal {
    return {
        status: 400,
        error: "invalid_request",
        number: 900144,
        words: `The request body must contain the following parameter: '${name}'.`,
    };
}

/**
 * Entra quotes what it was sent, whatever that is. A client that mixes up its settings would then read its secret in an
 * error: only ids and URLs here.
 */
function quotable(text: string): string {
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
    const isUrl = /^https:\/\/[\w.-]+(:\d+)?\/?$/.test(text);
    return isId || isUrl ? text : "(neither an id nor a URL)";
}

function entraError(call: RouteCall, url: string, refusal: EntraRefusal): Answer {
    const timestamp = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
    const traceId = call.requestId;
    const correlationId = call.request.headers["client-request-id"] ?? randomUUID();
    const body = {
        error: refusal.error,
        error_description:
            `AADSTS${refusal.number}: ${refusal.words} ` +
            `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
        error_codes: [refusal.number],
        timestamp,
        trace_id: traceId,
        correlation_id: correlationId,
        error_uri: `${url}/error?code=${refusal.number}`,
    };
    return jsonAnswer(refusal.status, body, {
        "cache-control": "no-store, no-cache",
        "x-ms-request-id": traceId,
        ...(refusal.status === 401 ? { "www-authenticate": `Bearer realm="", error="${refusal.error}"` } : {}),
    });
}
