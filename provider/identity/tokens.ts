import type { TokenCredential } from "@azure/identity";
import { AuthenticationError } from "../core/errors.js";
import { scrub } from "../core/scrub.js";
import { type Endpoints, isMicrosoftAuthority } from "../graph/clouds.js";
import type { TokenSource } from "../graph/transport.js";
import type { Method } from "./methods.js";

/** Signs in by the chosen method at the cloud's authority. Loads `@azure/identity`. */
export async function createTokenSource(method: Method, endpoints: Endpoints): Promise<TokenSource> {
    let credential: TokenCredential;
    try {
        credential = await createCredential(method, endpoints);
    } catch (error) {
        // The constructors refuse a tenant id that can't be one, with words that name neither us nor the setting.
        throw authenticationError(error, method, endpoints);
    }
    return {
        async getToken(scopes, options) {
            try {
                return await credential.getToken(scopes, options as Parameters<TokenCredential["getToken"]>[1]);
            } catch (error) {
                throw authenticationError(error, method, endpoints);
            }
        },
    };
}

async function createCredential(method: Method, endpoints: Endpoints): Promise<TokenCredential> {
    const identity = await import("@azure/identity");
    const options = {
        // Always given: AZURE_AUTHORITY_HOST in the environment would override the configured cloud otherwise.
        authorityHost: endpoints.authority,
        // Microsoft's instance discovery knows its own authorities only, and isn't reached from a network of one's own.
        disableInstanceDiscovery: !isMicrosoftAuthority(endpoints.authority),
    };
    switch (method.kind) {
        case "clientSecret":
            return new identity.ClientSecretCredential(method.tenantId, method.clientId, method.clientSecret, options);
    }
}

/** Entra's own words, without the request that an error of the library carries. */
function authenticationError(error: unknown, method: Method, endpoints: Endpoints): AuthenticationError {
    const message = error instanceof Error ? error.message : String(error);
    const [said = ""] = scrub(message, [method.clientSecret]).split(/\r?\n/);
    const tried =
        `Signing in to Microsoft Entra at ${endpoints.authority} as the application ${method.clientId} of tenant ` +
        `${method.tenantId} with its client secret: `;
    const nothing = " Nothing was sent to Graph. ";
    if (message.includes("endpoints_resolution_error")) {
        return new AuthenticationError(
            `${tried}the authority's endpoints could not be had.${nothing}One of three: it can't be reached (network, proxy), ` +
                "its certificate is not trusted (NODE_EXTRA_CA_CERTS), or it serves no such tenant.",
        );
    }
    return new AuthenticationError(
        `${tried}${said}${nothing}Check tenantId, clientId and clientSecret (azuread's configuration or ARM_*), and that the ` +
            "secret has not expired.",
    );
}
