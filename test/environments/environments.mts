import type { Emulator } from "../../provider/emulator/index.ts";
import type { MethodKind } from "../../provider/identity/methods.ts";
import { createPair, ellipticPem, type Pair, packByOpenssl, packPkcs12, pemOf } from "../identity/certificates.ts";

/**
 * The environments in which people run Pulumi, and how each signs in: the one source of the tests, of the table that
 * they print and of the one in docs/signing-in.md.
 */
export interface Environment {
    /** As people call it. */
    readonly name: string;
    /** Every variable that counts, with its value: as it is, or as the machine makes it. */
    readonly variables?: Readonly<Record<string, Value>>;
    /** The stack's configuration. */
    readonly configuration?: Readonly<Record<string, Value>>;
    /** Who is signed in to the Azure CLI: the token that `az` answers with. Without it there is no `az`. */
    readonly az?: (machine: Machine) => Promise<string>;
    /** Variables that only lead the test to its own metadata service or its own proxy; the documentation leaves them out. */
    readonly scenery?: Readonly<Record<string, Value>>;
    /** Without a metadata host: a cloud of Microsoft's. */
    readonly isNational?: boolean;
    /** What is registered in Entra. */
    readonly given?: (machine: Machine) => void;
    /** The method that is chosen; nothing where the configuration is refused before. */
    readonly method?: MethodKind;
    /** The token is got and the acquisition accepted, or the error that there is instead. Nothing is sent to Graph then. */
    readonly refused?: {
        readonly code: string;
        /** As Pulumi's check says it, before anything else is done. */
        readonly inCheck?: boolean;
        readonly words: readonly string[];
    };
    /** Why the environment can't be made on this machine. */
    readonly impossible?: () => string | undefined;
    /** What is warned of. */
    readonly warns?: RegExp;
    /** What the documentation says of it beside the error. */
    readonly remark?: string;
}

export type Value = string | ((machine: Machine) => string | Promise<string>);

/** What the rows are made of. */
export interface Machine {
    readonly emulator: Emulator;
    readonly proxyUrl: string;
    /** Writes a file and says where. */
    file(content: string | Buffer): string;
}

const tenant = { ARM_TENANT_ID: ({ emulator }: Machine) => emulator.tenantId };
const application = { ...tenant, ARM_CLIENT_ID: ({ emulator }: Machine) => emulator.clientId };
const secret = { ARM_CLIENT_SECRET: ({ emulator }: Machine) => emulator.clientSecret };

/** Somebody else's identity: Entra trusts it, and its token is issued. */
const trust =
    (issuer: string, subject: string) =>
    ({ emulator }: Machine) =>
        emulator.registerFederatedCredential({ issuer, subject });
const token =
    (issuer: string, subject: string, expiresInSeconds = 600) =>
    ({ emulator }: Machine) =>
        emulator.issueIdentityToken({ issuer, subject, expiresInSeconds });
const tokenFile =
    (issuer: string, subject: string) =>
    async ({ emulator, file }: Machine) =>
        file(`${await emulator.issueIdentityToken({ issuer, subject })}\n`);

const esc = ["https://api.pulumi.com/oidc", "pulumi:environments:org:acme:env:infrastructure/production"] as const;
const cluster = ["https://oidc.cluster.example", "system:serviceaccount:default:pulumi"] as const;
const gitLab = ["https://gitlab.com", "project_path:acme/infrastructure:ref_type:branch:ref:main"] as const;
const aks = ["https://eastus.oic.prod-aks.azure.com/acme", "system:serviceaccount:pulumi:pulumi"] as const;

const gitHubJob = {
    ACTIONS_ID_TOKEN_REQUEST_URL: ({ emulator }: Machine) => emulator.oidc.github.requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: ({ emulator }: Machine) => emulator.oidc.github.requestToken,
};
const trustGitHub = ({ emulator }: Machine) => emulator.registerFederatedCredential(emulator.oidc.github);
const azureDevOpsStep = {
    SYSTEM_OIDCREQUESTURI: ({ emulator }: Machine) => emulator.oidc.azureDevOps.requestUrl,
    SYSTEM_ACCESSTOKEN: ({ emulator }: Machine) => emulator.oidc.azureDevOps.requestToken,
};
const trustAzureDevOps = ({ emulator }: Machine) => emulator.registerFederatedCredential(emulator.oidc.azureDevOps);
const connection = ({ emulator }: Machine) => emulator.oidc.azureDevOps.serviceConnectionId;
const applicationInAz = ({ emulator }: Machine) => emulator.issueToken();

/** A virtual machine's metadata service has one address everywhere; the test's own has another. */
const metadataService = { AZURE_POD_IDENTITY_AUTHORITY_HOST: ({ emulator }: Machine) => emulator.imdsUrl ?? "" };
const behindProxy = {
    HTTPS_PROXY: ({ proxyUrl }: Machine) => proxyUrl,
    HTTP_PROXY: ({ proxyUrl }: Machine) => proxyUrl,
};

let pair: Pair | undefined;
const certificate = () => {
    pair ??= createPair("pulumi");
    return pair;
};
const packed = (password: string | null, algorithm?: "3des" | "aes256") =>
    packPkcs12({ key: certificate().key, certificates: [certificate().certificate] }, password, algorithm);
const uploaded = ({ emulator }: Machine) => emulator.registerCertificate(pemOf(certificate()));
const password = "sentinel password, with a blank at its end ";

let userAssigned = "";

/** The environments that work. */
export const working: readonly Environment[] = [
    {
        name: "Pulumi ESC, OIDC",
        variables: { ARM_USE_OIDC: "true", ...application, ARM_OIDC_TOKEN: token(...esc) },
        given: trust(...esc),
        method: "oidcToken",
    },
    { name: "Pulumi ESC, static secret", variables: { ...application, ...secret }, method: "clientSecret" },
    {
        name: "Pulumi ESC, pulumiConfig",
        configuration: {
            "azuread:tenantId": tenant.ARM_TENANT_ID,
            "azuread:clientId": application.ARM_CLIENT_ID,
            "azuread:clientSecret": secret.ARM_CLIENT_SECRET,
        },
        method: "clientSecret",
    },
    {
        name: "entrasync: over azuread: over the environment",
        variables: { ...application, ARM_CLIENT_SECRET: "sentinel of the environment" },
        configuration: {
            "entrasync:clientSecret": secret.ARM_CLIENT_SECRET,
            "azuread:clientSecret": "sentinel of azuread",
        },
        method: "clientSecret",
    },
    {
        name: "Secret and client id in files",
        variables: {
            ...tenant,
            ARM_CLIENT_ID_FILE_PATH: ({ emulator, file }) => file(`${emulator.clientId}\n`),
            ARM_CLIENT_SECRET_FILE_PATH: ({ emulator, file }) => file(`${emulator.clientSecret}\n`),
        },
        method: "clientSecret",
    },
    {
        name: "GitHub Actions, OIDC",
        variables: { ARM_USE_OIDC: "true", ...application, ...gitHubJob },
        given: trustGitHub,
        method: "github",
    },
    {
        name: "GitHub Actions, azure/login",
        variables: { ...tenant, ...gitHubJob },
        az: applicationInAz,
        method: "azureCli",
    },
    {
        name: "Azure DevOps, federated (azuread's variable)",
        variables: {
            ARM_USE_OIDC: "true",
            ...application,
            ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID: connection,
            ...azureDevOpsStep,
        },
        given: trustAzureDevOps,
        method: "azureDevOps",
    },
    {
        name: "Azure DevOps, federated (azurerm's variable)",
        variables: {
            ARM_USE_OIDC: "true",
            ...application,
            ARM_OIDC_AZURE_SERVICE_CONNECTION_ID: connection,
            ...azureDevOpsStep,
        },
        given: trustAzureDevOps,
        method: "azureDevOps",
    },
    { name: "Azure DevOps, AzureCLI@2", variables: azureDevOpsStep, az: applicationInAz, method: "azureCli" },
    {
        name: "Kubernetes, projected token",
        variables: { ARM_USE_OIDC: "true", ...application, ARM_OIDC_TOKEN_FILE_PATH: tokenFile(...cluster) },
        given: trust(...cluster),
        method: "oidcToken",
    },
    {
        name: "GitLab, id_tokens in a file",
        variables: { ARM_USE_OIDC: "true", ...application, ARM_OIDC_TOKEN_FILE_PATH: tokenFile(...gitLab) },
        given: trust(...gitLab),
        method: "oidcToken",
    },
    {
        name: "AKS, workload identity",
        variables: {
            ARM_USE_AKS_WORKLOAD_IDENTITY: "true",
            AZURE_TENANT_ID: tenant.ARM_TENANT_ID,
            AZURE_CLIENT_ID: application.ARM_CLIENT_ID,
            AZURE_FEDERATED_TOKEN_FILE: tokenFile(...aks),
        },
        // AKS puts it there as well; the configured cloud decides all the same.
        scenery: { AZURE_AUTHORITY_HOST: "https://login.elsewhere.example/" },
        given: trust(...aks),
        method: "oidcToken",
    },
    {
        name: "Virtual machine, its own identity, behind a proxy",
        variables: { ARM_USE_MSI: "true" },
        scenery: { ...metadataService, ...behindProxy },
        method: "managedIdentity",
    },
    {
        name: "Virtual machine, a user-assigned identity",
        variables: { ARM_USE_MSI: "true", ARM_CLIENT_ID: () => userAssigned },
        scenery: metadataService,
        given: ({ emulator }) => {
            userAssigned = emulator.registerManagedIdentity().clientId;
        },
        method: "managedIdentity",
    },
    {
        name: "AKS, the machine's identity in spite of the pod's",
        variables: {
            ARM_USE_MSI: "true",
            AZURE_TENANT_ID: tenant.ARM_TENANT_ID,
            AZURE_CLIENT_ID: application.ARM_CLIENT_ID,
            AZURE_FEDERATED_TOKEN_FILE: tokenFile(...aks),
        },
        scenery: { ...metadataService, AZURE_AUTHORITY_HOST: "https://login.elsewhere.example/" },
        given: trust(...aks),
        method: "managedIdentity",
        warns: /^AZURE_FEDERATED_TOKEN_FILE has no effect without useAksWorkloadIdentity/,
        remark: "with a warning",
    },
    {
        name: "Managed identity at an endpoint of one's own",
        variables: { ARM_USE_MSI: "true", ARM_MSI_ENDPOINT: ({ emulator }) => emulator.msiEndpoint },
        method: "managedIdentity",
    },
    {
        name: "Certificate, inline, without a password",
        variables: { ...application, ARM_CLIENT_CERTIFICATE: () => packed(null).toString("base64") },
        given: uploaded,
        method: "clientCertificate",
    },
    {
        name: "Certificate, by its path, with a password",
        variables: {
            ...application,
            ARM_CLIENT_CERTIFICATE_PATH: ({ file }) => file(packed(password)),
            ARM_CLIENT_CERTIFICATE_PASSWORD: password,
        },
        given: uploaded,
        method: "clientCertificate",
    },
    {
        name: "Certificate, of an older Windows",
        variables: {
            ...application,
            ARM_CLIENT_CERTIFICATE: () => packed(password, "3des").toString("base64"),
            ARM_CLIENT_CERTIFICATE_PASSWORD: password,
        },
        given: uploaded,
        method: "clientCertificate",
    },
    {
        name: "ARM_USE_OIDC=1",
        variables: { ARM_USE_OIDC: "1", ...application, ARM_OIDC_TOKEN: token(...esc) },
        given: trust(...esc),
        method: "oidcToken",
    },
    {
        name: "Empty variables beside OIDC",
        variables: {
            ARM_USE_OIDC: "true",
            ...application,
            ...gitHubJob,
            ARM_CLIENT_SECRET: "",
            ARM_CLIENT_CERTIFICATE: "",
            ARM_OIDC_TOKEN: "",
            ARM_USE_MSI: "",
        },
        given: trustGitHub,
        method: "github",
        remark: "an empty variable is not set",
    },
    {
        name: "A leftover secret beside OIDC",
        variables: { ARM_USE_OIDC: "true", ...application, ...gitHubJob, ...secret },
        given: trustGitHub,
        method: "clientSecret",
        warns: /^ARM_USE_OIDC has no effect: ARM_CLIENT_SECRET is set/,
        remark: "the secret wins, with a warning",
    },
];

/** The environments that don't, each with the error that people get. */
export const failing: readonly Environment[] = [
    {
        name: "A secret that differs from its file",
        variables: { ...application, ...secret, ARM_CLIENT_SECRET_FILE_PATH: ({ file }) => file("sentinel of a file") },
        refused: {
            code: "INVALID_CONFIGURATION",
            words: ["ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH", "differ"],
        },
        remark: "give one of the two",
    },
    {
        name: "ARM_USE_OIDC=yes",
        variables: { ARM_USE_OIDC: "yes", ...application, ARM_OIDC_TOKEN: token(...esc) },
        given: trust(...esc),
        refused: { code: "INVALID_CONFIGURATION", words: ['ARM_USE_OIDC is "yes": give true or false'] },
        remark: "only what Go takes for a boolean",
    },
    {
        name: "An unknown environment",
        variables: { ...application, ...secret, ARM_ENVIRONMENT: "german" },
        isNational: true,
        method: "clientSecret",
        refused: {
            code: "INVALID_CONFIGURATION",
            inCheck: true,
            words: ['is "german"', "usgovernmentl4", "metadataHost", "graphEndpoint"],
        },
        remark: "the clouds that there are, and what to do for any other",
    },
    {
        name: "ARM_USE_CLI=false and nothing else",
        variables: { ARM_USE_CLI: "false" },
        refused: {
            code: "INVALID_CONFIGURATION",
            words: [
                "no way to sign in",
                "ARM_CLIENT_CERTIFICATE",
                "ARM_CLIENT_SECRET",
                "ARM_USE_OIDC",
                "ARM_USE_MSI",
                "ARM_USE_CLI",
            ],
        },
        remark: "everything that was looked for",
    },
    {
        name: "Nothing at all, and no az",
        method: "azureCli",
        refused: { code: "AUTHENTICATION_FAILED", words: ["Azure CLI could not be found", "az login"] },
        remark: "install and sign in, or configure another method",
    },
    {
        name: "A certificate with an EC key",
        variables: {
            ...application,
            ARM_CLIENT_CERTIFICATE: () => packByOpenssl(ellipticPem() ?? "", "")?.toString("base64") ?? "",
        },
        impossible: () => (ellipticPem() === undefined ? "this machine has no openssl" : undefined),
        method: "clientCertificate",
        refused: { code: "INVALID_CONFIGURATION", words: ["ARM_CLIENT_CERTIFICATE", "not an RSA key"] },
        remark: "Microsoft's sign-in libraries take RSA only",
    },
    {
        name: "A wrong certificate password",
        variables: {
            ...application,
            ARM_CLIENT_CERTIFICATE: () => packed(password).toString("base64"),
            ARM_CLIENT_CERTIFICATE_PASSWORD: "sentinel of another",
        },
        given: uploaded,
        method: "clientCertificate",
        refused: {
            code: "INVALID_CONFIGURATION",
            words: ["the password does not open", "ARM_CLIENT_CERTIFICATE_PASSWORD"],
        },
        remark: "the password is not trimmed",
    },
    {
        name: "A wrong secret",
        variables: { ...application, ARM_CLIENT_SECRET: "sentinel of nobody" },
        method: "clientSecret",
        refused: { code: "AUTHENTICATION_FAILED", words: ["AADSTS7000215", "the client secret is wrong"] },
        remark: "the secret's value, not its id",
    },
    {
        name: "An expired identity token",
        variables: { ARM_USE_OIDC: "true", ...application, ARM_OIDC_TOKEN: token(...esc, -60) },
        given: trust(...esc),
        method: "oidcToken",
        refused: { code: "AUTHENTICATION_FAILED", words: ["AADSTS700024", "outside its time"] },
        remark: "a new token for the job",
    },
    {
        name: "An identity token of another subject",
        variables: { ARM_USE_OIDC: "true", ...application, ARM_OIDC_TOKEN: token(esc[0], "somebody else") },
        given: trust(...esc),
        method: "oidcToken",
        refused: { code: "AUTHENTICATION_FAILED", words: ["AADSTS700213", "subject"] },
        remark: "compare branch, environment or service account",
    },
    {
        name: "A GitHub job that may not ask for identity tokens",
        variables: {
            ARM_USE_OIDC: "true",
            ...application,
            ...gitHubJob,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: "sentinel of no job",
        },
        given: trustGitHub,
        method: "github",
        refused: { code: "AUTHENTICATION_FAILED", words: ["GitHub issued no identity token", "id-token: write"] },
        remark: "permissions: id-token: write",
    },
    {
        name: "Azure DevOps without a connection id",
        variables: { ARM_USE_OIDC: "true", ...application, ...azureDevOpsStep },
        given: trustAzureDevOps,
        method: "github",
        warns: /^SYSTEM_OIDCREQUESTURI is Azure DevOps's/,
        refused: { code: "AUTHENTICATION_FAILED", words: ["issued no identity token"] },
        remark: "goes GitHub's way, with a warning",
    },
    {
        name: "An unknown tenant",
        variables: { ...application, ARM_TENANT_ID: "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", ...secret },
        method: "clientSecret",
        refused: { code: "AUTHENTICATION_FAILED", words: ["no such tenant"] },
        remark: "tenantId, and the tenant's cloud",
    },
    {
        name: "An unknown application",
        variables: { ...application, ARM_CLIENT_ID: "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", ...secret },
        method: "clientSecret",
        refused: { code: "AUTHENTICATION_FAILED", words: ["AADSTS700016", "no such application in this tenant"] },
        remark: "clientId, and its service principal in this tenant",
    },
];
