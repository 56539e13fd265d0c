import { ClientSecretCredential } from "@azure/identity";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
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
    client.forgetToken();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

function credential(overrides: { tenantId?: string; clientId?: string; clientSecret?: string } = {}) {
    const { tenantId, clientId, clientSecret } = { ...emulator, ...overrides };
    return new ClientSecretCredential(tenantId, clientId, clientSecret, {
        authorityHost: emulator.url,
        disableInstanceDiscovery: true,
        tlsOptions: { ca: emulator.caCertificate },
    });
}

describe("an unmodified @azure/identity", () => {
    it("gets a token that Graph takes", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const token = await credential().getToken(`${emulator.url}/.default`, { enableCae: true });
        const reply = await client.send("GET", `/v1.0/servicePrincipals/${id}`, {
            headers: { authorization: `Bearer ${token?.token}` },
        });
        expect(reply.status).toBe(200);
        expect(token?.expiresOnTimestamp).toBeGreaterThan(Date.now() + 3_500_000);
    });

    it("hears that the secret is wrong", async () => {
        await expect(credential({ clientSecret: "wrong" }).getToken(`${emulator.url}/.default`)).rejects.toThrow(
            /AADSTS7000215/,
        );
    });

    it("hears that the client is unknown", async () => {
        const clientId = "00000000-0000-4000-8000-000000000000";
        await expect(credential({ clientId }).getToken(`${emulator.url}/.default`)).rejects.toThrow(/AADSTS700016/);
    });
});

describe("the access token", () => {
    it("is signed with the published key and says who calls", async () => {
        const keys = (await client.send("GET", `/${emulator.tenantId}/discovery/v2.0/keys`)).json;
        const { payload } = await jwtVerify(await client.token(), createLocalJWKSet(keys as unknown as JSONWebKeySet));
        expect(payload).toMatchObject({
            aud: emulator.url,
            iss: `${emulator.url}/${emulator.tenantId}/v2.0`,
            tid: emulator.tenantId,
            appid: emulator.clientId,
            oid: emulator.store.caller.objectId,
            roles: ["Application.ReadWrite.All", "Synchronization.ReadWrite.All"],
        });
        expect(keys.keys).toMatchObject([{ kty: "RSA", use: "sig", alg: "RS256" }]);
        expect(JSON.stringify(keys)).not.toContain('"d"');
    });

    it("comes with its lifetime", async () => {
        expect((await client.requestToken()).json).toMatchObject({
            token_type: "Bearer",
            expires_in: 3600,
            ext_expires_in: 3600,
        });
    });

    it("stays good after a reset", async () => {
        await client.token();
        emulator.reset();
        expect((await client.graph("GET", "/v1.0/applications")).status).toBe(200);
    });
});

describe("the token endpoint", () => {
    const id = "00000000-0000-4000-8000-000000000000";

    it.each([
        ["an unknown client", { client_id: id }, 400, "unauthorized_client", 700016],
        ["a wrong secret", { client_secret: "wrong" }, 401, "invalid_client", 7000215],
        ["no secret", { client_secret: undefined }, 401, "invalid_client", 7000216],
        ["an empty secret", { client_secret: "" }, 401, "invalid_client", 7000216],
        ["no client", { client_id: undefined }, 400, "invalid_request", 900144],
        ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type", 70003],
        ["no grant", { grant_type: undefined }, 400, "invalid_request", 900144],
        ["a scope that isn't .default", { scope: "https://graph.example/User.Read" }, 400, "invalid_scope", 70011],
        ["two scopes", { scope: "https://graph.example/.default openid/.default" }, 400, "invalid_scope", 70011],
        ["another resource", { scope: "https://graph.microsoft.com/.default" }, 400, "invalid_resource", 500011],
        ["no scope", { scope: undefined }, 400, "invalid_request", 900144],
    ])("refuses %s", async (_, overrides, status, error, number) => {
        const reply = await client.requestToken(overrides);
        expect(reply.status).toBe(status);
        expect(reply.json).toMatchObject({ error, error_codes: [number] });
        expect(reply.json).toHaveProperty("timestamp");
        expect(reply.json).toHaveProperty("error_uri");
        expect(String(reply.json.error_description)).toMatch(
            new RegExp(
                `^AADSTS${number}: .* Trace ID: ${reply.json.trace_id} Correlation ID: ${reply.json.correlation_id} Timestamp: `,
            ),
        );
    });

    it("refuses an unknown tenant", async () => {
        const reply = await client.requestToken({}, id);
        expect(reply.status).toBe(400);
        expect(reply.json).toMatchObject({ error: "invalid_request", error_codes: [90002] });
    });

    it("refuses to describe an unknown tenant", async () => {
        const reply = await client.send("GET", `/${id}/v2.0/.well-known/openid-configuration`);
        expect(reply.status).toBe(400);
        expect(reply.json).toMatchObject({ error: "invalid_tenant", error_codes: [90002] });
    });

    it("never quotes a secret that was sent in the wrong place", async () => {
        const secret = "Misplaced~Secret";
        for (const name of ["client_id", "scope", "grant_type", "client_secret"]) {
            expect((await client.requestToken({ [name]: secret })).text).not.toContain(secret);
        }
        expect((await client.requestToken({ scope: `${secret}/.default` })).text).not.toContain(secret);
        expect((await client.requestToken({}, secret)).text).not.toContain(secret);
    });

    it("takes a scope whose resource ends in a slash", async () => {
        expect((await client.requestToken({ scope: `${emulator.url}//.default` })).status).toBe(200);
    });
});

describe("a request to Graph", () => {
    it("without a token is refused with a challenge", async () => {
        const reply = await client.send("GET", "/v1.0/applications");
        expect(graphError(reply)).toMatchObject({ status: 401, code: "InvalidAuthenticationToken" });
        expect(reply.headers["www-authenticate"]).toMatch(/^Bearer /);
    });

    it.each(["Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi"])(
        "with the header '%s' is refused",
        async (authorization) => {
            const reply = await client.send("GET", "/v1.0/applications", { headers: { authorization } });
            expect(graphError(reply)).toMatchObject({ status: 401, code: "InvalidAuthenticationToken" });
        },
    );

    it("with the token of another emulator is refused", async () => {
        const other = await startEmulator({ tenantId: emulator.tenantId, clientId: emulator.clientId });
        const otherClient = new Client(other);
        const authorization = `Bearer ${await otherClient.token()}`;
        const reply = await client.send("GET", "/v1.0/applications", { headers: { authorization } });
        otherClient.close();
        await other.close();
        expect(graphError(reply)).toMatchObject({ status: 401, code: "InvalidAuthenticationToken" });
    });

    it("with an expired token is refused", async () => {
        const shortLived = await startEmulator({ tokenLifetimeSeconds: 1 });
        const shortClient = new Client(shortLived);
        await shortClient.token();
        await new Promise((resolve) => setTimeout(resolve, 2_100));
        const reply = await shortClient.graph("GET", "/v1.0/applications");
        shortClient.close();
        await shortLived.close();
        expect(graphError(reply).message).toBe("Lifetime validation failed, the token is expired.");
    });
});
