import { synchronizationSecretKeys } from "../core/keys.js";
import { configurationProperties } from "./configuration.js";
import { dynamicType, functionNames, packageName, resourceType } from "./names.js";

/**
 * The package's schema, from which every language's SDK is generated.
 *
 * @see https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/
 */
export function createSchema(version: string): object {
    return {
        name: packageName,
        version,
        displayName: "Entra provisioning token acquisition",
        description:
            "Declares Microsoft Entra provisioning's token acquisition: Microsoft Graph's synchronization: acquireAccessToken.",
        keywords: [
            "pulumi",
            "entra",
            "azuread",
            "microsoft-graph",
            "scim",
            "provisioning",
            "category/cloud",
            "kind/native",
        ],
        license: "Apache-2.0",
        publisher: "pulumi-entrasync",
        repository,
        pluginDownloadURL: "github://api.github.com/pulumi-entrasync/pulumi-entrasync",
        language,
        // supportPack: a Go SDK is a module of its own, with a go.mod.
        meta: { moduleFormat: "(.*)", supportPack: true },
        config: { variables: configuration },
        provider: {
            description: "Signs in as azuread does: the same settings, the same environment variables, the same order.",
            inputProperties: configuration,
        },
        types,
        resources: { [resourceType]: resource },
        functions: {
            [functionNames.getSynchronizationSecretKeys]: getSynchronizationSecretKeys,
            [functionNames.validateCredentials]: validateCredentials,
        },
    };
}

const repository = "https://github.com/pulumi-entrasync/pulumi-entrasync";

/** What the generated SDKs are called. */
const language = {
    nodejs: { packageName: "@pulumi-entrasync/entrasync", respectSchemaVersion: true },
    python: { packageName: "pulumi_entrasync", pyproject: { enabled: true }, respectSchemaVersion: true },
    go: {
        importBasePath: "github.com/pulumi-entrasync/pulumi-entrasync/sdk/go/entrasync",
        generateResourceContainerTypes: true,
        respectSchemaVersion: true,
    },
    csharp: { rootNamespace: "PulumiEntrasync", namespaces: { entrasync: "Entrasync" }, respectSchemaVersion: true },
    java: { basePackage: "io.pulumientrasync", buildFiles: "gradle" },
};

const configuration = Object.fromEntries(
    Object.entries(configurationProperties).map(([name, { type, description, secret = false }]) => [
        name,
        { type, description, ...(secret ? { secret } : {}) },
    ]),
);

const keyType = `${packageName}:index:SynchronizationSecretKey`;
const credentialType = `${packageName}:index:Credential`;
const timeoutsType = `${packageName}:index:AcquisitionTimeouts`;
const validationType = `${packageName}:index:AcquisitionValidation`;
const driftType = `${packageName}:index:AcquisitionDrift`;
const storedSecretType = `${packageName}:index:StoredSecret`;

const text = (description: string) => ({ type: "string", description });

const types = {
    [keyType]: {
        type: "string",
        description: "A key of Graph's `synchronizationSecret` enumeration.",
        enum: synchronizationSecretKeys.map((value) => ({ value })),
    },
    [credentialType]: {
        type: "object",
        description: "One credential, as Graph writes it.",
        properties: {
            key: {
                // Graph's enumeration grows: another key is possible, with allowUnknownKeys.
                oneOf: [{ type: "string" }, { type: "string", $ref: `#/types/${keyType}` }],
                description: "Which credential: one of Graph's `synchronizationSecret` keys.",
            },
            value: { ...text("Its value. Always a secret, whether or not it is marked as one."), secret: true },
        },
        required: ["key", "value"],
    },
    [timeoutsType]: {
        type: "object",
        description:
            'How long an operation may take, every wait and retry included, as durations such as `"90s"` or `"10m"`. ' +
            "Pulumi's own option customTimeouts goes before it.",
        properties: {
            create: text('Default: `"5m"`.'),
            update: text('Default: `"5m"`.'),
            read: text('Default: `"5m"`.'),
        },
    },
    [validationType]: {
        type: "object",
        description: "What to validate against: exactly one of the two.",
        properties: {
            templateId: text("A synchronization template of the target's, such as `scim`."),
            jobId: text("A synchronization job of the target's."),
        },
    },
    [driftType]: {
        type: "object",
        description: "The looks of a refresh, each of which can be turned off.",
        properties: {
            target: {
                type: "boolean",
                description: "Whether the target is still there; gone from state if it is not. Default: `true`.",
            },
            credentials: {
                type: "boolean",
                description:
                    "Whether the service still holds every key that was handed over; if not, the next `up` acquires. Default: `true`.",
            },
        },
    },
    [storedSecretType]: {
        type: "object",
        description: "One credential that the provisioning service holds.",
        properties: {
            key: text("Which credential."),
            masked: { type: "boolean", description: "Whether Graph keeps the value to itself." },
        },
        required: ["key", "masked"],
    },
};

const target = {
    servicePrincipalId: text(
        "The service principal whose provisioning acquires the token: its object id, or azuread's id " +
            "(`/servicePrincipals/<uuid>`). Exactly one of this and `applicationId`.",
    ),
    applicationId: text("The application instead: its object id, or azuread's id (`/applications/<uuid>`)."),
};

const credentials = {
    oneOf: [
        { type: "object", additionalProperties: { type: "string" } },
        { type: "array", items: { $ref: `#/types/${credentialType}` } },
    ],
    secret: true,
};

const resource = {
    description:
        "Hands an application's credentials to the Microsoft Entra provisioning service, which acquires with them the access " +
        "token that it provisions users with: Microsoft Graph's `synchronization: acquireAccessToken`.\n\n" +
        "Creating it acquires; a changed credential or trigger acquires again; nothing else does. Deleting it does nothing: " +
        "the service keeps its token until it expires, the credentials are replaced, or the target is deleted.\n\n" +
        "Imported by its id, `/servicePrincipals/<uuid>/synchronization/acquireAccessToken` or the same under " +
        "`/applications`. The credentials can't be read back, so the next `up` after an import acquires once.",
    aliases: [{ type: dynamicType }],
    inputProperties: {
        servicePrincipalId: { ...target.servicePrincipalId, replaceOnChanges: true, willReplaceOnChanges: true },
        applicationId: { ...target.applicationId, replaceOnChanges: true, willReplaceOnChanges: true },
        credentials: {
            ...credentials,
            description:
                "The credentials to hand over, as a map from key to value or as a list of pairs; their order means nothing. Always " +
                "secret. A key that Graph does not know is refused, with the nearest one named. A changed value acquires again. " +
                "Pulumi's SDK for Python can't send a list where a map may stand: there it is the map.",
        },
        triggers: {
            $ref: "pulumi.json#/Any",
            description: "Any values; a change of any of them acquires again.",
        },
        maxAge: text(
            'A duration (`"30d"`, `"720h"`): the first `pulumi up` after it acquires again. Default: age does not matter.',
        ),
        timeouts: { $ref: `#/types/${timeoutsType}`, description: "How long the operations may take." },
        apiVersion: text(
            'The version of Graph to call: `"v1.0"`, the default, or `"beta"`. A change by itself sends nothing.',
        ),
        allowUnknownKeys: {
            type: "boolean",
            description: "Takes keys that this package does not know, for a Graph that is newer. Default: `false`.",
        },
        validation: {
            $ref: `#/types/${validationType}`,
            description:
                "Has Graph try out, after each acquisition, what the service then holds. A no fails the operation with Graph's words; " +
                "the next `up` validates again, and acquires only if something changed. Default: nothing is validated.",
        },
        drift: { $ref: `#/types/${driftType}`, description: "Which looks `pulumi refresh` takes. Default: both." },
    },
    requiredInputs: ["credentials"],
    properties: {
        acquiredAt: text(
            "When Graph last accepted the credentials: an ISO 8601 instant in UTC. Moves on every acquisition.",
        ),
        credentialHashes: {
            type: "object",
            additionalProperties: { type: "string" },
            description:
                "For each credential's key `v1:` and a hash of its value, keyed with a random secret of this resource: tells that a " +
                "credential changed, and nothing of its value.",
        },
        requestId: text(
            "Graph's request id of the last acquisition, for a support case; empty where Graph named none.",
        ),
        validatedAt: text("When Graph last validated what was acquired with: an ISO 8601 instant in UTC."),
        cloud: text("The cloud in which it was acquired: its name, the metadata host, or Graph's base."),
    },
    required: ["acquiredAt", "credentialHashes", "requestId", "cloud"],
};

const getSynchronizationSecretKeys = {
    description:
        "The keys of the credentials that the provisioning service holds for a target, and which of their values Graph keeps " +
        "to itself. Never a value.",
    inputs: { type: "object", properties: target },
    outputs: {
        type: "object",
        properties: {
            keys: { type: "array", items: { type: "string" }, description: "The keys, in Graph's order." },
            secrets: {
                type: "array",
                items: { $ref: `#/types/${storedSecretType}` },
                description: "The same, each with whether its value is masked.",
            },
        },
        required: ["keys", "secrets"],
    },
};

const validateCredentials = {
    description:
        "Asks Graph to try credentials out against the application, those given or those saved: " +
        "`synchronizationJob: validateCredentials`. Acquires nothing and saves nothing.",
    inputs: {
        type: "object",
        properties: {
            ...target,
            templateId: text("The synchronization template to validate for. Exactly one of this and `jobId`."),
            jobId: text("The synchronization job to validate for."),
            credentials: {
                ...credentials,
                description: "The credentials to try. Default: those that the provisioning service holds.",
            },
            allowUnknownKeys: { type: "boolean", description: "Takes keys that this package does not know." },
        },
    },
    outputs: {
        type: "object",
        properties: {
            valid: { type: "boolean", description: "Whether the application takes them." },
            code: text("Graph's error code, where it does not."),
            message: text("Graph's words, where it does not; nothing of the credentials is in them."),
        },
        required: ["valid"],
    },
};
