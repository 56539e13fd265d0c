import { randomUUID } from "node:crypto";
import type { Sites } from "./clouds.js";
import { defaultDirectoryRoles } from "./permissions.js";
import type { EmulatorStore } from "./store.js";
import type { TokenContents } from "./tokens.js";

/** A token for Graph that no client has to sign in for: what a fake `az` answers with. */
export interface AccessTokenOptions {
    /** Application permissions of a token without `scopes`. Default: those of `store.callerRoles`. */
    readonly roles?: readonly string[];
    /** Delegated permissions: with them it is a user's token, in the Azure CLI's name, not the caller's. */
    readonly scopes?: readonly string[];
    /** The user's directory roles, by template id. Default: Application Administrator. */
    readonly directoryRoles?: readonly string[];
    /** The user's name. Default: `operator@emulator.example`. */
    readonly userPrincipalName?: string;
    /** Object id of the user or the service principal. Default: the caller's; a fresh one for a user. */
    readonly subject?: string;
    /** Default: `tokenLifetimeSeconds`. Less than 0 for one that has expired. */
    readonly expiresInSeconds?: number;
    /** The base of the Graph that it is for. Default: `url`. */
    readonly graph?: string;
    /** What the client declared that it can do. Default: `cp1`, so that `revokeTokens()` revokes it. */
    readonly capabilities?: readonly string[];
}

/** The Azure CLI's own application, the same in every tenant. */
const azureCliClientId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/** @throws TypeError for a Graph that the emulator doesn't play, and for options that belong to the other kind of token. */
export function accessTokenContents(
    options: AccessTokenOptions,
    { store, sites, lifetimeSeconds }: { store: EmulatorStore; sites: Sites; lifetimeSeconds: number },
): TokenContents {
    const { scopes, roles, directoryRoles, userPrincipalName, graph = sites.own.origin } = options;
    const cloud = sites.cloudOfGraph(graph);
    if (cloud === undefined) {
        throw new TypeError("graph must be the url of the emulator, or of a Graph that hostNames named at start.");
    }
    if (scopes === undefined ? (directoryRoles ?? userPrincipalName) !== undefined : roles !== undefined) {
        throw new TypeError("roles are an application's; directoryRoles and userPrincipalName a user's, with scopes.");
    }
    const { tenantId, clientId, objectId } = store.caller;
    const common = {
        tenantId,
        issuer: `${cloud.authorities[0]}/${tenantId}/v2.0`,
        audience: graph.replace(/\/$/, ""),
        capabilities: options.capabilities ?? ["cp1"],
        lifetimeSeconds: options.expiresInSeconds ?? lifetimeSeconds,
    };
    if (scopes === undefined) {
        const caller = {
            kind: "application",
            objectId: options.subject ?? objectId,
            roles: roles ?? store.callerRoles,
        } as const;
        return { ...common, clientId, caller };
    }
    return {
        ...common,
        clientId: azureCliClientId,
        userPrincipalName: userPrincipalName ?? "operator@emulator.example",
        caller: {
            kind: "delegated",
            objectId: options.subject ?? randomUUID(),
            scopes,
            directoryRoles: directoryRoles ?? defaultDirectoryRoles,
        },
    };
}
