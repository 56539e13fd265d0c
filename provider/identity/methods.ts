/**
 * A way to sign in to Microsoft Entra, with all that it needs. The same ways, under the same settings, as azuread's.
 */
export type Method =
    | CertificateMethod
    | ClientSecretMethod
    | OidcTokenMethod
    | AzureDevOpsMethod
    | GitHubMethod
    | ManagedIdentityMethod
    | AzureCliMethod;

/** The kinds of sign-in. */
export type MethodKind = Method["kind"];

interface Application {
    readonly tenantId: string;
    readonly clientId: string;
}

/** With a certificate's private key. */
export interface CertificateMethod extends Application {
    readonly kind: "clientCertificate";
    /** A PKCS#12 file, in base64 or by its path. */
    readonly pkcs12: { readonly base64: string } | { readonly path: string };
    /** Empty where the file has none. */
    readonly password: string;
}

/** With a client secret. */
export interface ClientSecretMethod extends Application {
    readonly kind: "clientSecret";
    readonly clientSecret: string;
}

/** With an identity token that somebody else issued: given as it is, or in a file that is read again for each sign-in. */
export interface OidcTokenMethod extends Application {
    readonly kind: "oidcToken";
    readonly token: { readonly value: string } | { readonly path: string };
}

/** With an identity token that Azure DevOps issues for a service connection. */
export interface AzureDevOpsMethod extends Application {
    readonly kind: "azureDevOps";
    readonly requestUrl: string;
    readonly requestToken: string;
    readonly serviceConnectionId: string;
}

/** With an identity token that GitHub Actions issues for a job. */
export interface GitHubMethod extends Application {
    readonly kind: "github";
    readonly requestUrl: string;
    readonly requestToken: string;
}

/** As the managed identity of the machine. */
export interface ManagedIdentityMethod {
    readonly kind: "managedIdentity";
    /** Names a user-assigned identity; the system's own where it is missing. */
    readonly clientId: string | undefined;
    /** An endpoint to ask instead of the machine's. */
    readonly endpoint: string | undefined;
}

/** As whoever is signed in to the Azure CLI. */
export interface AzureCliMethod {
    readonly kind: "azureCli";
    readonly tenantId: string | undefined;
}

/** How a method is called in messages. */
export const methodNames: Record<MethodKind, string> = {
    clientCertificate: "client certificate",
    clientSecret: "client secret",
    oidcToken: "OIDC token",
    azureDevOps: "Azure DevOps OIDC",
    github: "GitHub Actions OIDC",
    managedIdentity: "managed identity",
    azureCli: "Azure CLI",
};

/** As whom a method signs in, for messages. */
export function describeMethod(method: Method): string {
    const name = methodNames[method.kind];
    switch (method.kind) {
        case "managedIdentity":
            return method.clientId === undefined ? `the system's ${name}` : `the ${name} ${method.clientId}`;
        case "azureCli":
            return `whoever is signed in to the ${name}${method.tenantId === undefined ? "" : `, in tenant ${method.tenantId}`}`;
        default:
            return `the application ${method.clientId} of tenant ${method.tenantId}, by ${name}`;
    }
}

/** Everything of a method that no message may show. */
export function secretsOf(method: Method): string[] {
    switch (method.kind) {
        case "clientCertificate":
            return ["base64" in method.pkcs12 ? method.pkcs12.base64 : "", method.password];
        case "clientSecret":
            return [method.clientSecret];
        case "oidcToken":
            return ["value" in method.token ? method.token.value : ""];
        case "azureDevOps":
        case "github":
            return [method.requestToken];
        case "managedIdentity":
        case "azureCli":
            return [];
    }
}
