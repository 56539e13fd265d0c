import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, microsoftHostNames, startEmulator } from "../../provider/emulator/index.ts";
import { type ConnectProxy, startConnectProxy } from "../emulator/connectProxy.mts";
import { createHome, type Home } from "./machine.mts";
import { acquireApart, diagnoseApart } from "./processes.mts";

/**
 * The hosts that each cloud's users are led to, as a proxy sees them: the emulator plays Microsoft's under their real
 * names, takes for each Graph the tokens of its own audience only, and nothing leaves the machine.
 */
const sovereign = ["login.sovereign.example", "graph.sovereign.example", "management.sovereign.example"];

let emulator: Emulator;
let proxy: ConnectProxy;
let home: Home;
let signIn: Record<string, string>;

beforeAll(async () => {
    emulator = await startEmulator({ hostNames: [...microsoftHostNames, ...sovereign] });
    proxy = await startConnectProxy(Number(new URL(emulator.url).port));
    home = createHome();
    signIn = {
        PATH: home.searchPath,
        HOME: home.path,
        NODE_EXTRA_CA_CERTS: emulator.caCertificatePath,
        ARM_TENANT_ID: emulator.tenantId,
        ARM_CLIENT_ID: emulator.clientId,
        ARM_CLIENT_SECRET: emulator.clientSecret,
        HTTPS_PROXY: proxy.url,
    };
});

afterAll(async () => {
    home.remove();
    await proxy.close();
    await emulator.close();
});

beforeEach(() => {
    emulator.reset();
    proxy.clear();
});

function acquire(environment: Readonly<Record<string, string>>, configuration: Readonly<Record<string, string>> = {}) {
    const { id } = emulator.createServicePrincipal("Acme");
    const order = { configuration, servicePrincipalIds: [id], credentials: { SecretToken: "of-acme" } };
    return acquireApart(order, { ...signIn, ...environment });
}

/** Which host got a token request, and which Graph's. */
const hostsAsked = () => {
    const of = (path: RegExp) => emulator.requests.filter((request) => path.test(request.path)).map(({ host }) => host);
    return { token: of(/\/oauth2\/v2\.0\/token$/), graph: of(/^\/v1\.0\//) };
};

describe("a cloud's users are led to its own Graph and sign-in, and to no other host, with", () => {
    const american = "login.microsoftonline.us";
    const clouds: readonly (readonly [environment: string | undefined, graph: string, authority: string])[] = [
        [undefined, "graph.microsoft.com", "login.microsoftonline.com"],
        ["public", "graph.microsoft.com", "login.microsoftonline.com"],
        ["Global", "graph.microsoft.com", "login.microsoftonline.com"],
        ["usgovernment", "graph.microsoft.us", american],
        ["USGovernmentL4", "graph.microsoft.us", american],
        ["usgovernmentl5", "dod-graph.microsoft.us", american],
        ["DoD", "dod-graph.microsoft.us", american],
        // Configured is login.chinacloudapi.cn; the sign-in library asks the host that it knows to be the same by another name.
        ["CHINA", "microsoftgraph.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
    ];
    test.each(clouds)("ARM_ENVIRONMENT=%s: %s, %s", async (environment, graph, authority) => {
        const { outcome } = await acquire(environment === undefined ? {} : { ARM_ENVIRONMENT: environment });
        expect(outcome.error).toBeUndefined();
        expect(outcome.acquired).toBe(1);
        expect(proxy.hosts().sort()).toEqual([graph, authority].sort());
        expect(new Set(proxy.requests.map(({ port }) => port))).toEqual(new Set([443]));
        expect(hostsAsked()).toEqual({ token: [authority], graph: [graph] });
    });

    test("doctor, which names cloud and hosts", async () => {
        const { report, code } = await diagnoseApart([], { ...signIn, ARM_ENVIRONMENT: "china" });
        expect(report.problem).toBeUndefined();
        expect(report.cloud).toEqual({
            name: "china",
            graph: "https://microsoftgraph.chinacloudapi.cn",
            authority: "https://login.chinacloudapi.cn",
        });
        expect([report.allowed, code]).toEqual([true, 0]);
        expect(proxy.hosts()).toEqual(["login.partner.microsoftonline.cn"]);
    });
});

describe("any other cloud", () => {
    const own = {
        "entrasync:graphEndpoint": "https://graph.sovereign.example",
        "entrasync:authorityHost": "https://login.sovereign.example",
    };

    test("is reached by graphEndpoint and authorityHost, whatever environment says", async () => {
        const { outcome } = await acquire({ ARM_ENVIRONMENT: "china" }, own);
        expect(outcome.error).toBeUndefined();
        expect(proxy.hosts().sort()).toEqual(["graph.sovereign.example", "login.sovereign.example"]);
        expect(hostsAsked()).toEqual({ token: ["login.sovereign.example"], graph: ["graph.sovereign.example"] });
    });

    test("is reached by a metadata host, which is asked once, and environment is not looked at", async () => {
        const { outcome } = await acquire({
            ARM_ENVIRONMENT: "china",
            ARM_METADATA_HOSTNAME: "management.sovereign.example",
        });
        expect(outcome.error).toBeUndefined();
        const asked = emulator.requests.filter(({ path }) => path === "/metadata/endpoints");
        expect(asked.map(({ host }) => host)).toEqual([expect.stringContaining("management.sovereign.example")]);
        expect(proxy.hosts().filter((host) => host.endsWith(".cn"))).toEqual([]);
        expect(outcome.acquired).toBe(1);
    });

    test("does not take the token of another", async () => {
        const { outcome } = await acquire({}, { "entrasync:graphEndpoint": "https://graph.sovereign.example" });
        expect(outcome.error).toMatchObject({ code: "AUTHENTICATION_FAILED" });
        expect(outcome.error?.message).toContain("AADSTS500011");
        expect(hostsAsked()).toEqual({ token: ["login.microsoftonline.com"], graph: [] });
    });
});

describe("a proxy", () => {
    test("is asked for everything, where NO_PROXY names nothing of it", async () => {
        const { outcome } = await acquire({ ARM_METADATA_HOSTNAME: emulator.host, NO_PROXY: "graph.microsoft.com" });
        expect(outcome.error).toBeUndefined();
        expect(proxy.hosts()).toEqual(["localhost"]);
    });

    test("is not asked for what NO_PROXY names", async () => {
        const { outcome } = await acquire({ ARM_METADATA_HOSTNAME: emulator.host, NO_PROXY: "example.com,localhost" });
        expect(outcome.error).toBeUndefined();
        expect(outcome.acquired).toBe(1);
        expect(proxy.hosts()).toEqual([]);
    });

    test("is asked for the rest", async () => {
        const configuration = {
            "entrasync:graphEndpoint": "https://graph.sovereign.example",
            "entrasync:authorityHost": emulator.url,
        };
        const { outcome } = await acquire({ NO_PROXY: "localhost" }, configuration);
        expect(outcome.error).toBeUndefined();
        expect(proxy.hosts()).toEqual(["graph.sovereign.example"]);
    });

    test("that is not there is named as a possible cause, and nothing goes around it", async () => {
        const { outcome, output } = await acquire({
            ARM_METADATA_HOSTNAME: emulator.host,
            HTTPS_PROXY: "http://user:sentinel-password@127.0.0.1:1",
        });
        expect(outcome.error).toMatchObject({ code: "GRAPH_UNREACHABLE" });
        expect(outcome.error?.message).toContain("HTTPS_PROXY");
        expect(emulator.requests).toEqual([]);
        expect(output).not.toContain("sentinel");
    });
});

describe("a proxy that takes nobody without a password", () => {
    let strict: Server;
    let url: string;
    beforeAll(async () => {
        strict = createServer().on("connect", (_, client) => {
            client.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        });
        await new Promise<void>((resolve) => strict.listen(0, "127.0.0.1", resolve));
        url = `http://user:sentinel-password@127.0.0.1:${(strict.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((resolve) => strict.close(resolve)));

    test("is named where the metadata host is asked", async () => {
        const { outcome, output } = await acquire({ ARM_METADATA_HOSTNAME: emulator.host, HTTPS_PROXY: url });
        expect(outcome.error?.code).toBe("GRAPH_UNREACHABLE");
        expect(outcome.error?.message).toContain("the proxy refuses (407)");
        expect(output).not.toContain("sentinel");
    });

    test("is named where Graph is asked", async () => {
        const configuration = {
            "entrasync:graphEndpoint": "https://graph.sovereign.example",
            "entrasync:authorityHost": emulator.url,
        };
        const { outcome, output } = await acquire({ NO_PROXY: "localhost", HTTPS_PROXY: url }, configuration);
        expect(outcome.error?.code).toBe("GRAPH_UNREACHABLE");
        expect(outcome.error?.message).toContain(
            "https://graph.sovereign.example could not be asked: the proxy refuses (407)",
        );
        expect(output).not.toContain("sentinel");
    });

    test("is a possible cause where the sign-in is asked", async () => {
        const { outcome, output } = await acquire({ HTTPS_PROXY: url });
        expect(outcome.error?.code).toBe("AUTHENTICATION_FAILED");
        expect(outcome.error?.message).toContain("proxy");
        expect(output).not.toContain("sentinel");
    });
});

describe("a token goes to the configured Graph and to no other host", () => {
    test.each([301, 302, 307, 308])("also where Graph answers %d", async (status) => {
        const elsewhere = emulator.url.replace("localhost", "127.0.0.1");
        emulator.faults.add({
            match: { method: "POST", path: "acquireAccessToken" },
            effect: { kind: "respond", status, headers: { location: `${elsewhere}/v1.0/elsewhere` } },
        });
        const { outcome } = await acquire({ ARM_METADATA_HOSTNAME: emulator.host, NO_PROXY: "localhost,127.0.0.1" });
        expect(outcome.acquired).toBe(0);
        expect(outcome.error?.code).toBe("REQUEST_REJECTED");
        expect(outcome.error?.message).toContain(`Microsoft Graph answered ${status}`);
        const toGraph = emulator.requests.filter(({ path }) => path.startsWith("/v1.0/"));
        expect(toGraph.map(({ host, status: answered }) => [host, answered])).toEqual([[emulator.host, status]]);
    });

    test("nor does a sign-in follow one", async () => {
        emulator.faults.add({
            match: { method: "POST", path: "/oauth2/v2.0/token" },
            times: Number.POSITIVE_INFINITY,
            effect: {
                kind: "respond",
                status: 307,
                headers: {
                    location: `${emulator.url.replace("localhost", "127.0.0.1")}/${emulator.tenantId}/elsewhere`,
                },
            },
        });
        const { outcome } = await acquire({ ARM_METADATA_HOSTNAME: emulator.host, NO_PROXY: "localhost,127.0.0.1" });
        expect(outcome.error?.code).toBe("AUTHENTICATION_FAILED");
        expect(emulator.requests.filter(({ path }) => path.endsWith("/elsewhere")).map(({ host }) => host)).toEqual([]);
    });
});
