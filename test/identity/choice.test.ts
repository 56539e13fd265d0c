import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import { chooseMethod } from "../../provider/identity/choice.ts";
import { createSettingsReader } from "../../provider/identity/configuration.ts";
import type { MethodKind } from "../../provider/identity/methods.ts";
import { writeFile } from "./file.ts";

type Texts = Readonly<Record<string, string>>;
const choose = (environment: Texts, stack: Texts = {}) =>
    chooseMethod(createSettingsReader((key) => stack[key], environment));
const failure = (environment: Texts, stack: Texts = {}): unknown => {
    try {
        return choose(environment, stack);
    } catch (error) {
        return error;
    }
};
const refusal = (environment: Texts, stack: Texts = {}): string => {
    const error = failure(environment, stack);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain("sentinel");
    return String(error);
};

const secret = "sentinel-93c1-of-a-client";
const application = { ARM_TENANT_ID: " tenant ", ARM_CLIENT_ID: " client\n" };
const trimmed = { tenantId: "tenant", clientId: "client" };
const gitHub = {
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://pipelines.example/idtoken",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
};
const azureDevOps = {
    SYSTEM_OIDCREQUESTURI: "https://dev.azure.example/oidctoken",
    SYSTEM_ACCESSTOKEN: secret,
    ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID: "connection",
};

/** Everything that makes a method complete, in azuread's order. */
const complete: readonly (readonly [MethodKind, Texts, unknown])[] = [
    [
        "clientCertificate",
        { ...application, ARM_CLIENT_CERTIFICATE: " c2VudGluZWw=\n", ARM_CLIENT_CERTIFICATE_PASSWORD: " blank " },
        { kind: "clientCertificate", ...trimmed, pkcs12: { base64: "c2VudGluZWw=" }, password: " blank " },
    ],
    [
        "clientSecret",
        { ...application, ARM_CLIENT_SECRET: ` ${secret}\n` },
        { kind: "clientSecret", ...trimmed, clientSecret: secret },
    ],
    [
        "oidcToken",
        { ...application, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: ` ${secret}\n` },
        { kind: "oidcToken", ...trimmed, token: { value: secret } },
    ],
    [
        "azureDevOps",
        { ...application, ARM_USE_OIDC: "true", ...azureDevOps },
        {
            kind: "azureDevOps",
            ...trimmed,
            serviceConnectionId: "connection",
            requestUrl: "https://dev.azure.example/oidctoken",
            requestToken: secret,
        },
    ],
    [
        "github",
        { ...application, ARM_USE_OIDC: "true", ...gitHub },
        { kind: "github", ...trimmed, requestUrl: "https://pipelines.example/idtoken", requestToken: secret },
    ],
    ["managedIdentity", { ARM_USE_MSI: "true" }, { kind: "managedIdentity", clientId: undefined, endpoint: undefined }],
    ["azureCli", {}, { kind: "azureCli", tenantId: undefined }],
];

describe("a method", () => {
    test.each(complete)("%s is chosen where everything for it is there, trimmed", (_, environment, method) => {
        const chosen = choose(environment);
        expect(chosen.method).toEqual(method);
        expect(chosen.warnings).toEqual([]);
    });

    test("comes in azuread's order: with everything for all of them it is the certificate, and so on down", () => {
        const chosen = complete.map((_, index) => {
            const all = complete.slice(index).map(([, environment]) => environment);
            return choose(Object.assign({}, ...all)).method.kind;
        });
        expect(chosen).toEqual(complete.map(([kind]) => kind));
    });

    test.each(
        complete.flatMap(([kind, environment]) =>
            Object.keys(environment)
                .filter((name) => !["ARM_CLIENT_CERTIFICATE_PASSWORD", "ARM_USE_CLI"].includes(name))
                .map((name) => [kind, name, environment] as const),
        ),
    )("%s is not chosen without %s, nor with it blank", (kind, name, environment) => {
        const { [name]: _, ...rest } = environment;
        for (const blank of name.startsWith("ARM_USE_") ? [""] : ["", "  "]) {
            expect(choose({ ...rest, [name]: blank }).method.kind).not.toBe(kind);
        }
        expect(choose(rest).method.kind).not.toBe(kind);
    });

    test("takes what came from entrasync, azuread and the environment together", () => {
        const stack = { "entrasync:tenantId": "tenant", "azuread:clientId": "client", "azuread:clientSecret": "older" };
        const environment = { ARM_TENANT_ID: "other", ARM_CLIENT_ID: "other", ARM_CLIENT_SECRET: "other" };
        const chosen = choose(environment, { ...stack, "entrasync:clientSecret": secret });
        expect(chosen.method).toEqual({ kind: "clientSecret", ...trimmed, clientSecret: secret });
        expect(chosen.because).toEqual(["entrasync:tenantId", "azuread:clientId", "entrasync:clientSecret"]);
    });

    test("says by which settings it was chosen, and none of their values", () => {
        const chosen = choose({ ...application, ARM_USE_OIDC: "1", ...gitHub });
        expect(chosen.because).toEqual([
            "ARM_TENANT_ID",
            "ARM_CLIENT_ID",
            "ARM_USE_OIDC",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        ]);
    });

    test("managed identity takes client id and endpoint, where they are set", () => {
        const environment = {
            ARM_USE_MSI: "true",
            ARM_CLIENT_ID: "user-assigned",
            ARM_MSI_ENDPOINT: "http://127.0.0.1:1",
        };
        const method = { kind: "managedIdentity", clientId: "user-assigned", endpoint: "http://127.0.0.1:1" };
        expect(choose(environment).method).toEqual(method);
    });

    test("Azure CLI takes the tenant, and can be turned off", () => {
        expect(choose({ ARM_TENANT_ID: "tenant" }).method).toEqual({ kind: "azureCli", tenantId: "tenant" });
        expect(refusal({ ARM_USE_CLI: "false" })).toContain("Azure CLI is off");
    });

    test.each(["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"])(
        "Azure DevOps takes its connection from %s",
        (name) => {
            const { ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID: connection, ...request } = azureDevOps;
            const { method } = choose({ ...application, ARM_USE_OIDC: "true", ...request, [name]: connection });
            expect(method).toMatchObject({ kind: "azureDevOps", serviceConnectionId: "connection" });
        },
    );

    test("the certificate given inline beats the path to one", () => {
        const path = { ...application, ARM_CLIENT_CERTIFICATE_PATH: "/run/certificate.pfx" };
        expect(choose(path).method).toMatchObject({ pkcs12: { path: "/run/certificate.pfx" }, password: "" });
        const both = { ...path, ARM_CLIENT_CERTIFICATE: "c2VudGluZWw=" };
        expect(choose(both).method).toMatchObject({ pkcs12: { base64: "c2VudGluZWw=" } });
    });
});

describe("a flag", () => {
    test.each(["1", "t", "T", "TRUE", "true", "True"])("is on by %s", (value) => {
        expect(choose({ ARM_USE_MSI: value }).method.kind).toBe("managedIdentity");
    });

    test.each(["0", "f", "F", "FALSE", "false", "False"])("is off by %s", (value) => {
        expect(refusal({ ARM_USE_CLI: value })).toContain("no way to sign in");
    });

    test.each(["yes", "on", "tRUE", "2", " true", "true "])("is refused for %j, by the name of its place", (value) => {
        expect(refusal({ ARM_USE_OIDC: value })).toContain(
            `ARM_USE_OIDC is ${JSON.stringify(value)}: give true or false`,
        );
        expect(refusal({}, { "azuread:useOidc": value })).toContain("azuread:useOidc is");
    });

    test("that is empty has its default", () => {
        expect(choose({ ARM_USE_CLI: "", ARM_USE_MSI: "", ARM_USE_OIDC: "" }).method.kind).toBe("azureCli");
    });
});

describe("a file", () => {
    test("holds the client id and the client secret, trimmed", () => {
        const environment = {
            ARM_TENANT_ID: "tenant",
            ARM_CLIENT_ID_FILE_PATH: writeFile("client\n"),
            ARM_CLIENT_SECRET_FILE_PATH: writeFile(`${secret}\r\n`),
        };
        expect(choose(environment).method).toEqual({ kind: "clientSecret", ...trimmed, clientSecret: secret });
    });

    test("of an OIDC token is kept by its path, with or without the same token beside it", () => {
        const path = writeFile(`${secret}\n`);
        const environment = { ...application, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN_FILE_PATH: path };
        expect(choose(environment).method).toMatchObject({ kind: "oidcToken", token: { path } });
        expect(choose({ ...environment, ARM_OIDC_TOKEN: secret }).method).toMatchObject({ token: { path } });
    });

    test("that is empty holds no OIDC token", () => {
        const environment = { ...application, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN_FILE_PATH: writeFile(" \n") };
        expect(choose(environment).method.kind).toBe("azureCli");
    });

    test.each([
        ["ARM_CLIENT_ID", "ARM_CLIENT_ID_FILE_PATH"],
        ["ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH"],
        ["ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH"],
    ])("that differs from %s is refused, and neither is shown", (value, path) => {
        const environment = {
            ...application,
            ARM_USE_OIDC: "true",
            [value]: secret,
            [path]: writeFile("sentinel-other"),
        };
        const words = refusal(environment);
        expect(words).toContain("differ");
        expect(words).toContain(value);
        expect(words).toContain(path);
    });

    test("that is not there is refused, by its name, even where another method would do", () => {
        const environment = { ...application, ARM_CLIENT_SECRET: secret, ARM_OIDC_TOKEN_FILE_PATH: "/nowhere/at/all" };
        expect(refusal(environment)).toContain('names "/nowhere/at/all", which can\'t be read (ENOENT)');
    });
});

describe("AKS workload identity", () => {
    const pod = () => ({
        AZURE_TENANT_ID: "tenant",
        AZURE_CLIENT_ID: "client",
        AZURE_FEDERATED_TOKEN_FILE: writeFile(`${secret}\n`),
    });

    test("takes everything from the pod, without the flag for OIDC", () => {
        const environment = { ...pod(), ARM_USE_AKS_WORKLOAD_IDENTITY: "true" };
        const chosen = choose(environment);
        const token = { path: environment.AZURE_FEDERATED_TOKEN_FILE };
        expect(chosen.method).toEqual({ kind: "oidcToken", ...trimmed, token });
        expect(chosen.because).toEqual([
            "ARM_USE_AKS_WORKLOAD_IDENTITY",
            "AZURE_TENANT_ID",
            "AZURE_CLIENT_ID",
            "AZURE_FEDERATED_TOKEN_FILE",
        ]);
        expect(chosen.warnings).toEqual([]);
    });

    test("takes nothing from the pod without its flag, and says so", () => {
        const chosen = choose(pod());
        expect(chosen.method).toEqual({ kind: "azureCli", tenantId: undefined });
        expect(chosen.warnings).toEqual([
            expect.stringMatching(
                /^AZURE_FEDERATED_TOKEN_FILE has no effect without useAksWorkloadIdentity .*Azure CLI/,
            ),
        ]);
    });

    test("may have the same beside it", () => {
        const environment = { ...pod(), ...application, ARM_USE_AKS_WORKLOAD_IDENTITY: "true", ARM_OIDC_TOKEN: secret };
        expect(choose(environment).method).toMatchObject({
            ...trimmed,
            token: { path: environment.AZURE_FEDERATED_TOKEN_FILE },
        });
    });

    test("takes the pod's file rather than another with the same token, because it is the one that is renewed", () => {
        const environment = {
            ...pod(),
            ARM_USE_AKS_WORKLOAD_IDENTITY: "true",
            ARM_OIDC_TOKEN_FILE_PATH: writeFile(secret),
        };
        expect(choose(environment).method).toMatchObject({ token: { path: environment.AZURE_FEDERATED_TOKEN_FILE } });
    });

    test.each([
        [{ ARM_TENANT_ID: "another" }, "AZURE_TENANT_ID"],
        [{ ARM_CLIENT_ID: "another" }, "AZURE_CLIENT_ID"],
        [{ ARM_OIDC_TOKEN: "sentinel-another" }, "AZURE_FEDERATED_TOKEN_FILE"],
    ])("refuses %j that differs from what is in the pod, and shows no token", (other, name) => {
        const words = refusal({ ...pod(), ARM_USE_AKS_WORKLOAD_IDENTITY: "true", ...other });
        expect(words).toContain(name);
        expect(words).toContain(String(Object.keys(other)[0]));
        expect(words).toContain("useAksWorkloadIdentity");
    });
});

describe("a trap is warned of", () => {
    const oidc = { ...application, ARM_USE_OIDC: "true" };
    const warnings: readonly (readonly [string, Texts, MethodKind, RegExp])[] = [
        [
            "a leftover client secret beats OIDC",
            { ...oidc, ...gitHub, ARM_CLIENT_SECRET: secret },
            "clientSecret",
            /^ARM_USE_OIDC has no effect: ARM_CLIENT_SECRET is set, and a client secret comes first\.$/,
        ],
        [
            "a leftover certificate beats OIDC",
            { ...oidc, ...gitHub, ARM_CLIENT_CERTIFICATE: "c2VudGluZWw=" },
            "clientCertificate",
            /^ARM_USE_OIDC has no effect: ARM_CLIENT_CERTIFICATE is set, and a client certificate comes first\.$/,
        ],
        [
            "a certificate beats a client secret",
            { ...application, ARM_CLIENT_CERTIFICATE: "c2VudGluZWw=", ARM_CLIENT_SECRET: secret },
            "clientCertificate",
            /^ARM_CLIENT_SECRET has no effect: a client certificate comes first\.$/,
        ],
        [
            "OIDC without a client id ends at the Azure CLI",
            { ARM_TENANT_ID: "tenant", ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: secret },
            "azureCli",
            /^ARM_USE_OIDC asks for OIDC, and the Azure CLI is used instead, for want of clientId \(.*ARM_CLIENT_ID\)\.$/,
        ],
        [
            "OIDC without a tenant ends at the managed identity",
            { ARM_CLIENT_ID: "client", ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: secret, ARM_USE_MSI: "true" },
            "managedIdentity",
            /^ARM_USE_OIDC asks for OIDC, and the managed identity is used instead, for want of tenantId \(.*ARM_TENANT_ID\)\.$/,
        ],
        [
            "Azure DevOps without a connection goes GitHub's way",
            { ...oidc, SYSTEM_OIDCREQUESTURI: azureDevOps.SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN: secret },
            "github",
            /^SYSTEM_OIDCREQUESTURI is Azure DevOps's.*for want of adoPipelineServiceConnectionId/,
        ],
        [
            "Azure DevOps's URL under another name goes GitHub's way as well",
            { ...oidc, ARM_OIDC_REQUEST_URL: azureDevOps.SYSTEM_OIDCREQUESTURI, ARM_OIDC_REQUEST_TOKEN: secret },
            "github",
            /^ARM_OIDC_REQUEST_URL is Azure DevOps's/,
        ],
        [
            "a client secret without a tenant ends at the Azure CLI",
            { ARM_CLIENT_ID: "client", ARM_CLIENT_SECRET: secret },
            "azureCli",
            /^ARM_CLIENT_SECRET has no effect: the Azure CLI is used instead, for want of tenantId/,
        ],
        [
            "a certificate without a client id ends at the Azure CLI",
            { ARM_TENANT_ID: "tenant", ARM_CLIENT_CERTIFICATE_PATH: "/run/certificate.pfx" },
            "azureCli",
            /^ARM_CLIENT_CERTIFICATE_PATH has no effect: the Azure CLI is used instead, for want of clientId/,
        ],
        [
            "an OIDC token without the flag ends at the Azure CLI",
            { ...application, ARM_OIDC_TOKEN: secret },
            "azureCli",
            /^ARM_OIDC_TOKEN has no effect without useOidc .*: the Azure CLI is used instead\.$/,
        ],
        [
            "a managed identity comes after a client secret",
            { ...application, ARM_CLIENT_SECRET: secret, ARM_USE_MSI: "true" },
            "clientSecret",
            /^ARM_USE_MSI has no effect: the client secret comes first\.$/,
        ],
    ];
    test.each(warnings)("%s", (_, environment, kind, words) => {
        const chosen = choose(environment);
        expect(chosen.method.kind).toBe(kind);
        expect(chosen.warnings).toEqual([expect.stringMatching(words)]);
        expect(chosen.warnings.join()).not.toContain("sentinel");
    });

    test("and azure/login's job, in which OIDC variables stand by GitHub's doing alone, is none", () => {
        const chosen = choose({ ...application, ...gitHub });
        expect(chosen.method).toEqual({ kind: "azureCli", tenantId: "tenant" });
        expect(chosen.warnings).toEqual([]);
    });
});

describe("where no method is complete", () => {
    test("the error lists every one with what it lacks, or what turns it on", () => {
        const words = refusal({ ARM_USE_CLI: "false", ARM_TENANT_ID: "tenant", ARM_CLIENT_SECRET: secret });
        expect(words).toMatch(
            /client certificate lacks clientId \(ARM_CLIENT_ID\) and clientCertificate \(ARM_CLIENT_CERTIFICATE\)/,
        );
        expect(words).toMatch(/client secret lacks clientId \(ARM_CLIENT_ID\);/);
        expect(words).toMatch(/OIDC token is off: useOidc/);
        expect(words).toMatch(/Azure DevOps OIDC is off: useOidc/);
        expect(words).toMatch(/GitHub Actions OIDC is off: useOidc/);
        expect(words).toMatch(/managed identity is off: useMsi/);
        expect(words).toMatch(/Azure CLI is off: useCli/);
    });

    test("the error says what each kind of OIDC lacks", () => {
        const words = refusal({ ...application, ARM_USE_OIDC: "true", ARM_USE_CLI: "false" });
        expect(words).toMatch(/OIDC token lacks oidcToken \(/);
        expect(words).toMatch(
            /Azure DevOps OIDC lacks adoPipelineServiceConnectionId \(.* and oidcRequestUrl \(.* and oidcRequestToken/,
        );
        expect(words).toMatch(/GitHub Actions OIDC lacks oidcRequestUrl \(.* and oidcRequestToken/);
    });
});
