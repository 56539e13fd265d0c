import { type AssertionOptions, refuseAssertion } from "../clientAssertions.js";
import { issuerOf, type Site } from "../clouds.js";
import type { ContinuousAccess } from "../continuousAccess.js";
import { type EntraRefusal, entraError, parameterMissing, quotable } from "../entraErrors.js";
import { type Answer, jsonAnswer } from "../messages.js";
import type { Route, RouteCall } from "../routing.js";
import type { EmulatorStore } from "../store.js";
import type { TokenAuthority } from "../tokens.js";

export interface EntraOptions {
    readonly store: EmulatorStore;
    readonly tokens: TokenAuthority;
    readonly clientSecret: string;
    readonly assertions: AssertionOptions;
    readonly continuousAccess: ContinuousAccess;
    readonly lifetimeSeconds: number;
}

/** Entra: instance discovery, discovery, the signing key, and the token endpoint. */
export function entraRoutes(options: EntraOptions): readonly Route[] {
    return [
        {
            method: "GET",
            pattern: "/{tenant}/discovery/instance",
            handle: (call) => discoverInstance(call, options),
        },
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

/**
 * Whether an authority is one of Microsoft's, and what else it is called. Members as in the tests of Microsoft's
 * libraries. MSAL, as recorded, asks the public cloud's sign-in alone, and only about an authority that it hasn't got
 * built in.
 */
function discoverInstance(call: RouteCall, { store }: EntraOptions): Answer {
    const asked = URL.parse(call.query.get("authorization_endpoint") ?? "");
    const { authorities } = call.site.cloud;
    if (asked === null || !authorities.includes(asked.origin)) {
        return entraError(call, {
            status: 400,
            error: "invalid_instance",
            number: 50049,
            words: "Unknown or invalid instance.",
        });
    }
    const aliases = authorities.map((authority) => new URL(authority).host);
    return jsonAnswer(200, {
        tenant_discovery_endpoint: `${asked.origin}/${store.caller.tenantId}/v2.0/.well-known/openid-configuration`,
        "api-version": "1.1",
        metadata: [{ preferred_network: aliases[0], preferred_cache: aliases[0], aliases }],
    });
}

function openIdConfiguration(call: RouteCall, { store }: EntraOptions): Answer {
    const tenant = call.parameters.tenant ?? "";
    if (!isCallersTenant(tenant, store)) {
        return entraError(call, tenantNotFound(tenant, "invalid_tenant"));
    }
    const { origin, cloud } = call.site;
    const authority = `${origin}/${store.caller.tenantId}`;
    return jsonAnswer(200, {
        issuer: issuerOf(call.site, store.caller.tenantId),
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
        response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
        response_modes_supported: ["query", "fragment", "form_post"],
        subject_types_supported: ["pairwise"],
        id_token_signing_alg_values_supported: ["RS256"],
        scopes_supported: ["openid", "profile", "email", "offline_access"],
        tenant_region_scope: null,
        ...(cloud.instanceName === undefined
            ? {}
            : { cloud_instance_name: cloud.instanceName, msgraph_host: new URL(cloud.graphs[0] ?? origin).host }),
    });
}

async function token(call: RouteCall, options: EntraOptions): Promise<Answer> {
    const form = new URLSearchParams(call.request.body);
    const refusal =
        refuseTenant(call.parameters.tenant ?? "", options) ??
        refuseGrantType(form) ??
        refuseClient(form, options) ??
        (await authenticateClient(form, call.site, options)) ??
        refuseScope(form, call.site, options);
    if (refusal !== undefined) {
        return entraError(call, refusal);
    }
    const claims = form.get("claims");
    const declared = claims === null ? { capabilities: [] } : options.continuousAccess.read(claims);
    if (declared === undefined) {
        return entraError(call, claimsNotValid);
    }
    const { lifetimeSeconds } = options;
    const { tenantId, clientId, objectId } = options.store.caller;
    const accessToken = await options.tokens.issue({
        tenantId,
        clientId,
        issuer: issuerOf(call.site, tenantId),
        audience: resourceOf(form),
        caller: { kind: "application", objectId, roles: options.store.callerRoles },
        capabilities: declared.capabilities,
        lifetimeSeconds,
    });
    const body = {
        token_type: "Bearer",
        expires_in: lifetimeSeconds,
        ext_expires_in: lifetimeSeconds,
        access_token: accessToken,
    };
    return jsonAnswer(200, body, { "cache-control": "no-store, no-cache", "x-ms-request-id": call.requestId });
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

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** How the client proves who it is. */
async function authenticateClient(
    form: URLSearchParams,
    site: Site,
    options: EntraOptions,
): Promise<EntraRefusal | undefined> {
    const assertion = form.get("client_assertion");
    if (assertion !== null && assertion !== "") {
        return form.get("client_assertion_type") === assertionType
            ? refuseAssertion(assertion, site, options.assertions)
            : parameterMissing("client_assertion_type");
    }
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

/**
 * A resource whose identifier ends in a slash is asked for with two of them (documented); some clients always write it
 * so.
 */
function resourceOf(form: URLSearchParams): string {
    return (form.get("scope") ?? "").trim().replace(/\/?\/\.default$/, "");
}

/** A cloud knows its own Graph and nobody else's. */
function refuseScope(form: URLSearchParams, { cloud }: Site, { store }: EntraOptions): EntraRefusal | undefined {
    const scope = form.get("scope")?.trim() ?? "";
    if (scope === "") {
        return parameterMissing("scope");
    }
    if (scope.endsWith("/.default") && cloud.graphs.includes(resourceOf(form))) {
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

/** The number is documented for a parameter that isn't valid; that it is the one for this case is a guess. */
const claimsNotValid: EntraRefusal = {
    status: 400,
    error: "invalid_request",
    number: 90100,
    words: "claims parameter is empty or not valid.",
};
