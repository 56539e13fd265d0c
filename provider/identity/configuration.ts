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
    readonly key: string;
    readonly variables: readonly string[];
}

/** The settings of azuread's that are read here, each with azuread's own names. */
export const settings = {
    tenantId: { key: "tenantId", variables: ["ARM_TENANT_ID"] },
    clientId: { key: "clientId", variables: ["ARM_CLIENT_ID"] },
    clientIdFilePath: { key: "clientIdFilePath", variables: ["ARM_CLIENT_ID_FILE_PATH"] },
    clientSecret: { key: "clientSecret", variables: ["ARM_CLIENT_SECRET"] },
    clientSecretFilePath: { key: "clientSecretFilePath", variables: ["ARM_CLIENT_SECRET_FILE_PATH"] },
    environment: { key: "environment", variables: ["ARM_ENVIRONMENT"] },
    metadataHost: { key: "metadataHost", variables: ["ARM_METADATA_HOSTNAME"] },
} as const satisfies Record<string, Setting>;

/** Reads settings, in azuread's order of precedence. */
export interface SettingsReader {
    read(setting: Setting): string | undefined;
    /** A setting that only this package knows: `entrasync:<key>`. */
    readOwn(key: string): string | undefined;
}

/** A reader over stack configuration and environment. */
export function createSettingsReader(stack: StackConfiguration, environment: Environment): SettingsReader {
    const nonEmpty = (value: string | undefined) => (value === undefined || value === "" ? undefined : value);
    const readOwn = (key: string) => nonEmpty(stack(`entrasync:${key}`));
    return {
        readOwn,
        read({ key, variables }) {
            const inStack = readOwn(key) ?? nonEmpty(stack(`azuread:${key}`));
            return inStack ?? variables.map((name) => nonEmpty(environment[name])).find((value) => value !== undefined);
        },
    };
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

/** Every place where a setting may stand, for messages. */
export function describeSetting({ key, variables }: Setting): string {
    return `${key} (entrasync:${key}, azuread:${key} or ${variables.join(", ")})`;
}

/**
 * A setting that may stand in a file as well: both are trimmed, as azuread does, and must agree when both are given.
 * The values themselves stay out of the message, one of them may be a secret.
 */
export function readValueOrFile(
    reader: SettingsReader,
    value: Setting,
    path: Setting,
    readFile: (path: string) => string,
): string | undefined {
    const direct = reader.read(value)?.trim() || undefined;
    const filePath = reader.read(path);
    if (filePath === undefined) {
        return direct;
    }
    let inFile: string;
    try {
        inFile = readFile(filePath).trim();
    } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
        throw new ConfigurationError(
            `${describeSetting(path)} names ${JSON.stringify(filePath)}, which can't be read (${code})`,
        );
    }
    if (direct !== undefined && direct !== inFile) {
        throw new ConfigurationError(
            `${describeSetting(value)} and the file that ${describeSetting(path)} names differ: give one of the two, or the same in both`,
        );
    }
    return inFile === "" ? undefined : inFile;
}
