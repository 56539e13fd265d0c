import { ConfigurationError } from "../core/errors.js";
import {
    describeSetting,
    type Found,
    readConfiguredFile,
    readFlag,
    readTrimmed,
    readValueOrFile,
    type Setting,
    type SettingsReader,
    settings,
} from "./configuration.js";
import { type Method, type MethodKind, methodNames } from "./methods.js";

/** How to sign in, and why so. */
export interface Choice {
    readonly method: Method;
    /** The settings that the method is made of, by where they stood: `azuread:clientId`, `ARM_CLIENT_SECRET`. */
    readonly because: readonly string[];
    /** What is configured and has no effect, or not the one that it looks like: a sentence each. */
    readonly warnings: readonly string[];
}

/**
 * Chooses how to sign in: the first method, in azuread's order, whose settings are all there. There is no falling
 * through to another one when it fails.
 */
export function chooseMethod(reader: SettingsReader): Choice {
    const known = readKnown(reader);
    const candidates = order.map((kind) => ({ kind, candidate: candidateOf[kind](known) }));
    const chosen = candidates.find(({ candidate }) => "method" in candidate);
    if (chosen === undefined || !("method" in chosen.candidate)) {
        throw new ConfigurationError(nothingChosen(candidates));
    }
    return {
        method: chosen.candidate.method,
        because: chosen.candidate.uses.flatMap((setting) => reader.find(setting)?.source ?? []),
        warnings: warningsOf(chosen.candidate.method.kind, known, reader),
    };
}

/** azuread's order. */
const order: readonly MethodKind[] = [
    "clientCertificate",
    "clientSecret",
    "oidcToken",
    "azureDevOps",
    "github",
    "managedIdentity",
    "azureCli",
];

/** What several methods look at, read once. */
interface Known {
    readonly reader: SettingsReader;
    readonly tenantId: string | undefined;
    readonly clientId: string | undefined;
    readonly clientSecret: string | undefined;
    readonly aks: boolean;
    /** Whether identity tokens of others may be used. */
    readonly oidc: boolean;
    readonly oidcToken: { readonly value: string } | { readonly path: string } | undefined;
}

function readKnown(reader: SettingsReader): Known {
    const aks = readFlag(reader, settings.useAksWorkloadIdentity, false);
    return {
        reader,
        aks,
        oidc: readFlag(reader, settings.useOidc, false) || aks,
        tenantId: withAks(reader, aks, readTrimmed(reader, settings.tenantId), settings.tenantId, settings.aksTenantId),
        clientId: withAks(
            reader,
            aks,
            readValueOrFile(reader, settings.clientId, settings.clientIdFilePath),
            settings.clientId,
            settings.aksClientId,
        ),
        clientSecret: readValueOrFile(reader, settings.clientSecret, settings.clientSecretFilePath),
        oidcToken: readOidcToken(reader, aks),
    };
}

/** With the flag for AKS, what AKS puts into the pod is used, and must agree with what is configured beside it. */
function withAks(
    reader: SettingsReader,
    aks: boolean,
    configured: string | undefined,
    setting: Setting,
    aksSetting: Setting,
): string | undefined {
    const inPod = aks ? readTrimmed(reader, aksSetting) : undefined;
    if (inPod !== undefined && configured !== undefined && inPod !== configured) {
        throw new ConfigurationError(
            `${describeSetting(setting)} is ${JSON.stringify(configured)}, and ${describeSetting(aksSetting)} of AKS workload ` +
                `identity is ${JSON.stringify(inPod)}: remove one, or turn off ${describeSetting(settings.useAksWorkloadIdentity)}`,
        );
    }
    return inPod ?? configured;
}

/**
 * The token itself, or the file that holds it: a file wins, because it is renewed while a token ages, and AKS's file wins
 * over another. All that are given must agree at the start.
 */
function readOidcToken(reader: SettingsReader, aks: boolean): Known["oidcToken"] {
    const value = readValueOrFile(reader, settings.oidcToken, settings.oidcTokenFilePath);
    const aksPath = aks ? reader.read(settings.aksTokenFilePath) : undefined;
    if (aksPath !== undefined) {
        const held = readConfiguredFile(settings.aksTokenFilePath, aksPath, (content) =>
            content.toString("utf8").trim(),
        );
        if (value !== undefined && value !== held) {
            throw new ConfigurationError(
                `${describeSetting(settings.oidcToken)}, or the file that ${describeSetting(settings.oidcTokenFilePath)} names, ` +
                    `and the file that ${describeSetting(settings.aksTokenFilePath)} of AKS workload identity names differ: ` +
                    `remove one, or turn off ${describeSetting(settings.useAksWorkloadIdentity)}`,
            );
        }
        return held === "" ? undefined : { path: aksPath };
    }
    const path = reader.read(settings.oidcTokenFilePath);
    return value === undefined ? undefined : path === undefined ? { value } : { path };
}

type Candidate =
    | { readonly method: Method; readonly uses: readonly Setting[] }
    /** What it lacks; nothing where it is turned off. */
    | { readonly missing: readonly Setting[] };

const off: Candidate = { missing: [] };

const candidateOf: Record<MethodKind, (known: Known) => Candidate> = {
    clientCertificate({ reader, tenantId, clientId }) {
        const base64 = readTrimmed(reader, settings.clientCertificate);
        const path = reader.read(settings.clientCertificatePath);
        const pkcs12 = base64 !== undefined ? { base64 } : path !== undefined ? { path } : undefined;
        if (pkcs12 === undefined || tenantId === undefined || clientId === undefined) {
            return missing(application(tenantId, clientId), [pkcs12, settings.clientCertificate]);
        }
        // Not trimmed, as in azuread: a password may begin or end with a blank.
        const password = reader.read(settings.clientCertificatePassword) ?? "";
        const certificate = base64 === undefined ? settings.clientCertificatePath : settings.clientCertificate;
        return {
            method: { kind: "clientCertificate", tenantId, clientId, pkcs12, password },
            uses: [...applicationSettings, certificate, settings.clientCertificatePassword],
        };
    },
    clientSecret({ tenantId, clientId, clientSecret }) {
        if (clientSecret === undefined || tenantId === undefined || clientId === undefined) {
            return missing(application(tenantId, clientId), [clientSecret, settings.clientSecret]);
        }
        return {
            method: { kind: "clientSecret", tenantId, clientId, clientSecret },
            uses: [...applicationSettings, settings.clientSecret, settings.clientSecretFilePath],
        };
    },
    oidcToken({ oidc, aks, tenantId, clientId, oidcToken }) {
        if (!oidc) {
            return off;
        }
        if (oidcToken === undefined || tenantId === undefined || clientId === undefined) {
            return missing(application(tenantId, clientId), [oidcToken, settings.oidcToken]);
        }
        return {
            method: { kind: "oidcToken", tenantId, clientId, token: oidcToken },
            uses: [
                ...applicationSettings,
                settings.useOidc,
                settings.oidcToken,
                settings.oidcTokenFilePath,
                ...(aks ? [settings.useAksWorkloadIdentity, ...aksSettings] : []),
            ],
        };
    },
    azureDevOps({ reader, oidc, tenantId, clientId }) {
        if (!oidc) {
            return off;
        }
        const serviceConnectionId = readTrimmed(reader, settings.adoPipelineServiceConnectionId);
        const { requestUrl, requestToken } = readRequest(reader);
        if (
            serviceConnectionId === undefined ||
            requestUrl === undefined ||
            requestToken === undefined ||
            tenantId === undefined ||
            clientId === undefined
        ) {
            return missing(
                application(tenantId, clientId),
                [serviceConnectionId, settings.adoPipelineServiceConnectionId],
                [requestUrl, settings.oidcRequestUrl],
                [requestToken, settings.oidcRequestToken],
            );
        }
        return {
            method: { kind: "azureDevOps", tenantId, clientId, serviceConnectionId, requestUrl, requestToken },
            uses: [
                ...applicationSettings,
                settings.useOidc,
                settings.adoPipelineServiceConnectionId,
                ...requestSettings,
            ],
        };
    },
    github({ reader, oidc, tenantId, clientId }) {
        if (!oidc) {
            return off;
        }
        const { requestUrl, requestToken } = readRequest(reader);
        if (
            requestUrl === undefined ||
            requestToken === undefined ||
            tenantId === undefined ||
            clientId === undefined
        ) {
            return missing(
                application(tenantId, clientId),
                [requestUrl, settings.oidcRequestUrl],
                [requestToken, settings.oidcRequestToken],
            );
        }
        return {
            method: { kind: "github", tenantId, clientId, requestUrl, requestToken },
            uses: [...applicationSettings, settings.useOidc, ...requestSettings],
        };
    },
    managedIdentity({ reader, clientId }) {
        if (!readFlag(reader, settings.useMsi, false)) {
            return off;
        }
        return {
            method: { kind: "managedIdentity", clientId, endpoint: readTrimmed(reader, settings.msiEndpoint) },
            uses: [settings.useMsi, settings.msiEndpoint, settings.clientId, settings.clientIdFilePath],
        };
    },
    azureCli({ reader, tenantId }) {
        if (!readFlag(reader, settings.useCli, true)) {
            return off;
        }
        return { method: { kind: "azureCli", tenantId }, uses: [settings.useCli, settings.tenantId] };
    },
};

const applicationSettings = [settings.tenantId, settings.clientId, settings.clientIdFilePath];
const aksSettings = [settings.aksTenantId, settings.aksClientId, settings.aksTokenFilePath];
const requestSettings = [settings.oidcRequestUrl, settings.oidcRequestToken];

type Need = readonly [value: unknown, setting: Setting];

function application(tenantId: string | undefined, clientId: string | undefined): readonly Need[] {
    return [
        [tenantId, settings.tenantId],
        [clientId, settings.clientId],
    ];
}

function missing(common: readonly Need[], ...own: readonly Need[]): Candidate {
    return { missing: [...common, ...own].filter(([value]) => value === undefined).map(([, setting]) => setting) };
}

function readRequest(reader: SettingsReader) {
    return {
        requestUrl: readTrimmed(reader, settings.oidcRequestUrl),
        requestToken: readTrimmed(reader, settings.oidcRequestToken),
    };
}

/** The traps of azuread's order, each of which ends in a sign-in that nobody meant. */
function warningsOf(kind: MethodKind, known: Known, reader: SettingsReader): string[] {
    const warnings: string[] = [];
    const place = (...candidates: readonly Setting[]) =>
        candidates.map((setting) => reader.find(setting)?.source).find(Boolean);
    const isLast = kind === "managedIdentity" || kind === "azureCli";
    const oidcPlace = place(settings.useOidc, settings.useAksWorkloadIdentity);
    if (known.oidc && (kind === "clientCertificate" || kind === "clientSecret")) {
        const leftover =
            kind === "clientSecret"
                ? place(settings.clientSecret, settings.clientSecretFilePath)
                : place(settings.clientCertificate, settings.clientCertificatePath);
        warnings.push(`${oidcPlace} has no effect: ${leftover} is set, and a ${methodNames[kind]} comes first.`);
    }
    if (kind === "clientCertificate" && known.clientSecret !== undefined) {
        const secret = place(settings.clientSecret, settings.clientSecretFilePath);
        warnings.push(`${secret} has no effect: a client certificate comes first.`);
    }
    if (known.oidc && isLast) {
        const lacks = candidateOf.oidcToken(known);
        const names = "missing" in lacks ? lacks.missing.map(describeSetting).join("; ") : "";
        warnings.push(
            `${oidcPlace} asks for OIDC, and the ${methodNames[kind]} is used instead, for want of ${names}.`,
        );
    }
    if (isLast) {
        for (const earlier of ["clientCertificate", "clientSecret"] as const) {
            const own = ownSettings[earlier];
            const lacks = candidateOf[earlier](known);
            if (place(...own) !== undefined && "missing" in lacks && lacks.missing.length > 0) {
                const names = lacks.missing.map(describeSetting).join("; ");
                warnings.push(
                    `${place(...own)} has no effect: the ${methodNames[kind]} is used instead, for want of ${names}.`,
                );
            }
        }
        const given = place(settings.oidcToken, settings.oidcTokenFilePath);
        if (!known.oidc && given !== undefined) {
            warnings.push(
                `${given} has no effect without ${describeSetting(settings.useOidc)}: the ${methodNames[kind]} is used instead.`,
            );
        }
        const inPod = place(settings.aksTokenFilePath);
        if (!known.oidc && inPod !== undefined) {
            warnings.push(
                `${inPod} has no effect without ${describeSetting(settings.useAksWorkloadIdentity)}: the ${methodNames[kind]} is used instead.`,
            );
        }
    }
    if (kind === "github" && isAzureDevOps(reader.find(settings.oidcRequestUrl))) {
        warnings.push(
            `${place(settings.oidcRequestUrl)} is Azure DevOps's, and is asked as GitHub's would be, for want of ` +
                `${describeSetting(settings.adoPipelineServiceConnectionId)}.`,
        );
    }
    if (!isLast && readFlag(reader, settings.useMsi, false)) {
        warnings.push(`${place(settings.useMsi)} has no effect: the ${methodNames[kind]} comes first.`);
    }
    return warnings;
}

const ownSettings = {
    clientCertificate: [settings.clientCertificate, settings.clientCertificatePath],
    clientSecret: [settings.clientSecret, settings.clientSecretFilePath],
} as const;

/** Azure DevOps's own variable, or its URL under another name: `…/_apis/distributedtask/…/oidctoken`. */
function isAzureDevOps(requestUrl: Found | undefined): boolean {
    return requestUrl?.source === "SYSTEM_OIDCREQUESTURI" || /\/oidctoken(?:\?|$)/i.test(requestUrl?.value ?? "");
}

function nothingChosen(candidates: readonly { readonly kind: MethodKind; readonly candidate: Candidate }[]): string {
    const lines = candidates.map(({ kind, candidate }) => {
        const lacks = "missing" in candidate ? candidate.missing : [];
        return lacks.length === 0
            ? `${methodNames[kind]} is off: ${describeBriefly(switchOf[kind])}`
            : `${methodNames[kind]} lacks ${lacks.map(describeBriefly).join(" and ")}`;
    });
    return `no way to sign in to Microsoft Entra is configured: ${lines.join("; ")}. Configure one as for azuread: in the stack's configuration, under entrasync: or azuread:, or in the environment.`;
}

/** Without the two places in the stack's configuration, where many settings stand in a sentence. */
function describeBriefly({ key, variables }: Setting): string {
    return `${key} (${variables.join(", ")})`;
}

/** What turns a method on where it is off. */
const switchOf: Record<MethodKind, Setting> = {
    clientCertificate: settings.clientCertificate,
    clientSecret: settings.clientSecret,
    oidcToken: settings.useOidc,
    azureDevOps: settings.useOidc,
    github: settings.useOidc,
    managedIdentity: settings.useMsi,
    azureCli: settings.useCli,
};
