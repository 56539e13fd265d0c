import { readFileSync } from "node:fs";
import { durationExamples, parseDurationMs } from "../core/duration.js";
import { ConfigurationError } from "../core/errors.js";
import type { CloudConfiguration } from "../graph/clouds.js";

/** Looks up stack configuration by its full key, such as `azuread:clientId`. */
export type StackConfiguration = (key: string) => string | undefined;

/** The process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * One setting of azuread's: its key in stack configuration and the environment variables behind it, in their order.
 * `entrasync:<key>` wins over `azuread:<key>`, that over the environment; whatever is empty counts as not set.
 */
export interface Setting {
    /** Missing where only the environment has it: what AKS puts into a pod. */
    readonly key?: string;
    readonly variables: readonly string[];
}

/**
 * The settings of azuread's that are read here, each with azuread's own names.
 *
 * @see https://www.pulumi.com/registry/packages/azuread/installation-configuration/
 */
export const settings = {
    tenantId: { key: "tenantId", variables: ["ARM_TENANT_ID"] },
    clientId: { key: "clientId", variables: ["ARM_CLIENT_ID"] },
    clientIdFilePath: { key: "clientIdFilePath", variables: ["ARM_CLIENT_ID_FILE_PATH"] },
    clientSecret: { key: "clientSecret", variables: ["ARM_CLIENT_SECRET"] },
    clientSecretFilePath: { key: "clientSecretFilePath", variables: ["ARM_CLIENT_SECRET_FILE_PATH"] },
    clientCertificate: { key: "clientCertificate", variables: ["ARM_CLIENT_CERTIFICATE"] },
    clientCertificatePath: { key: "clientCertificatePath", variables: ["ARM_CLIENT_CERTIFICATE_PATH"] },
    clientCertificatePassword: { key: "clientCertificatePassword", variables: ["ARM_CLIENT_CERTIFICATE_PASSWORD"] },
    useOidc: { key: "useOidc", variables: ["ARM_USE_OIDC"] },
    oidcToken: { key: "oidcToken", variables: ["ARM_OIDC_TOKEN"] },
    oidcTokenFilePath: { key: "oidcTokenFilePath", variables: ["ARM_OIDC_TOKEN_FILE_PATH"] },
    oidcRequestToken: {
        key: "oidcRequestToken",
        variables: ["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
    },
    oidcRequestUrl: {
        key: "oidcRequestUrl",
        variables: ["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
    },
    adoPipelineServiceConnectionId: {
        key: "adoPipelineServiceConnectionId",
        variables: ["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"],
    },
    useAksWorkloadIdentity: { key: "useAksWorkloadIdentity", variables: ["ARM_USE_AKS_WORKLOAD_IDENTITY"] },
    useMsi: { key: "useMsi", variables: ["ARM_USE_MSI"] },
    msiEndpoint: { key: "msiEndpoint", variables: ["ARM_MSI_ENDPOINT"] },
    useCli: { key: "useCli", variables: ["ARM_USE_CLI"] },
    environment: { key: "environment", variables: ["ARM_ENVIRONMENT"] },
    metadataHost: { key: "metadataHost", variables: ["ARM_METADATA_HOSTNAME"] },
    aksClientId: { variables: ["AZURE_CLIENT_ID"] },
    aksTenantId: { variables: ["AZURE_TENANT_ID"] },
    aksTokenFilePath: { variables: ["AZURE_FEDERATED_TOKEN_FILE"] },
} as const satisfies Record<string, Setting>;

/** A setting's value and where it stood: `azuread:clientId`, `ARM_CLIENT_ID`. */
export interface Found {
    readonly value: string;
    readonly source: string;
}

/** Reads settings, in azuread's order of precedence. */
export interface SettingsReader {
    read(setting: Setting): string | undefined;
    find(setting: Setting): Found | undefined;
    /** A setting that only this package knows: `entrasync:<key>`. */
    readOwn(key: string): string | undefined;
}

/** A reader over stack configuration and environment. */
export function createSettingsReader(stack: StackConfiguration, environment: Environment): SettingsReader {
    const find = ({ key, variables }: Setting): Found | undefined => {
        const inStack = key === undefined ? [] : [`entrasync:${key}`, `azuread:${key}`];
        for (const source of inStack) {
            const value = stack(source);
            if (value) {
                return { value, source };
            }
        }
        for (const source of variables) {
            const value = environment[source];
            if (value) {
                return { value, source };
            }
        }
        return undefined;
    };
    return { find, read: (setting) => find(setting)?.value, readOwn: (key) => stack(`entrasync:${key}`) || undefined };
}

/** Where the configuration says that Graph is. */
export function readCloudConfiguration(reader: SettingsReader): CloudConfiguration {
    return {
        environment: reader.read(settings.environment),
        metadataHost: reader.read(settings.metadataHost),
        graphEndpoint: reader.readOwn("graphEndpoint"),
        authorityHost: reader.readOwn("authorityHost"),
    };
}

/** How long a target may be too new for Graph; `0` is not at all, `undefined` the default. */
export function readReplicationTimeoutMs(reader: SettingsReader): number | undefined {
    const text = reader.readOwn("replicationTimeout")?.trim() || undefined;
    if (text === undefined) {
        return undefined;
    }
    const durationMs = /^0(?:ms|[wdhms])?$/.test(text) ? 0 : parseDurationMs(text);
    if (durationMs === undefined) {
        throw new ConfigurationError(
            `entrasync:replicationTimeout is ${JSON.stringify(text)}: give ${durationExamples}, or "0" for no wait`,
        );
    }
    return durationMs;
}

/** Every place where a setting may stand, for messages. */
export function describeSetting({ key, variables }: Setting): string {
    const places = [...(key === undefined ? [] : [`entrasync:${key}`, `azuread:${key}`])];
    return key === undefined ? variables.join(", ") : `${key} (${places.join(", ")} or ${variables.join(", ")})`;
}

/**
 * A setting that is a yes or a no, as Go's ParseBool reads it, because azuread does.
 *
 * @see https://pkg.go.dev/strconv#ParseBool
 */
export function readFlag(reader: SettingsReader, setting: Setting, fallback: boolean): boolean {
    const found = reader.find(setting);
    if (found === undefined) {
        return fallback;
    }
    if (["1", "t", "T", "TRUE", "true", "True"].includes(found.value)) {
        return true;
    }
    if (["0", "f", "F", "FALSE", "false", "False"].includes(found.value)) {
        return false;
    }
    throw new ConfigurationError(`${found.source} is ${JSON.stringify(found.value)}: give true or false`);
}

/** A value with blanks around it, as files and pasted secrets have them, is the value without; blank is not set. */
export function readTrimmed(reader: SettingsReader, setting: Setting): string | undefined {
    return reader.read(setting)?.trim() || undefined;
}

/**
 * A setting that may stand in a file as well: both are trimmed, as azuread does, and must agree when both are given.
 * The values themselves stay out of the message, one of them may be a secret.
 */
export function readValueOrFile(reader: SettingsReader, value: Setting, path: Setting): string | undefined {
    const direct = readTrimmed(reader, value);
    const filePath = reader.read(path);
    if (filePath === undefined) {
        return direct;
    }
    const inFile = readConfiguredFile(path, filePath, (content) => content.toString("utf8").trim());
    if (direct !== undefined && direct !== inFile) {
        throw new ConfigurationError(
            `${describeSetting(value)} and the file that ${describeSetting(path)} names differ: give one of the two, or ` +
                "the same in both",
        );
    }
    return inFile || undefined;
}

/** A file that a setting names; one that can't be read is the configuration's fault. */
export function readConfiguredFile<Content>(
    setting: Setting,
    path: string,
    read: (content: Buffer) => Content,
): Content {
    let content: Buffer;
    try {
        content = readFileSync(path);
    } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
        throw new ConfigurationError(
            `${describeSetting(setting)} names ${JSON.stringify(path)}, which can't be read (${code})`,
        );
    }
    return read(content);
}
