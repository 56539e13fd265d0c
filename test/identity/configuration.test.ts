import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import {
    createSettingsReader,
    describeSetting,
    readCloudConfiguration,
    readReplicationTimeoutMs,
    readValueOrFile,
    type Setting,
    settings,
} from "../../provider/identity/configuration.ts";
import { writeFile } from "./file.ts";

type Texts = Readonly<Record<string, string>>;
const reader = (stack: Texts, environment: Texts = {}) => createSettingsReader((key) => stack[key], environment);

function thrownBy(action: () => unknown): unknown {
    try {
        action();
    } catch (error) {
        return error;
    }
    return undefined;
}

const secret = "sentinel-93c1-of-a-client";

describe("a setting", () => {
    const everywhere = [
        [{ "entrasync:clientId": "ours", "azuread:clientId": "azuread's" }, { ARM_CLIENT_ID: "environment's" }, "ours"],
        [{ "azuread:clientId": "azuread's" }, { ARM_CLIENT_ID: "environment's" }, "azuread's"],
        [{}, { ARM_CLIENT_ID: "environment's" }, "environment's"],
        [{}, {}, undefined],
    ] as const;
    test.each(everywhere)("from %j and %j is %j", (stack, environment, expected) => {
        expect(reader(stack, environment).read(settings.clientId)).toBe(expected);
    });

    test("that is empty is not set", () => {
        const stack = { "entrasync:clientId": "", "azuread:clientId": "" };
        expect(reader(stack, { ARM_CLIENT_ID: "environment's" }).read(settings.clientId)).toBe("environment's");
        expect(reader(stack, { ARM_CLIENT_ID: "" }).read(settings.clientId)).toBeUndefined();
    });

    test("with several variables takes the first that is not empty", () => {
        const setting = { key: "oidcRequestToken", variables: ["FIRST", "SECOND", "THIRD"] };
        expect(reader({}, { FIRST: "", SECOND: "second", THIRD: "third" }).read(setting)).toBe("second");
    });

    test("of this package alone is read from entrasync only", () => {
        const stack = { "azuread:graphEndpoint": "azuread's" };
        expect(reader(stack).readOwn("graphEndpoint")).toBeUndefined();
        expect(reader({ "entrasync:graphEndpoint": "" }).readOwn("graphEndpoint")).toBeUndefined();
        expect(reader({ "entrasync:graphEndpoint": "ours" }).readOwn("graphEndpoint")).toBe("ours");
    });

    test("has azuread's own names", () => {
        const names = Object.values(settings).map((setting: Setting) => [setting.key, setting.variables]);
        expect(names.filter(([key]) => key !== undefined)).toEqual([
            ["tenantId", ["ARM_TENANT_ID"]],
            ["clientId", ["ARM_CLIENT_ID"]],
            ["clientIdFilePath", ["ARM_CLIENT_ID_FILE_PATH"]],
            ["clientSecret", ["ARM_CLIENT_SECRET"]],
            ["clientSecretFilePath", ["ARM_CLIENT_SECRET_FILE_PATH"]],
            ["clientCertificate", ["ARM_CLIENT_CERTIFICATE"]],
            ["clientCertificatePath", ["ARM_CLIENT_CERTIFICATE_PATH"]],
            ["clientCertificatePassword", ["ARM_CLIENT_CERTIFICATE_PASSWORD"]],
            ["useOidc", ["ARM_USE_OIDC"]],
            ["oidcToken", ["ARM_OIDC_TOKEN"]],
            ["oidcTokenFilePath", ["ARM_OIDC_TOKEN_FILE_PATH"]],
            ["oidcRequestToken", ["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"]],
            ["oidcRequestUrl", ["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"]],
            [
                "adoPipelineServiceConnectionId",
                ["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
            ],
            ["useAksWorkloadIdentity", ["ARM_USE_AKS_WORKLOAD_IDENTITY"]],
            ["useMsi", ["ARM_USE_MSI"]],
            ["msiEndpoint", ["ARM_MSI_ENDPOINT"]],
            ["useCli", ["ARM_USE_CLI"]],
            ["environment", ["ARM_ENVIRONMENT"]],
            ["metadataHost", ["ARM_METADATA_HOSTNAME"]],
        ]);
    });

    test("that AKS puts into a pod has no key", () => {
        const inPod = Object.values(settings).filter((setting: Setting) => setting.key === undefined);
        expect(inPod.flatMap(({ variables }) => [...variables])).toEqual([
            "AZURE_CLIENT_ID",
            "AZURE_TENANT_ID",
            "AZURE_FEDERATED_TOKEN_FILE",
        ]);
        expect(describeSetting(settings.aksClientId)).toBe("AZURE_CLIENT_ID");
    });

    test("that stands under several names is found under the one that has it", () => {
        const environment = { ACTIONS_ID_TOKEN_REQUEST_URL: "", SYSTEM_OIDCREQUESTURI: "https://dev.azure.example" };
        const found = { value: "https://dev.azure.example", source: "SYSTEM_OIDCREQUESTURI" };
        expect(reader({}, environment).find(settings.oidcRequestUrl)).toEqual(found);
    });

    test("is described by every place where it may stand", () => {
        expect(describeSetting(settings.tenantId)).toBe(
            "tenantId (entrasync:tenantId, azuread:tenantId or ARM_TENANT_ID)",
        );
    });
});

test("the cloud comes from azuread's settings and from two of this package's", () => {
    const stack = {
        "azuread:environment": "china",
        "entrasync:graphEndpoint": "https://graph.example",
        "entrasync:authorityHost": "https://login.example",
        "azuread:graphEndpoint": "not this",
    };
    expect(readCloudConfiguration(reader(stack, { ARM_METADATA_HOSTNAME: "metadata.example" }))).toEqual({
        environment: "china",
        metadataHost: "metadata.example",
        graphEndpoint: "https://graph.example",
        authorityHost: "https://login.example",
    });
});

describe("a value that may stand in a file", () => {
    const read = (stack: Texts) => readValueOrFile(reader(stack), settings.clientSecret, settings.clientSecretFilePath);
    const value = (text: string) => ({ "azuread:clientSecret": text });
    const path = (content: string) => ({ "azuread:clientSecretFilePath": writeFile(content) });

    test("is trimmed, from the setting and from the file", () => {
        expect(read(value(` ${secret}\n`))).toBe(secret);
        expect(read(path(`${secret}\r\n`))).toBe(secret);
        expect(read({ ...value(secret), ...path(` ${secret}\n`) })).toBe(secret);
    });

    test("is none where there is nothing but blanks", () => {
        expect(read({})).toBeUndefined();
        expect(read(value("  "))).toBeUndefined();
        expect(read(path(" \n"))).toBeUndefined();
    });

    test("is taken from the file where the setting is blank", () => {
        expect(read({ ...value(" "), ...path(secret) })).toBe(secret);
    });

    test.each([`${secret}2`, ""])("is refused where setting and file differ (%j), and neither is shown", (inFile) => {
        const error = thrownBy(() => read({ ...value(secret), ...path(inFile) }));
        expect(error).toBeInstanceOf(ConfigurationError);
        const shown = inspect(error, { showHidden: true });
        expect(shown).toContain("ARM_CLIENT_SECRET_FILE_PATH");
        expect(shown).toContain("differ");
        expect(shown).not.toContain(secret);
    });

    test("is refused where the file can't be read, with the file's name and the reason", () => {
        const error = thrownBy(() => read({ ...value(secret), "azuread:clientSecretFilePath": "/nowhere/at/all" }));
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toContain('names "/nowhere/at/all", which can\'t be read (ENOENT)');
        expect(inspect(error, { showHidden: true })).not.toContain(secret);
    });

    test("is refused where the path is a folder's", () => {
        const error = thrownBy(() => read({ "azuread:clientSecretFilePath": "/" }));
        expect(String(error)).toContain("can't be read (EISDIR)");
    });
});

describe("entrasync:replicationTimeout", () => {
    const read = (text: string) => readReplicationTimeoutMs(reader({ "entrasync:replicationTimeout": text }));

    test.each([
        ["90s", 90_000],
        [" 5m ", 300_000],
        ["0", 0],
        ["0s", 0],
        ["", undefined],
    ])("of %j is %s ms", (text, timeoutMs) => {
        expect(read(text)).toBe(timeoutMs);
    });

    test("is nobody else's setting", () => {
        const others = reader({ "azuread:replicationTimeout": "1m" }, { ARM_REPLICATION_TIMEOUT: "1m" });
        expect(readReplicationTimeoutMs(others)).toBeUndefined();
    });

    test.each(["soon", "5", "-1s", "1 m", "00:05"])("of %j is refused with what would be right", (text) => {
        const error = thrownBy(() => read(text));
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toContain(
            `entrasync:replicationTimeout is ${JSON.stringify(text)}: give a duration such as`,
        );
        expect(String(error)).toContain('or "0" for no wait');
    });
});
