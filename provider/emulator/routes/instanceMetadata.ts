import type { Sites } from "../clouds.js";
import type { ManagedIdentities } from "../managedIdentities.js";
import { type Answer, jsonAnswer } from "../messages.js";
import type { Route, RouteCall } from "../routing.js";
import type { EmulatorStore } from "../store.js";
import type { TokenAuthority } from "../tokens.js";

export interface InstanceMetadataOptions {
    readonly store: EmulatorStore;
    readonly sites: Sites;
    readonly tokens: TokenAuthority;
    readonly identities: ManagedIdentities;
    readonly lifetimeSeconds: number;
}

/**
 * A virtual machine's metadata service (IMDS), as far as it hands out tokens. `prefix` is empty where it has a socket of
 * its own.
 *
 * Documented: path, `Metadata: true`, the parameters, and the members of the answer, all of them strings. The words of
 * the refusals have been seen; the documentation's `bad_request_102` beside the first of them has not.
 *
 * A machine's identity can't be challenged (documented: continuous access evaluation leaves managed identities out), so
 * its tokens declare no capability. They carry the caller's roles.
 *
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
export function instanceMetadataRoutes(prefix: string, options: InstanceMetadataOptions): readonly Route[] {
    // With a slash at its end is how MSAL asks wherever a variable names the host (recorded).
    return ["", "/"].map((end) => ({
        method: "GET",
        pattern: `${prefix}/metadata/identity/oauth2/token${end}`,
        handle: (call) => token(call, options),
    }));
}

async function token({ request, query }: RouteCall, options: InstanceMetadataOptions): Promise<Answer> {
    if (request.headers.metadata?.toLowerCase() !== "true") {
        return refusal("invalid_request", "Required metadata header not specified");
    }
    if (request.headers["x-forwarded-for"] !== undefined) {
        return refusal("invalid_request", "X-Forwarded-For header is not allowed");
    }
    if (query.get("api-version") !== "2018-02-01") {
        return refusal("invalid_request", "The api-version must be 2018-02-01, the one that the emulator knows");
    }
    const named = ["object_id", "principal_id", "mi_res_id", "msi_res_id"].some((name) => query.has(name));
    const identity = named ? undefined : options.identities.find(query.get("client_id"));
    if (identity === undefined) {
        return refusal("invalid_request", "Identity not found");
    }
    const resource = query.get("resource") ?? "";
    const cloud = options.sites.cloudOfGraph(resource);
    if (cloud === undefined) {
        return refusal(
            "invalid_resource",
            "AADSTS500011: The resource principal named by 'resource' was not found in the tenant named " +
                `${options.store.caller.tenantId}.`,
        );
    }
    const { tenantId } = options.store.caller;
    const expiresOn = Math.floor(Date.now() / 1000) + options.lifetimeSeconds;
    const accessToken = await options.tokens.issue({
        tenantId,
        clientId: identity.clientId,
        issuer: `${cloud.authorities[0]}/${tenantId}/v2.0`,
        audience: resource.replace(/\/$/, ""),
        caller: { kind: "application", objectId: identity.objectId, roles: options.store.callerRoles },
        capabilities: [],
        lifetimeSeconds: options.lifetimeSeconds,
    });
    return jsonAnswer(200, {
        access_token: accessToken,
        client_id: identity.clientId,
        // A second has passed already, the documentation's example says.
        expires_in: String(Math.max(options.lifetimeSeconds - 1, 0)),
        expires_on: String(expiresOn),
        ext_expires_in: String(options.lifetimeSeconds),
        not_before: String(expiresOn - options.lifetimeSeconds),
        resource,
        token_type: "Bearer",
    });
}

function refusal(error: string, description: string): Answer {
    return jsonAnswer(400, { error, error_description: description });
}
