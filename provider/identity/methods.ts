import { readFileSync } from "node:fs";
import { ConfigurationError } from "../core/errors.js";
import { describeSetting, readValueOrFile, type SettingsReader, settings } from "./configuration.js";

/** A way to sign in, with all that it needs. */
export interface ClientSecretMethod {
    readonly kind: "clientSecret";
    readonly tenantId: string;
    readonly clientId: string;
    readonly clientSecret: string;
}

/** The ways to sign in that this package knows. */
export type Method = ClientSecretMethod;

/**
 * Chooses how to sign in: the first method, in azuread's order, whose settings are all there. There is no falling
 * through to another one when it fails.
 */
export function chooseMethod(reader: SettingsReader): Method {
    const tenantId = reader.read(settings.tenantId)?.trim();
    const readFile = (path: string) => readFileSync(path, "utf8");
    const clientId = readValueOrFile(reader, settings.clientId, settings.clientIdFilePath, readFile);
    const clientSecret = readValueOrFile(reader, settings.clientSecret, settings.clientSecretFilePath, readFile);
    if (tenantId && clientId && clientSecret) {
        return { kind: "clientSecret", tenantId, clientId, clientSecret };
    }
    const missing = [
        ...(tenantId ? [] : [settings.tenantId]),
        ...(clientId ? [] : [settings.clientId]),
        ...(clientSecret ? [] : [settings.clientSecret]),
    ];
    throw new ConfigurationError(
        `no way to sign in to Microsoft Entra: with a client secret ${missing.length === 1 ? "this is" : "these are"} missing: ` +
            `${missing.map(describeSetting).join("; ")}. Set them as for azuread, in the stack's configuration or the environment.`,
    );
}
