import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Emulator } from "pulumi-entrasync/emulator";

/** One of the examples beside azuread, with what its stack is configured with. */
export interface Example {
    readonly name: "azuread-scim" | "azuread-oauth";
    readonly file: string;
    readonly program: string;
    readonly config: Readonly<Record<string, string>>;
    readonly secretConfig: Readonly<Record<string, string>>;
    /** The keys that the example hands over. */
    readonly keys: readonly string[];
}

/** Both, provisioning the emulator's own application, so that an exchange is one; the secret token is nobody's. */
export function examplesFor(saas: Emulator["saas"]): readonly [scim: Example, oauth: Example] {
    return [
        {
            ...load("azuread-scim"),
            config: { scimAddress: saas.baseAddress },
            secretConfig: { scimToken: "sentinel-scim-token" },
            keys: ["BaseAddress", "SecretToken"],
        },
        {
            ...load("azuread-oauth"),
            config: {
                scimAddress: saas.baseAddress,
                tokenAddress: saas.tokenExchangeUri,
                oauthClientId: saas.clientId,
            },
            secretConfig: { oauthClientSecret: saas.clientSecret },
            keys: [
                "BaseAddress",
                "AuthenticationType",
                "Oauth2TokenExchangeUri",
                "Oauth2ClientId",
                "Oauth2ClientSecret",
            ],
        },
    ];
}

/** An example after its second step. */
export function secondStep(example: Example): Example {
    const file = fileURLToPath(new URL(`../../examples/${example.name}/step2/index.ts`, import.meta.url));
    return { ...example, file, program: readFileSync(file, "utf8") };
}

function load(name: Example["name"]) {
    const file = fileURLToPath(new URL(`../../examples/${name}/index.ts`, import.meta.url));
    return { name, file, program: readFileSync(file, "utf8") };
}
