import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
});
afterEach(() => {
    vi.useRealTimers();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

const redirectUri = "https://portal.example/back";
const refused = {
    status: 400,
    code: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable",
    message: expect.stringMatching(/^You appear to have entered invalid credentials\./),
};

describe("acquireAccessToken with the SaaS application's addresses", () => {
    it.each(["localhost", "127.0.0.1"])("asks its token endpoint at %s with client credentials", async (host) => {
        const { id } = emulator.createServicePrincipal("Acme");
        const url = emulator.saas.tokenExchangeUri.replace("localhost", host);
        const reply = await acquire(id, clientCredentials({ Oauth2TokenExchangeUri: url }));
        expect([reply.status, reply.text]).toEqual([204, ""]);
        expect(emulator.store.acquisitions).toMatchObject([{ targetId: id, exchange: "client_credentials" }]);
        expect(emulator.store.saasTokens).toMatchObject([{ grant: "client_credentials", revoked: false }]);
        expect(emulator.requests.map(({ path }) => path)).toContain("/saas/token");
        expect((await client.send("GET", "/_emulator/acquisitions")).json.value).toMatchObject([
            { targetId: id, exchange: "client_credentials" },
        ]);
    });

    it("redeems a code once: the second time the application refuses, and revokes what it gave", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const credentials = authorizationCode({ Oauth2AuthorizationCode: await consentedCode() });
        expect((await acquire(id, credentials)).status).toBe(204);
        expect(emulator.store.acquisitions).toMatchObject([{ exchange: "authorization_code" }]);
        expect(emulator.store.saasTokens).toMatchObject([{ grant: "authorization_code", revoked: false }]);

        const again = graphError(await acquire(id, credentials));
        expect(again).toEqual(refused);
        expect(again.message).toMatch(/The application's token endpoint answered 400 with invalid_grant\.$/);
        expect(emulator.counts().acquisitions).toBe(1);
        expect(emulator.store.saasTokens).toMatchObject([{ revoked: true }]);
        expect(emulator.provisioning()).toMatchObject([{ targetId: id, token: { state: "revoked" } }]);
    });

    it.each([
        ["another secret", { Oauth2ClientSecret: "wr0ng" }, "401 with invalid_client"],
        ["no client", { Oauth2ClientId: undefined }, "401 with invalid_client"],
        ["another code", { AuthenticationType: undefined, Oauth2AuthorizationCode: "wr0ng" }, "400 with invalid_grant"],
        ["an address that is no token endpoint", { Oauth2TokenExchangeUri: "/saas/tokens" }, "404 with no error code"],
    ])("is refused with %s, and keeps nothing", async (_, wrong: Record<string, string | undefined>, words) => {
        const { id } = emulator.createServicePrincipal("Acme");
        const uri = wrong.Oauth2TokenExchangeUri;
        const credentials = clientCredentials({
            ...wrong,
            ...(uri === undefined ? {} : { Oauth2TokenExchangeUri: `${emulator.url}${uri}` }),
        });
        const reply = await acquire(id, credentials);
        expect(graphError(reply)).toEqual(refused);
        expect(graphError(reply).message).toContain(words);
        expect(reply.text).not.toContain("wr0ng");
        expect(reply.text).not.toContain(emulator.saas.clientSecret);
        expect(emulator.store.acquisitions).toEqual([]);
        expect(emulator.provisioning()).toEqual([]);
    });

    it("is refused when the application is in trouble, with no more of its answer than an error code of OAuth's", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        for (const [effect, words] of [
            [{ kind: "respond", status: 503, body: { error: "temporarily_unavailable" } }, "temporarily_unavailable"],
            [{ kind: "respond", status: 500, body: { error: "wr0ng" } }, "500 with no error code of OAuth's"],
            [{ kind: "respond", status: 302, headers: { location: "/saas/token" } }, "302 with no error code"],
            [{ kind: "respond", status: 200, body: { token_type: "Bearer" } }, "without an access token"],
            [{ kind: "respond", status: 200, body: "wr0ng" }, "without an access token"],
            [{ kind: "reset", when: "before" }, "did not answer"],
        ] as const) {
            emulator.faults.add({ match: { path: "/saas/token" }, effect });
            const reply = await acquire(id, clientCredentials({}));
            expect(graphError(reply).message).toContain(words);
            expect(reply.text).not.toContain("wr0ng");
        }
        expect((await acquire(id, clientCredentials({}))).status).toBe(204);
    });

    it("can't redeem a code that was asked for with PKCE: no credential of Graph's holds a verifier", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const code = await consentedCode({
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            code_challenge_method: "S256",
        });
        const reply = await acquire(id, authorizationCode({ Oauth2AuthorizationCode: code }));
        expect(graphError(reply).message).toContain("invalid_grant");
    });

    it("is for the emulator's own address alone: any other is recorded as it comes", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const { port } = new URL(emulator.url);
        for (const uri of [
            "https://login.acme.example/token",
            `https://localhost.acme.example:${port}/saas/token`,
            `https://localhost:${Number(port) === 65_535 ? 1 : Number(port) + 1}/saas/token`,
            `http://localhost:${port}/saas/token`,
            `https://a:b@localhost:${port}/saas/token`,
            `https://192.0.2.1:${port}/saas/token`,
            `${emulator.url}/_emulator/reset`,
            "not an address",
        ]) {
            const credentials = clientCredentials({ Oauth2TokenExchangeUri: uri, Oauth2ClientSecret: "wr0ng" });
            expect((await acquire(id, credentials)).status).toBe(204);
            expect(emulator.store.acquisitions.at(-1)).not.toHaveProperty("exchange");
        }
        expect(emulator.store.saasTokens).toEqual([]);
        expect(emulator.requests.some(({ path }) => path === "/saas/token")).toBe(false);
    });

    it("answers 404 where the target goes while the application is asked", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        emulator.faults.add({ match: { path: "/saas/token" }, effect: { kind: "delay", ms: 200 } });
        const acquired = acquire(id, clientCredentials({}));
        await expect.poll(() => emulator.counts().graphRequests).toBe(1);
        await client.graph("DELETE", `/v1.0/servicePrincipals/${id}`);
        expect((await acquired).status).toBe(404);
        expect(emulator.store.acquisitions).toEqual([]);
        expect(emulator.provisioning()).toEqual([]);
    });
});

describe("what the provisioning service holds", () => {
    it("is shown in keys and times, of each target", async () => {
        vi.useFakeTimers({ toFake: ["Date"] });
        const application = emulator.createApplication("Acme");
        const { id } = emulator.createServicePrincipal(application.appId);
        emulator.createServicePrincipal("Without credentials");
        await client.graph("PUT", `/v1.0/applications/${application.id}/synchronization/secrets`, {
            value: [{ key: "UserName", value: "u" }],
        });
        await acquire(id, clientCredentials({}));
        const acquiredAt = new Date().toISOString();
        vi.setSystemTime(Date.now() + 61_500);

        const held = [
            {
                targetKind: "servicePrincipals",
                targetId: id,
                keys: Object.keys(clientCredentials({})),
                token: {
                    state: "current",
                    acquiredAt: expect.any(String),
                    ageSeconds: 61,
                    expiresAt: expect.any(String),
                },
            },
            { targetKind: "applications", targetId: application.id, keys: ["UserName"], token: null },
        ];
        expect(emulator.provisioning()).toEqual(held);
        expect((await client.send("GET", "/_emulator/provisioning")).json).toEqual({ value: held });
        const token = emulator.provisioning()[0]?.token;
        expect(Math.abs(Date.parse(token?.acquiredAt ?? "") - Date.parse(acquiredAt))).toBeLessThan(1000);
        expect(Date.parse(token?.expiresAt ?? "") - Date.parse(token?.acquiredAt ?? "")).toBe(3_600_000);
    });

    it("has no date where a secret token was handed over", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, { BaseAddress: "https://scim.acme.example", SecretToken: "t0ken" });
        expect(emulator.provisioning()).toMatchObject([
            { keys: ["BaseAddress", "SecretToken"], token: { state: "current", ageSeconds: 0, expiresAt: null } },
        ]);
    });

    it("is cleared as somebody in the portal would, from the store and over HTTP", async () => {
        const first = emulator.createServicePrincipal("One").id;
        const second = emulator.createServicePrincipal("Two").id;
        for (const id of [first, second]) {
            await acquire(id, clientCredentials({}));
        }
        expect(emulator.store.clearCredentials("servicePrincipals", first)).toBe(true);
        expect(emulator.store.clearCredentials("applications", first)).toBe(false);
        expect(emulator.provisioning().map(({ targetId }) => targetId)).toEqual([second]);
        const body = { targetKind: "servicePrincipals", targetId: second };
        expect((await client.send("POST", "/_emulator/provisioning/clear", { body })).status).toBe(204);
        expect(emulator.provisioning()).toEqual([]);
        expect((await client.graph("GET", secretsPath(second))).json.value).toEqual([]);
        expect(graphError(await validateSaved(second))).toMatchObject({ code: "CredentialsMissing" });
        expect(emulator.counts().acquisitions).toBe(2);
    });

    it("loses its token with its last secret, and not before", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, clientCredentials({}));
        await client.graph("PUT", secretsPath(id), { value: [{ key: "UserName", value: "u" }] });
        expect(emulator.provisioning()).toMatchObject([{ keys: ["UserName"], token: { state: "current" } }]);
        await client.graph("PUT", secretsPath(id), { value: [{ key: "UserName", value: "" }] });
        expect(emulator.provisioning()).toEqual([]);
    });

    it("expires by itself or when it is told to, until the next acquisition", async () => {
        vi.useFakeTimers({ toFake: ["Date"] });
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, clientCredentials({}));
        expect((await validateSaved(id)).status).toBe(204);
        vi.setSystemTime(Date.now() + 3_600_000);
        client.forgetToken();
        expect(emulator.provisioning()).toMatchObject([{ token: { state: "expired", ageSeconds: 3600 } }]);
        expect(graphError(await validateSaved(id))).toEqual(refused);

        await acquire(id, clientCredentials({}));
        expect((await validateSaved(id)).status).toBe(204);
        const body = { targetKind: "servicePrincipals", targetId: id };
        expect((await client.send("POST", "/_emulator/provisioning/expire", { body })).status).toBe(204);
        expect(emulator.provisioning()).toMatchObject([{ token: { state: "expired", ageSeconds: 0 } }]);
        expect(graphError(await validateSaved(id))).toEqual(refused);
        expect(emulator.store.expireToken("servicePrincipals", id)).toBe(true);
        expect(emulator.store.expireToken("servicePrincipals", emulator.createServicePrincipal("Two").id)).toBe(false);
        client.forgetToken();
    });

    it("is of no use once the application takes it back", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, clientCredentials({}));
        emulator.store.revokeSaasTokens();
        expect(emulator.provisioning()).toMatchObject([{ token: { state: "revoked" } }]);
        expect(graphError(await validateSaved(id))).toEqual(refused);
        await acquire(id, clientCredentials({}));
        expect((await validateSaved(id)).status).toBe(204);
    });

    it.each(["clear", "expire"])("can't be asked to %s what isn't there", async (action) => {
        const send = async (body: unknown) =>
            (await client.send("POST", `/_emulator/provisioning/${action}`, { body })).status;
        expect(await send({ targetKind: "servicePrincipals", targetId: "x" })).toBe(404);
        for (const body of [{}, { targetKind: "users", targetId: "x" }, { targetKind: "applications" }, "x"]) {
            expect(await send(body)).toBe(400);
        }
    });

    it("goes with the target, and with a reset", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, clientCredentials({}));
        await client.graph("DELETE", `/v1.0/servicePrincipals/${id}`);
        expect(emulator.provisioning()).toEqual([]);
        await acquire(emulator.createServicePrincipal("Two").id, clientCredentials({}));
        emulator.reset();
        expect(emulator.provisioning()).toEqual([]);
    });
});

type Credentials = Readonly<Record<string, string | undefined>>;

function clientCredentials(overrides: Credentials): Credentials {
    const { saas } = emulator;
    return {
        BaseAddress: saas.baseAddress,
        AuthenticationType: "OAuth2ClientCredentialsGrant",
        Oauth2TokenExchangeUri: saas.tokenExchangeUri,
        Oauth2ClientId: saas.clientId,
        Oauth2ClientSecret: saas.clientSecret,
        ...overrides,
    };
}

function authorizationCode(overrides: Credentials): Credentials {
    return clientCredentials({ AuthenticationType: undefined, Oauth2RedirectUri: redirectUri, ...overrides });
}

/** What a person's browser comes back with. */
async function consentedCode(overrides: Readonly<Record<string, string>> = {}): Promise<string> {
    const { saas } = emulator;
    const asked = { response_type: "code", client_id: saas.clientId, redirect_uri: redirectUri, ...overrides };
    const page = await client.send("GET", `/saas/authorize?${new URLSearchParams(asked)}`);
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const back = await client.send("POST", "/saas/authorize", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ request, decision: "allow" }).toString(),
    });
    return new URL(back.headers.location ?? "").searchParams.get("code") ?? "";
}

function acquire(id: string, credentials: Credentials) {
    return client.graph("POST", `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`, {
        credentials: Object.entries(credentials).flatMap(([key, value]) =>
            value === undefined ? [] : [{ key, value }],
        ),
    });
}

function validateSaved(id: string) {
    return client.graph("POST", `/v1.0/servicePrincipals/${id}/synchronization/jobs/validateCredentials`, {
        templateId: "scim",
        useSavedCredentials: true,
    });
}

function secretsPath(id: string): string {
    return `/v1.0/servicePrincipals/${id}/synchronization/secrets`;
}
