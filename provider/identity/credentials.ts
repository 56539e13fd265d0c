import type { TokenCredential } from "@azure/identity";
import type { HttpAsk } from "../graph/ask.js";
import { type Endpoints, isMicrosoftAuthority } from "../graph/clouds.js";
import { azureDevOpsAssertion, configuredAssertion, gitHubAssertion, memoiseBriefly } from "./assertions.js";
import { describeSetting, readConfiguredFile, settings } from "./configuration.js";
import { endpointCredential } from "./managedIdentity.js";
import type { CertificateMethod, Method } from "./methods.js";
import { pemOfPkcs12 } from "./pkcs12.js";

/** How long the Azure CLI may take: it may have to renew its own sign-in first. */
const azureCliTimeoutMs = 60_000;

/** The credential of `@azure/identity` for a method. Loads the library. */
export async function createCredential(method: Method, endpoints: Endpoints, ask: HttpAsk): Promise<TokenCredential> {
    const identity = await import("@azure/identity");
    const options = {
        // Always given: AZURE_AUTHORITY_HOST in the environment would override the configured cloud otherwise.
        authorityHost: endpoints.authority,
        // Microsoft's instance discovery knows its own authorities only, and isn't reached from a network of one's own.
        disableInstanceDiscovery: !isMicrosoftAuthority(endpoints.authority),
    };
    const withAssertion = (
        { tenantId, clientId }: { tenantId: string; clientId: string },
        assertion: () => Promise<string>,
    ) => new identity.ClientAssertionCredential(tenantId, clientId, memoiseBriefly(assertion), options);
    switch (method.kind) {
        case "clientCertificate": {
            const certificate = await readCertificate(method);
            return new identity.ClientCertificateCredential(method.tenantId, method.clientId, { certificate }, options);
        }
        case "clientSecret":
            return new identity.ClientSecretCredential(method.tenantId, method.clientId, method.clientSecret, options);
        case "oidcToken":
            return withAssertion(method, configuredAssertion(method));
        case "azureDevOps":
            return withAssertion(method, azureDevOpsAssertion(method, ask));
        case "github":
            return withAssertion(method, gitHubAssertion(method, ask));
        case "managedIdentity": {
            const { clientId, endpoint } = method;
            if (endpoint !== undefined) {
                return endpointCredential(endpoint, clientId, ask);
            }
            if (process.env.AZURE_FEDERATED_TOKEN_FILE) {
                // In a pod of AKS the library would take the pod's token for a managed identity's, and sign in with it
                // wherever AZURE_AUTHORITY_HOST says. azuread asks the machine.
                return endpointCredential(metadataServiceUrl(), clientId, ask);
            }
            const direct = { httpClient: await directHttpClient() };
            return clientId === undefined
                ? new identity.ManagedIdentityCredential(direct)
                : new identity.ManagedIdentityCredential({ ...direct, clientId });
        }
        case "azureCli":
            return new identity.AzureCliCredential({
                processTimeoutInMs: azureCliTimeoutMs,
                ...(method.tenantId === undefined ? {} : { tenantId: method.tenantId }),
            });
    }
}

/** A machine's metadata service, at its one address, or where the library would look for it. */
function metadataServiceUrl(): string {
    const host = process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST || "http://169.254.169.254";
    return `${host.replace(/\/+$/, "")}/metadata/identity/oauth2/token`;
}

async function readCertificate({ pkcs12, password }: CertificateMethod): Promise<string> {
    if ("base64" in pkcs12) {
        return pemOfPkcs12(Buffer.from(pkcs12.base64, "base64"), password, describeSetting(settings.clientCertificate));
    }
    const file = readConfiguredFile(settings.clientCertificatePath, pkcs12.path, (content) => content);
    return pemOfPkcs12(
        file,
        password,
        `${describeSetting(settings.clientCertificatePath)} names ${JSON.stringify(pkcs12.path)}`,
    );
}

/**
 * The machine's own endpoint must never be asked through a proxy: it would answer as the proxy's machine, or not at all.
 * The library puts the proxy of HTTPS_PROXY on every request unless NO_PROXY names the host; this takes it off again.
 */
async function directHttpClient() {
    const rest = await import("@azure/core-rest-pipeline");
    const client = rest.createDefaultHttpClient();
    return {
        sendRequest(request: Parameters<typeof client.sendRequest>[0]) {
            delete request.agent;
            delete request.proxySettings;
            return client.sendRequest(request);
        },
    };
}
