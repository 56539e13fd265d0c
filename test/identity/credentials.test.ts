import { writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { HttpAsk } from "../../provider/graph/ask.ts";
import { createCredential } from "../../provider/identity/credentials.ts";
import type { Method } from "../../provider/identity/methods.ts";
import { createPair, packPkcs12 } from "./certificates.ts";
import { writeFile } from "./file.ts";

type Constructed = readonly [name: string, ...args: readonly unknown[]];
const constructed = vi.hoisted((): Constructed[] => []);
vi.mock("@azure/identity", () => {
    const fake = (name: string) =>
        class {
            constructor(...args: readonly unknown[]) {
                constructed.push([name, ...args]);
            }
        };
    return Object.fromEntries(
        [
            "ClientCertificateCredential",
            "ClientSecretCredential",
            "ClientAssertionCredential",
            "ManagedIdentityCredential",
            "AzureCliCredential",
        ].map((name) => [name, fake(name)]),
    );
});

beforeEach(() => {
    constructed.length = 0;
});

const microsoft = {
    graph: "https://graph.microsoft.us",
    authority: "https://login.microsoftonline.us",
    scope: "https://graph.microsoft.us/.default",
};
const options = { authorityHost: "https://login.microsoftonline.us", disableInstanceDiscovery: false };
const application = { tenantId: "tenant", clientId: "client" };
const noAsk: HttpAsk = async () => {
    throw new Error("nobody is to be asked");
};

async function create(method: Method, ask: HttpAsk = noAsk, endpoints = microsoft): Promise<readonly Constructed[]> {
    await createCredential(method, endpoints, ask);
    return constructed;
}

/** The function that hands the library its assertion. */
async function assertionOf(method: Method, ask: HttpAsk = noAsk): Promise<() => Promise<string>> {
    const [first] = await create(method, ask);
    expect(first).toEqual(["ClientAssertionCredential", "tenant", "client", expect.any(Function), options]);
    return first?.[3] as () => Promise<string>;
}

test("a client secret goes to the configured authority", async () => {
    const method = { kind: "clientSecret", ...application, clientSecret: "secret" } as const;
    expect(await create(method)).toEqual([["ClientSecretCredential", "tenant", "client", "secret", options]]);
});

test("an authority that is not Microsoft's is trusted as configured", async () => {
    const method = { kind: "clientSecret", ...application, clientSecret: "secret" } as const;
    const own = { ...microsoft, authority: "https://login.sovereign.example" };
    const expected = { authorityHost: own.authority, disableInstanceDiscovery: true };
    expect(await create(method, noAsk, own)).toEqual([
        ["ClientSecretCredential", "tenant", "client", "secret", expected],
    ]);
});

describe("a certificate", () => {
    const { key, certificate } = createPair("leaf");
    const packed = packPkcs12({ key, certificates: [certificate] }, "password");

    test.each([
        ["inline", () => ({ base64: packed.toString("base64") })],
        ["by its path", () => ({ path: writeFile(packed) })],
    ])("%s becomes PEM", async (_, pkcs12) => {
        const method = { kind: "clientCertificate", ...application, pkcs12: pkcs12(), password: "password" } as const;
        const pem = expect.stringMatching(/^-----BEGIN CERTIFICATE-----[\s\S]*-----BEGIN RSA PRIVATE KEY-----/);
        expect(await create(method)).toEqual([
            ["ClientCertificateCredential", "tenant", "client", { certificate: pem }, options],
        ]);
    });

    test.each([
        [{ base64: "Z2FyYmFnZQ==" }, /^clientCertificate \(.*ARM_CLIENT_CERTIFICATE\): this is not a PKCS#12 file/],
        [
            { path: "/nowhere/at/all" },
            /ARM_CLIENT_CERTIFICATE_PATH\) names "\/nowhere\/at\/all", which can't be read \(ENOENT\)/,
        ],
    ])("%j that is none is refused by the name of its setting", async (pkcs12, words) => {
        const method = { kind: "clientCertificate", ...application, pkcs12, password: "" } as const;
        await expect(create(method)).rejects.toThrow(words);
        expect(constructed).toEqual([]);
    });
});

describe("an assertion is handed over", () => {
    test("from a file, as it is at that time", async () => {
        const path = writeFile("first\n");
        const assertion = await assertionOf({ kind: "oidcToken", ...application, token: { path } });
        writeFileSync(path, "second\n");
        expect(await assertion()).toBe("second");
    });

    test("from GitHub, once for the two times that the library asks", async () => {
        const ask = vi.fn<HttpAsk>(async () => ({ status: 200, body: { value: "token" } }));
        const request = { requestUrl: "https://github.example/", requestToken: "bearer" };
        const assertion = await assertionOf({ kind: "github", ...application, ...request }, ask);
        expect(ask).not.toHaveBeenCalled();
        expect([await assertion(), await assertion()]).toEqual(["token", "token"]);
        expect(ask).toHaveBeenCalledTimes(1);
    });

    test("from Azure DevOps, with its connection", async () => {
        const ask = vi.fn<HttpAsk>(async () => ({ status: 200, body: { oidcToken: "token" } }));
        const request = { requestUrl: "https://dev.azure.example/", requestToken: "bearer", serviceConnectionId: "c" };
        const assertion = await assertionOf({ kind: "azureDevOps", ...application, ...request }, ask);
        expect(await assertion()).toBe("token");
        expect(ask.mock.calls[0]?.[0].url).toContain("serviceConnectionId=c");
    });
});

describe("a managed identity", () => {
    const direct = { httpClient: { sendRequest: expect.any(Function) } };

    test("is the machine's own, or the one with a client id, asked past any proxy", async () => {
        const method = { kind: "managedIdentity", endpoint: undefined } as const;
        expect(await create({ ...method, clientId: undefined })).toEqual([["ManagedIdentityCredential", direct]]);
        constructed.length = 0;
        const expected = { ...direct, clientId: "user-assigned" };
        expect(await create({ ...method, clientId: "user-assigned" })).toEqual([
            ["ManagedIdentityCredential", expected],
        ]);
    });

    test("at an endpoint of one's own is none of the library's", async () => {
        const ask: HttpAsk = async () => ({ status: 200, body: { access_token: "token", expires_in: "60" } });
        const method = { kind: "managedIdentity", clientId: undefined, endpoint: "http://127.0.0.1:1/" } as const;
        const credential = await createCredential(method, microsoft, ask);
        expect((await credential.getToken(microsoft.scope))?.token).toBe("token");
        expect(constructed).toEqual([]);
    });
});

test.each([
    [undefined, { processTimeoutInMs: 60_000 }],
    ["tenant", { processTimeoutInMs: 60_000, tenantId: "tenant" }],
])("the Azure CLI is asked for the tenant %s", async (tenantId, expected) => {
    expect(await create({ kind: "azureCli", tenantId })).toEqual([["AzureCliCredential", expected]]);
});
