import type { TokenCredential } from "@azure/identity";
import { AuthenticationError, EntrasyncError, UnreachableError } from "../core/errors.js";
import { scrub } from "../core/scrub.js";
import type { HttpAsk } from "../graph/ask.js";
import type { Endpoints } from "../graph/clouds.js";
import type { TokenSource } from "../graph/transport.js";
import { createCredential } from "./credentials.js";
import { readEntraError } from "./entraErrors.js";
import { describeMethod, type Method, secretsOf } from "./methods.js";

/** Signs in by the chosen method at the cloud's authority. Loads `@azure/identity`. */
export async function createTokenSource(method: Method, endpoints: Endpoints, ask: HttpAsk): Promise<TokenSource> {
    const explaining = async <Result>(action: () => Promise<Result>, processed = unsent): Promise<Result> => {
        try {
            return await action();
        } catch (error) {
            throw authenticationError(error, method, endpoints, processed);
        }
    };
    const credential = await explaining(() => createCredential(method, endpoints, ask));
    return {
        getToken: (scopes, options) =>
            explaining(
                () => credential.getToken(scopes, options as Parameters<TokenCredential["getToken"]>[1]),
                options !== undefined && "claims" in options && options.claims ? challenged : unsent,
            ),
    };
}

const unsent = "Nothing was sent to Graph.";
const challenged = "Graph had asked for a new sign-in (a claims challenge), and has processed nothing.";

/** Entra's own words, without the request that an error of the library carries. */
function authenticationError(error: unknown, method: Method, endpoints: Endpoints, processed: string): EntrasyncError {
    // A host of the sign-in's that can't be reached is a sign-in that failed; Graph was not the one.
    const isOfSignIn = error instanceof AuthenticationError || error instanceof UnreachableError;
    if (error instanceof EntrasyncError && !isOfSignIn) {
        return error;
    }
    const message = scrub(error instanceof Error ? error.message : String(error), secretsOf(method));
    const tried = `Signing in to Microsoft Entra at ${endpoints.authority} as ${describeMethod(method)}: `;
    if (message.includes("endpoints_resolution_error")) {
        return new AuthenticationError(
            `${tried}the authority's endpoints could not be had. ${processed} One of three: it can't be reached (network, proxy), ` +
                "its certificate is not trusted (NODE_EXTRA_CA_CERTS), or it serves no such tenant.",
        );
    }
    const meaning = readEntraError(message)?.meaning;
    const meant = meaning === undefined ? "" : ` That means: ${meaning}.`;
    return new AuthenticationError(`${tried}${wordsOf(message)}${meant} ${processed} ${advice[method.kind]}`);
}

/**
 * The library's messages begin with numbers and go on with time stamps and hints at its own manual pages. Entra's own
 * words begin at their code; of the rest only the trace id is of use, to Microsoft's support.
 */
function wordsOf(message: string): string {
    // What the library makes of an answer that is not Entra's JSON: a proxy's page, mostly.
    const page = /^(client|server)_error: Error\(s\): Not Available/.exec(message)?.[1];
    if (page !== undefined) {
        const status = page === "client" ? "4xx" : "5xx";
        return (
            `the answer (${status}) was none of Entra's, but a page of something on the way, such as a proxy (HTTPS_PROXY, with its ` +
            "user and password), or of Entra in trouble."
        );
    }
    const line = message.split(/\r?\n/)[0]?.trim() ?? "";
    const words = line.replace(/^.*? - Description: (?=AADSTS)/, "").replace(/\s*Trace ID: .*$/, "");
    const trace = /Trace ID: ([0-9a-f]+-[0-9a-f-]+)/i.exec(message)?.[1];
    const sentence = /[.!?]$/.test(words) ? words : `${words}.`;
    return trace === undefined ? sentence : `${sentence} (trace id ${trace})`;
}

const advice: Record<Method["kind"], string> = {
    clientCertificate: "Check tenantId, clientId and the certificate (azuread's configuration or ARM_*).",
    clientSecret:
        "Check tenantId, clientId and clientSecret (azuread's configuration or ARM_*), and that the secret has not expired.",
    oidcToken: "Check tenantId, clientId and the OIDC token, and the application's federated credentials.",
    azureDevOps: "Check tenantId, clientId and the application's federated credentials.",
    github: "Check tenantId, clientId and the application's federated credentials.",
    managedIdentity:
        "Check that this machine has a managed identity, and that clientId names it where it is a user-assigned one.",
    azureCli:
        "Sign in with az login, or configure another method (a secret, a certificate, OIDC, a managed identity, as for azuread); `pulumi-entrasync doctor` shows which one is chosen and why.",
};
