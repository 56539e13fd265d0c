import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AuthenticationError, ConfigurationError, UnreachableError } from "../../provider/core/errors.ts";
import { createTokenSource } from "../../provider/identity/tokens.ts";

const secret = "sentinel-93c1-of&a client";
const method = { kind: "clientSecret", tenantId: "the-tenant", clientId: "the-client", clientSecret: secret } as const;
const microsoft = {
    graph: "https://graph.microsoft.com",
    authority: "https://login.microsoftonline.com",
    scope: "https://graph.microsoft.com/.default",
};

interface Options {
    readonly authorityHost: string;
    readonly disableInstanceDiscovery: boolean;
}

const ask = async () => ({ status: 500, body: undefined });
const getToken = vi.fn<(scopes: unknown, options: unknown) => Promise<unknown>>();
const constructed = vi.fn<(tenantId: string, clientId: string, clientSecret: string, options: Options) => void>();

vi.mock("@azure/identity", () => ({
    ClientSecretCredential: class {
        constructor(tenantId: string, clientId: string, clientSecret: string, options: Options) {
            constructed(tenantId, clientId, clientSecret, options);
        }

        getToken(scopes: unknown, options: unknown) {
            return getToken(scopes, options);
        }
    },
}));

beforeEach(() => {
    getToken.mockReset();
    constructed.mockReset();
});
afterEach(() => void vi.unstubAllEnvs());

async function failure(error: unknown): Promise<unknown> {
    getToken.mockRejectedValue(error);
    const tokens = await createTokenSource(method, microsoft, ask);
    return tokens.getToken(microsoft.scope).then(
        () => undefined,
        (thrown: unknown) => thrown,
    );
}

describe("signing in with a client secret", () => {
    test("goes to the configured authority, whatever AZURE_AUTHORITY_HOST says", async () => {
        vi.stubEnv("AZURE_AUTHORITY_HOST", "https://elsewhere.example");
        await createTokenSource(method, microsoft, ask);
        const options = { authorityHost: "https://login.microsoftonline.com", disableInstanceDiscovery: false };
        expect(constructed).toHaveBeenCalledExactlyOnceWith("the-tenant", "the-client", secret, options);
    });

    test("asks Microsoft about no authority of one's own", async () => {
        await createTokenSource(method, { ...microsoft, authority: "https://login.example" }, ask);
        const options = { authorityHost: "https://login.example", disableInstanceDiscovery: true };
        expect(constructed).toHaveBeenCalledExactlyOnceWith("the-tenant", "the-client", secret, options);
    });

    test("hands scope and options on and the token back", async () => {
        const token = { token: "t", expiresOnTimestamp: 1 };
        getToken.mockResolvedValue(token);
        const options = { abortSignal: new AbortController().signal, claims: "{}", enableCae: true };
        const tokens = await createTokenSource(method, microsoft, ask);
        expect(await tokens.getToken([microsoft.scope], options)).toBe(token);
        expect(getToken).toHaveBeenCalledExactlyOnceWith([microsoft.scope], options);
    });
});

describe("a sign-in that fails", () => {
    test("says as whom, where, in Entra's words, and what to check", async () => {
        const error = await failure(new Error("AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1-a"));
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(String(error)).toBe(
            "AuthenticationError: Signing in to Microsoft Entra at https://login.microsoftonline.com as the application " +
                "the-client of tenant the-tenant, by client secret: AADSTS7000215: Invalid client secret provided. (trace id 1-a) That means: the " +
                "client secret is wrong: give the secret's value, not its id. Nothing was sent to Graph. Check tenantId, clientId and clientSecret (azuread's configuration or ARM_*), " +
                "and that the secret has not expired.",
        );
    });

    test("for want of the authority's endpoints names the three possible causes", async () => {
        const error = String(await failure(new Error("endpoints_resolution_error: Endpoints cannot be resolved")));
        for (const cause of ["can't be reached", "NODE_EXTRA_CA_CERTS", "no such tenant"]) {
            expect(error).toContain(cause);
        }
    });

    test("because a host of it is out of reach is a sign-in that failed: Graph was not that host", async () => {
        const error = await failure(new UnreachableError("https://oidc.example/ could not be asked (ECONNREFUSED)"));
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(String(error)).toContain(
            "https://oidc.example/ could not be asked (ECONNREFUSED). Nothing was sent to Graph.",
        );
    });

    test("over the configuration keeps its own words", async () => {
        const refused = new ConfigurationError("oidcRequestUrl must be an https URL");
        expect(await failure(refused)).toBe(refused);
    });

    test("is told in Entra's words and with its trace id, without the library's numbers and time stamps", async () => {
        const words =
            "unauthorized_client: Error(s): 700016 - Timestamp: 2026-01-01 00:00:00Z - Description: AADSTS700016: No such " +
            "application. Trace ID: 0a1b-2c Correlation ID: 2 Timestamp: 2026-01-01 00:00:00Z - Correlation ID: 2 - Trace ID: 0a1b-2c";
        const error = String(await failure(new Error(words)));
        expect(error).toContain(
            "client secret: AADSTS700016: No such application. (trace id 0a1b-2c) That means: there is no",
        );
        expect(error).not.toMatch(/Timestamp|Correlation|Error\(s\)/);
    });

    test.each([
        [
            "client_error: Error(s): Not Available - Timestamp: Not Available - Description: A client error occured.",
            "4xx",
        ],
        [
            "server_error: Error(s): Not Available - Timestamp: Not Available - Description: A server error occured.",
            "5xx",
        ],
    ])("because something else answered says that it was not Entra: %s", async (words, status) => {
        const error = String(await failure(new Error(`${words} Trace ID: Not Available`)));
        expect(error).toContain(
            `the answer (${status}) was none of Entra's, but a page of something on the way, such as a proxy`,
        );
        expect(error).not.toContain("Not Available");
    });

    test("after a claims challenge does not say that nothing was sent", async () => {
        getToken.mockRejectedValue(new Error("AADSTS50173: The grant has been revoked."));
        const tokens = await createTokenSource(method, microsoft, ask);
        const options = { claims: "{}", enableCae: true };
        const error = String(await tokens.getToken(microsoft.scope, options).catch((thrown: unknown) => thrown));
        expect(error).toContain("Graph had asked for a new sign-in (a claims challenge), and has processed nothing.");
        expect(error).not.toContain("Nothing was sent");
    });

    test("shows neither the secret in any form nor anything that hangs on the library's error", async () => {
        const echoed = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
        const library = Object.assign(new Error(`invalid_client: ${echoed.join(" ")}`, { cause: new Error(secret) }), {
            request: { body: `client_secret=${secret}`, headers: { authorization: secret } },
            errorResponse: { errorDescription: secret },
        });
        const error = await failure(library);
        const shown = inspect(error, { showHidden: true, depth: 10 }) + JSON.stringify(error);
        for (const form of [...echoed, "sentinel"]) {
            expect(shown).not.toContain(form);
        }
        expect(Object.keys(error as object).sort()).toEqual(["code", "name"]);
    });

    test("with something that is no error is told all the same", async () => {
        expect(String(await failure(`a text with ${secret}`))).toContain("by client secret: a text with [removed].");
    });

    test("as early as in the library's constructor is the same error", async () => {
        constructed.mockImplementation(() => {
            throw new Error(`Invalid tenant id provided. (${secret})`);
        });
        const error = await createTokenSource(method, microsoft, ask).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(String(error)).toContain("Invalid tenant id provided.");
        expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain("sentinel");
    });
});
