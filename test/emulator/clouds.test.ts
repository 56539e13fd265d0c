import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, microsoftHostNames, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";
import { type ConnectProxy, startConnectProxy } from "./connectProxy.mts";
import { signInApart } from "./signIn.ts";

let emulator: Emulator;
let client: Client;
let proxy: ConnectProxy;

beforeAll(async () => {
    const hostNames = [...microsoftHostNames, "login.contoso.example", "graph.contoso.example"];
    emulator = await startEmulator({ hostNames });
    client = new Client(emulator);
    proxy = await startConnectProxy(Number(new URL(emulator.url).port));
});
beforeEach(() => {
    emulator.reset();
    proxy.clear();
});
afterAll(async () => {
    client.close();
    await proxy.close();
    await emulator.close();
});

async function signIn(authority: string, graph: string, disableInstanceDiscovery = false) {
    const { tenantId, clientId, clientSecret, caCertificatePath } = emulator;
    return signInApart(
        {
            credential: "secret",
            tenantId,
            clientId,
            clientSecret,
            authority: `https://${authority}`,
            graph: `https://${graph}`,
            path: "/v1.0/applications",
            disableInstanceDiscovery,
        },
        { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: caCertificatePath },
    );
}

function asked() {
    return emulator.requests.map(({ host, path }) => `${host} ${path.replace(emulator.tenantId, "TENANT")}`);
}

describe("an unmodified ClientSecretCredential, behind a proxy", () => {
    it.each([
        ["public", "login.microsoftonline.com", "graph.microsoft.com", undefined],
        ["usgovernment", "login.microsoftonline.us", "graph.microsoft.us", undefined],
        ["dod", "login.microsoftonline.us", "dod-graph.microsoft.us", undefined],
        // MSAL knows the former for an alias, and asks the host that Microsoft's sign-in in China is called since.
        ["china", "login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
    ])("signs in to %s", async (_, authority, graph, askedInstead) => {
        const askedAuthority = askedInstead ?? authority;
        expect(await signIn(authority, graph)).toMatchObject({ status: 200 });
        expect(proxy.hosts()).toEqual([askedAuthority, graph]);
        expect(proxy.requests.every(({ port }) => port === 443)).toBe(true);
        expect(asked()).toEqual([`${askedAuthority} /TENANT/oauth2/v2.0/token`, `${graph} /v1.0/applications`]);
    });

    it("signs in where it is told to, in China too, without instance discovery", async () => {
        expect(await signIn("login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", true)).toMatchObject({
            status: 200,
        });
        expect(asked().slice(0, 2)).toEqual([
            "login.chinacloudapi.cn /TENANT/v2.0/.well-known/openid-configuration",
            "login.chinacloudapi.cn /TENANT/oauth2/v2.0/token",
        ]);
    });

    it("signs in at hosts of one's own, which the public cloud's sign-in doesn't know", async () => {
        expect(await signIn("login.contoso.example", "graph.contoso.example", true)).toMatchObject({ status: 200 });
        proxy.clear();
        expect((await signIn("login.contoso.example", "graph.contoso.example")).error).toMatch(/endpoints_resolution/);
        expect(proxy.hosts()).toEqual(["login.microsoftonline.com"]);
        expect(asked().at(-1)).toBe("login.microsoftonline.com /common/discovery/instance");
    });

    it("hears that a cloud doesn't know another's Graph", async () => {
        const result = await signIn("login.microsoftonline.com", "graph.microsoft.us");
        expect(result.error).toMatch(/AADSTS500011.*graph.microsoft.us/);
    });
});

describe("a host", () => {
    const at = (host: string, path: string, headers = {}) =>
        client.send("GET", path, { headers: { host, ...headers } });

    it("describes its own cloud", async () => {
        const path = `/${emulator.tenantId}/v2.0/.well-known/openid-configuration`;
        expect((await at("login.microsoftonline.us", path)).json).toMatchObject({
            issuer: `https://login.microsoftonline.us/${emulator.tenantId}/v2.0`,
            token_endpoint: `https://login.microsoftonline.us/${emulator.tenantId}/oauth2/v2.0/token`,
            msgraph_host: "graph.microsoft.us",
        });
        expect((await at("login.chinacloudapi.cn", path)).json).toMatchObject({
            issuer: `https://login.partner.microsoftonline.cn/${emulator.tenantId}/v2.0`,
            token_endpoint: `https://login.chinacloudapi.cn/${emulator.tenantId}/oauth2/v2.0/token`,
        });
        expect((await at(emulator.host, path)).json).toMatchObject({
            issuer: `${emulator.url}/${emulator.tenantId}/v2.0`,
        });
    });

    it("knows the authorities of its cloud", async () => {
        const discover = (authority: string) =>
            at(
                "login.microsoftonline.com",
                `/common/discovery/instance?api-version=1.1&authorization_endpoint=https://${authority}/x/oauth2/v2.0/authorize`,
            );
        expect((await discover("login.windows.net")).json).toMatchObject({
            tenant_discovery_endpoint: expect.stringMatching(/^https:\/\/login.windows.net\/.*openid-configuration$/),
            metadata: [{ aliases: expect.arrayContaining(["login.microsoftonline.com", "sts.windows.net"]) }],
        });
        expect((await discover("login.example")).json).toMatchObject({ error: "invalid_instance" });
    });

    it("of Microsoft's is an authority or a Graph, not both", async () => {
        const path = `/${emulator.tenantId}/v2.0/.well-known/openid-configuration`;
        expect((await at("graph.microsoft.com", path)).status).toBe(404);
        expect((await at("login.microsoftonline.com", "/v1.0/applications")).status).toBe(404);
    });

    it("takes its own cloud's tokens for itself, and no others", async () => {
        const list = async (host: string, graph: string) => {
            const token = await emulator.issueToken({ graph: `https://${graph}` });
            return (await at(host, "/v1.0/applications", { authorization: `Bearer ${token}` })).status;
        };
        expect(await list("graph.microsoft.us", "graph.microsoft.us")).toBe(200);
        expect(await list("dod-graph.microsoft.us", "graph.microsoft.us")).toBe(401);
        expect(await list("graph.microsoft.com", "graph.microsoft.us")).toBe(401);
        expect(await list("graph.contoso.example", "graph.contoso.example")).toBe(200);
        expect(await list("graph.microsoft.com", emulator.host)).toBe(401);
        expect(await list(emulator.host, "graph.microsoft.com")).toBe(401);
    });

    it("challenges with its own cloud's authority", async () => {
        const reply = await at("microsoftgraph.chinacloudapi.cn", "/v1.0/applications");
        expect(reply.headers["www-authenticate"]).toContain(
            'authorization_uri="https://login.partner.microsoftonline.cn/common/oauth2/authorize"',
        );
    });

    it("that nobody named is the emulator itself, and isn't repeated in the log", async () => {
        expect((await at("localhost:1", "/metadata/endpoints")).json).toMatchObject({
            microsoftGraphResourceId: emulator.url,
        });
        expect(emulator.requests.at(-1)?.host).toBe("(another)");
    });
});

it("refuses what is no full host name in lower case", async () => {
    for (const name of ["localhost", "Graph.Microsoft.com", "graph.microsoft.com:443", "127.0.0.1", "*.example", ""]) {
        await expect(startEmulator({ hostNames: [name] })).rejects.toMatchObject({ code: "InvalidOption" });
    }
});

it("the proxy tells no other requests than tunnels", async () => {
    expect((await fetch(proxy.url)).status).toBe(405);
    expect(proxy.requests).toEqual([]);
});
