import { ClientAssertionCredential } from "@azure/identity";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, type IdentityTokenOptions, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";
import { signInApart } from "./signIn.ts";

const issuer = "https://cluster.example/oidc";
const subject = "system:serviceaccount:default:pulumi";

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
    emulator.registerFederatedCredential({ issuer, subject });
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

function requestToken(assertion: string) {
    return client.requestToken({
        client_secret: undefined,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
    });
}

describe("another issuer's token", () => {
    it("signs in an unmodified ClientAssertionCredential", async () => {
        const credential = new ClientAssertionCredential(
            emulator.tenantId,
            emulator.clientId,
            () => emulator.issueIdentityToken({ issuer, subject }),
            {
                authorityHost: emulator.url,
                disableInstanceDiscovery: true,
                tlsOptions: { ca: emulator.caCertificate },
            },
        );
        const token = await credential.getToken(`${emulator.url}/.default`);
        expect(decodeJwt(token.token)).toMatchObject({ appid: emulator.clientId, idtyp: "app" });
    });

    it.each<[string, Partial<IdentityTokenOptions>, number, RegExp]>([
        ["issuer", { issuer: "https://cluster.example/oidc/" }, 700211, /issuer 'https:\/\/cluster.example\/oidc\/'/],
        [
            "subject",
            { subject: "system:serviceaccount:default:other" },
            700213,
            /subject 'system:serviceaccount:default:other'/,
        ],
        ["subject's case", { subject: subject.toUpperCase() }, 7002138, /case-insensitive comparison/],
        ["audience", { audience: "api://another" }, 700212, /audience 'api:\/\/another'/],
        ["lifetime", { expiresInSeconds: -1000 }, 700024, /not within its valid time range/],
    ])("is refused for another %s", async (_, changes, number, words) => {
        const reply = await requestToken(await emulator.issueIdentityToken({ issuer, subject, ...changes }));
        expect(reply.status).toBe(401);
        expect(reply.json).toMatchObject({ error: "invalid_client", error_codes: [number] });
        expect(reply.json.error_description).toMatch(words);
    });

    it("is refused when another key has signed it", async () => {
        const other = await startEmulator();
        const reply = await requestToken(await other.issueIdentityToken({ issuer, subject }));
        await other.close();
        expect(reply.json).toMatchObject({ error: "invalid_client", error_codes: [50013] });
    });

    it("may be for an audience of one's own", async () => {
        emulator.registerFederatedCredential({ issuer, subject, audience: "api://own" });
        const good = await emulator.issueIdentityToken({ issuer, subject, audience: "api://own" });
        expect((await requestToken(good)).status).toBe(200);
    });

    it("is no access token, nor the other way round", async () => {
        const identity = await emulator.issueIdentityToken({ issuer, subject });
        const headers = { authorization: `Bearer ${identity}` };
        expect((await client.send("GET", "/v1.0/applications", { headers })).status).toBe(401);
        const tokenIssuer = `${emulator.url}/${emulator.tenantId}/v2.0`;
        emulator.registerFederatedCredential({ issuer: tokenIssuer, subject, audience: emulator.url });
        expect((await requestToken(await client.token())).json).toMatchObject({ error_codes: [50013] });
    });
});

describe("GitHub's endpoint", () => {
    const ask = (authorization: string | undefined, query = "&audience=api%3A%2F%2FAzureADTokenExchange") => {
        const url = new URL(emulator.oidc.github.requestUrl + query);
        return client.send("GET", url.pathname + url.search, {
            headers: authorization === undefined ? {} : { authorization },
        });
    };

    it("hands out what Entra takes once it is registered", async () => {
        const { value } = (await ask(`Bearer ${emulator.oidc.github.requestToken}`)).json;
        expect((await requestToken(String(value))).json).toMatchObject({ error_codes: [700211] });
        emulator.registerFederatedCredential(emulator.oidc.github);
        expect((await requestToken(String(value))).status).toBe(200);
    });

    it("names the owner as the audience that nobody asked for", async () => {
        const { value } = (await ask(`Bearer ${emulator.oidc.github.requestToken}`, "")).json;
        emulator.registerFederatedCredential(emulator.oidc.github);
        expect((await requestToken(String(value))).json).toMatchObject({ error_codes: [700212] });
    });

    it.each([undefined, "Bearer wrong", "Basic x"])("refuses the header '%s'", async (authorization) => {
        const reply = await ask(authorization);
        expect([reply.status, reply.text]).toEqual([401, ""]);
    });
});

describe("Azure DevOps' endpoint", () => {
    const ask = (query: Record<string, string>, headers: Record<string, string> = {}) => {
        const { requestUrl, requestToken: token } = emulator.oidc.azureDevOps;
        const url = new URL(requestUrl);
        const search = new URLSearchParams({ "api-version": "7.1", ...query });
        return client.send("POST", `${url.pathname}?${search}`, {
            headers: { authorization: `Bearer ${token}`, ...headers },
        });
    };

    it("hands out what Entra takes once it is registered", async () => {
        const { serviceConnectionId } = emulator.oidc.azureDevOps;
        const { oidcToken } = (await ask({ serviceConnectionId })).json;
        expect((await requestToken(String(oidcToken))).json).toMatchObject({ error_codes: [700211] });
        emulator.registerFederatedCredential(emulator.oidc.azureDevOps);
        expect((await requestToken(String(oidcToken))).status).toBe(200);
    });

    it("hands out another subject's without a connection", async () => {
        emulator.registerFederatedCredential(emulator.oidc.azureDevOps);
        const { oidcToken } = (await ask({})).json;
        expect((await requestToken(String(oidcToken))).json).toMatchObject({ error_codes: [700213] });
    });

    it("refuses an unknown connection", async () => {
        const reply = await ask({ serviceConnectionId: emulator.clientId });
        expect([reply.status, reply.json.message]).toEqual([404, expect.stringContaining("service connection")]);
    });

    it("leads a token that is no good to a sign-in page on this machine, or refuses it where it is asked to", async () => {
        const authorization = "Bearer wrong";
        const redirect = await ask({}, { authorization });
        expect([redirect.status, redirect.headers["content-type"]]).toEqual([302, "text/html; charset=utf-8"]);
        const page = await client.send("GET", new URL(String(redirect.headers.location)).pathname);
        expect(redirect.headers.location).toContain(emulator.url);
        expect([page.status, page.text]).toEqual([203, expect.stringContaining("Sign In")]);
        expect((await ask({}, { authorization, "x-tfs-fedauthredirect": "Suppress" })).status).toBe(401);
    });

    it("serves an unmodified AzurePipelinesCredential", async () => {
        const { requestUrl, requestToken: systemAccessToken, serviceConnectionId } = emulator.oidc.azureDevOps;
        emulator.registerFederatedCredential(emulator.oidc.azureDevOps);
        const task = {
            credential: "azurePipelines",
            tenantId: emulator.tenantId,
            clientId: emulator.clientId,
            serviceConnectionId,
            systemAccessToken,
            authority: emulator.url,
            disableInstanceDiscovery: true,
            graph: emulator.url,
            path: "/v1.0/applications",
        } as const;
        const environment = { SYSTEM_OIDCREQUESTURI: requestUrl, NODE_EXTRA_CA_CERTS: emulator.caCertificatePath };
        expect(await signInApart(task, environment)).toMatchObject({ status: 200 });
        expect(await signInApart({ ...task, systemAccessToken: "wrong" }, environment)).toMatchObject({
            error: expect.stringContaining("401"),
        });
    });
});
