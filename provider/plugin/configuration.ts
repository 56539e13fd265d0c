import { ConfigurationError } from "../core/errors.js";
import type { InputFailure } from "../core/inputs.js";
import type { Properties } from "../core/lifecycle.js";
import { nearest } from "../core/nearest.js";
import { isUnknown } from "../core/unknown.js";
import { cloudOf } from "../graph/clouds.js";
import {
    createSettingsReader,
    type Environment,
    readCloudConfiguration,
    readFlag,
    readReplicationTimeoutMs,
    type StackConfiguration,
    settings,
} from "../identity/configuration.js";

/** One setting of the provider's. */
export interface ConfigurationProperty {
    readonly description: string;
    readonly type: "string" | "boolean";
    readonly secret?: boolean;
}

/** What the provider can be configured with: azuread's settings by azuread's names, and those of our own. */
export const configurationProperties: Readonly<Record<string, ConfigurationProperty>> = {
    clientId: { type: "string", description: "The application (client) id to sign in as." },
    clientIdFilePath: { type: "string", description: "A file that holds the client id." },
    tenantId: { type: "string", description: "The tenant to sign in to." },
    environment: {
        type: "string",
        description: "The cloud: `public` (the default), `usgovernment`, `dod` or `china`, or another of their names.",
    },
    metadataHost: {
        type: "string",
        description: "A host that says where Graph and the sign-in are, in a cloud of its own.",
    },
    clientSecret: { type: "string", secret: true, description: "The client secret." },
    clientSecretFilePath: { type: "string", description: "A file that holds the client secret." },
    clientCertificate: { type: "string", secret: true, description: "A certificate as PKCS#12, in base64." },
    clientCertificatePath: { type: "string", description: "A certificate's PKCS#12 file." },
    clientCertificatePassword: { type: "string", secret: true, description: "The password of the PKCS#12." },
    useOidc: { type: "boolean", description: "Whether to sign in with a pipeline's or a workload's identity token." },
    oidcToken: { type: "string", secret: true, description: "The identity token." },
    oidcTokenFilePath: {
        type: "string",
        description: "A file that holds the identity token; read anew at each sign-in.",
    },
    oidcRequestToken: {
        type: "string",
        secret: true,
        description: "What the pipeline asks for an identity token with.",
    },
    oidcRequestUrl: { type: "string", description: "Where the pipeline asks for an identity token." },
    adoPipelineServiceConnectionId: {
        type: "string",
        description: "The Azure DevOps service connection to get the identity token for.",
    },
    useAksWorkloadIdentity: { type: "boolean", description: "Whether to sign in as the pod's identity in AKS." },
    useMsi: { type: "boolean", description: "Whether to sign in as the machine's managed identity." },
    msiEndpoint: { type: "string", description: "Where to ask for the managed identity's token." },
    useCli: { type: "boolean", description: "Whether to sign in as the Azure CLI does. Default: true." },
    graphEndpoint: {
        type: "string",
        description: "Microsoft Graph's base, an https URL, where no cloud's name tells it.",
    },
    authorityHost: { type: "string", description: "The sign-in's base, an https URL, where no cloud's name tells it." },
    replicationTimeout: {
        type: "string",
        description:
            "How long to wait for Graph to know a target that is new. A duration; default: `2m`, `0` for no wait.",
    },
};

/** The names of the settings that are secrets whether or not they are marked. */
export const secretSettings: ReadonlySet<string> = new Set(
    Object.entries(configurationProperties).flatMap(([name, { secret }]) => (secret ? [name] : [])),
);

const flags = (["useOidc", "useAksWorkloadIdentity", "useMsi", "useCli"] as const).map((name) => settings[name]);

/** The provider's configuration, as the rest of the package asks for it: by `entrasync:<key>`. */
export function stackConfiguration(properties: Properties): StackConfiguration {
    return (key) => {
        const value = key.startsWith("entrasync:") ? properties[key.slice("entrasync:".length)] : undefined;
        // The engine hands booleans over as such, or as text, by the language that they come from.
        return value === undefined || value === null || isUnknown(value) ? undefined : String(value);
    };
}

/** What is wrong with the configuration, as far as it is known: nothing is asked of anybody. */
export function configurationFailures(properties: Properties, environment: Environment): readonly InputFailure[] {
    const names = Object.keys(configurationProperties);
    const failures: InputFailure[] = [];
    for (const [name, value] of Object.entries(properties)) {
        // The engine's own settings of a provider.
        if (["version", "pluginDownloadURL"].includes(name) || value === undefined || value === null) {
            continue;
        }
        if (!names.includes(name)) {
            const meant = nearest(name, names);
            const instead = meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`;
            failures.push({ path: name, reason: `is not a setting of this provider${instead}` });
        } else if (typeof value === "object") {
            failures.push({ path: name, reason: "is not a text" });
        }
    }
    const reader = createSettingsReader(stackConfiguration(properties), environment);
    const checks = [
        () => cloudOf(readCloudConfiguration(reader)),
        () => readReplicationTimeoutMs(reader),
        ...flags.map((flag) => () => readFlag(reader, flag, false)),
    ];
    for (const check of checks) {
        try {
            check();
        } catch (error) {
            if (!(error instanceof ConfigurationError)) {
                throw error;
            }
            failures.push({ path: "", reason: error.message });
        }
    }
    return failures;
}
