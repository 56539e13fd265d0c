/* What a user of Microsoft's Graph client writes. The task comes on standard input, what came of it goes to the output. */
import { text } from "node:stream/consumers";
import { ClientSecretCredential } from "@azure/identity";
import { Client, GraphError } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const { url, servicePrincipalId } = JSON.parse(await text(process.stdin)) as {
    readonly url: string;
    readonly servicePrincipalId: string;
};
const { ARM_TENANT_ID = "", ARM_CLIENT_ID = "", ARM_CLIENT_SECRET = "" } = process.env;

const credential = new ClientSecretCredential(ARM_TENANT_ID, ARM_CLIENT_ID, ARM_CLIENT_SECRET, {
    authorityHost: url,
    disableInstanceDiscovery: true,
});
const client = Client.initWithMiddleware({
    baseUrl: url,
    defaultVersion: "v1.0",
    // The client hands its token to Microsoft's hosts and to these.
    customHosts: new Set([new URL(url).hostname]),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [`${url}/.default`] }),
});
const synchronization = `/servicePrincipals/${servicePrincipalId}/synchronization`;

const acquire = (credentials: readonly (readonly [key: string, value: string])[]) =>
    client.api(`${synchronization}/acquireAccessToken`).post({
        credentials: credentials.map(([key, value]) => ({
            "@odata.type": "microsoft.graph.synchronizationSecretKeyStringValuePair",
            key,
            value,
        })),
    });

await acquire([
    ["BaseAddress", "https://scim.acme.example/v2"],
    ["UserName", "entra"],
    ["SecretToken", "sentinel-token"],
]);
const { value } = (await client.api(`${synchronization}/secrets`).get()) as {
    readonly value: readonly { readonly key: string; readonly value: string }[];
};
await client.api(`${synchronization}/jobs/validateCredentials`).post({ templateId: "scim", useSavedCredentials: true });
// The same key twice.
const refused = await acquire([
    ["SecretToken", "sentinel-one"],
    ["SecretToken", "sentinel-other"],
]).catch((error: unknown) => error);

console.log(
    JSON.stringify({
        acquired: "accepted",
        secrets: Object.fromEntries(value.map(({ key, value: shown }) => [key, shown])),
        validated: "accepted",
        refused:
            refused instanceof GraphError
                ? { status: refused.statusCode, code: refused.code, requestId: refused.requestId }
                : String(refused),
    }),
);
