import type { TokenCredential } from "@azure/identity";
import { AuthenticationError, EntrasyncError, UnreachableError } from "../core/errors.js";
import { scrub } from "../core/scrub.js";
import type { Endpoints } from "../graph/clouds.js";
import type { HttpAsk, TokenSource } from "../graph/transport.js";
import { createCredential } from "./credentials.js";
import { readEntraError } from "./entraErrors.js";
import { describeMethod, type Method, secretsOf } from "./methods.js";

/** Signs in by the chosen method at the cloud's authority. Loads `@azure/identity`. */
export async function createTokenSource(method: Method, endpoints: Endpoints, ask: HttpAsk): Promise<TokenSource> {
    const credential = await explaining(method, endpoints, () => createCredential(method, endpoints, ask));
    return {
        getToken: (scopes, options) =>
            explaining(method, endpoints, () =>
                credential.getToken(scopes, options as Parameters<TokenCredential["getToken"]>[1]),
            ),
    };
}

async function explaining<Result>(
    method: Method,
    endpoints: Endpoints,
    action: () => Promise<Result>,
): Promise<Result> {
    try {
        return await action();
    } catch (error) {
        throw authenticationError(error, method, endpoints);
    }
}

/** Entra's own words, without the request that an error of the library carries. */
function authenticationError(error: unknown, method: Method, endpoints: Endpoints): EntrasyncError {
    // A host of the sign-in's that can't be reached is a sign-in that failed; Graph was not the one.
    const isOfSignIn = error instanceof AuthenticationError || error instanceof UnreachableError;
    if (error instanceof EntrasyncError && !isOfSignIn) {
        return error;
    }
    const message = scrub(error instanceof Error ? error.message : String(error), secretsOf(method));
    const tried = `Signing in to Microsoft Entra at ${endpoints.authority} as ${describeMethod(method)}: `;
    const nothing = " Nothing was sent to Graph. ";
    if (message.includes("endpoints_resolution_error")) {
        return new AuthenticationError(
            `${tried}the authority's endpoints could not be had.${nothing}One of three: it can't be reached (network, proxy), ` +
                "its certificate is not trusted (NODE_EXTRA_CA_CERTS), or it serves no such tenant.",
        );
    }
    const entra = readEntraError(message);
    const said = firstSentences(message);
    const meaning = entra?.meaning === undefined ? "" : ` That means: ${entra.meaning}.`;
    return new AuthenticationError(`${tried}${said}${meaning}${nothing}${advice[method.kind]}`);
}

/** The library's messages go on with traces, time stamps and hints at its own manual pages, line after line. */
function firstSentences(message: string): string {
    const line = message.split(/\r?\n/)[0]?.trim() ?? "";
    const words = line.replace(/\s*Trace ID: .*$/, "");
    return /[.!?]$/.test(words) ? words : `${words}.`;
}

const advice: Record<Method["kind"], string> = {
    clientCertificate: "Check tenantId, clientId and the certificate (azuread's configuration or ARM_*).",
    clientSecret:
        "Check tenantId, clientId and clientSecret (azuread's configuration or ARM_*), and that the secret has not expired.",
    oidcToken: "Check tenantId, clientId and the OIDC token, and the application's federated credentials.",
    azureDevOps: "Check tenantId, clientId and the service connection, and the application's federated credentials.",
    github: "Check tenantId, clientId and the job's permission id-token: write, and the application's federated credentials.",
    managedIdentity:
        "Check that this machine has a managed identity, and that clientId names it where it is a user-assigned one.",
    azureCli:
        "Sign in with az login, or configure another method; `pulumi-entrasync doctor` shows which one is chosen and why.",
};
