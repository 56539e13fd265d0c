import { randomBytes, randomUUID } from "node:crypto";
import { type AccessTokenOptions, accessTokenContents } from "./accessTokenOptions.js";
import { createApp } from "./app.js";
import { writeCaCertificate } from "./caCertificateFile.js";
import { createServerCertificate } from "./certificates.js";
import { createSites, requireHostNames } from "./clouds.js";
import { ContinuousAccess } from "./continuousAccess.js";
import { type Fault, FaultList } from "./faults.js";
import {
    type AzureDevOpsOidc,
    createIdentityProvider,
    type GitHubOidc,
    type IdentityTokenOptions,
} from "./identityProvider.js";
import { ManagedIdentities, type ManagedIdentity } from "./managedIdentities.js";
import type { JsonObject } from "./messages.js";
import type { HeldCredentials } from "./provisioning.js";
import { type FederatedCredential, RegisteredCredentials } from "./registeredCredentials.js";
import { type RequestCounts, RequestLog, type RequestLogEntry } from "./requestLog.js";
import { applicationTemplateRoutes } from "./routes/applicationTemplates.js";
import { controlRoutes } from "./routes/control.js";
import { directoryRoutes } from "./routes/directory.js";
import { entraRoutes } from "./routes/entra.js";
import { instanceMetadataRoutes } from "./routes/instanceMetadata.js";
import { metadataRoutes } from "./routes/metadata.js";
import { oidcRoutes } from "./routes/oidc.js";
import { saasPaths, saasRoutes } from "./routes/saas.js";
import { synchronizationRoutes } from "./routes/synchronization.js";
import { type Saas, SaasApplication, type SaasOptions } from "./saas.js";
import { type SeededObject, type SeedOptions, seedApplication, seedServicePrincipal } from "./seeds.js";
import { openSocket } from "./socket.js";
import { EmulatorStartError } from "./startError.js";
import { EmulatorStore } from "./store.js";
import { Throttle } from "./throttle.js";
import { createTokenExchange } from "./tokenExchange.js";
import { createSigningKey, createTokenAuthority } from "./tokens.js";

export type { AccessTokenOptions } from "./accessTokenOptions.js";
export { microsoftHostNames } from "./clouds.js";
export type { Fault, FaultEffect, RespondEffect } from "./faults.js";
export type { AzureDevOpsOidc, GitHubOidc, IdentityTokenOptions } from "./identityProvider.js";
export type { ManagedIdentity } from "./managedIdentities.js";
export type { JsonObject, JsonValue } from "./messages.js";
export type { HeldCredentials, HeldToken, SynchronizationJob } from "./provisioning.js";
export type { FederatedCredential } from "./registeredCredentials.js";
export type { RequestCounts, RequestLogEntry } from "./requestLog.js";
export type { Saas, SaasOptions, SaasToken } from "./saas.js";
export type { SeededObject, SeedOptions } from "./seeds.js";
export { EmulatorStartError } from "./startError.js";
export type { Acquisition, Caller, DirectoryObject, EmulatorStore, TargetReference, Validation } from "./store.js";

export interface EmulatorOptions {
    /** Where to listen: `127.0.0.1`, the default, and nothing else. There to be refused: see `EmulatorStartError`. */
    readonly host?: string;
    /** The port to listen on. Default: 0, any free one. */
    readonly port?: number;
    /** Called with each request once its answer is settled; not for those of the control API. It must not throw. */
    readonly onRequest?: (entry: RequestLogEntry) => void;
    /** Milliseconds that every answer of Graph takes longer. Default: 0. */
    readonly latencyMs?: number;
    /** Milliseconds that every answer of Entra to a request for a token takes longer. Default: 0. */
    readonly tokenLatencyMs?: number;
    /**
     * How many requests Graph lets through in a second, whoever asks: the rest is answered with 429 and `Retry-After`.
     * Whoever was idle has a second's worth at once. Default: all of them.
     */
    readonly throttle?: { readonly perSecond: number };
    /** Default: a fresh random uuid. */
    readonly tenantId?: string;
    /** Default: a fresh random uuid. */
    readonly clientId?: string;
    /** Default: a fresh random one. There is no secret that every emulator accepts. */
    readonly clientSecret?: string;
    /** How long an access token is good for, in seconds. Default: 3600. */
    readonly tokenLifetimeSeconds?: number;
    /**
     * Hosts that the emulator answers for besides `localhost`, for clients whose requests a proxy or a resolver brings
     * here. One of `microsoftHostNames` is served as its cloud is: its authority or its Graph alone, with that cloud's
     * addresses and audiences. Any other host is one more name of this emulator's own cloud. Default: none.
     */
    readonly hostNames?: readonly string[];
    /**
     * How long an object that is created through Graph can't be found yet, in milliseconds, as Graph's objects can't be.
     * Default: 0. See `EmulatorStore.visibilityDelayMs`, which sets it later; seeded objects have one of their own.
     */
    readonly visibilityDelayMs?: number;
    /** How the SaaS application behaves that is served beside Graph: see `Emulator.saas`. */
    readonly saas?: SaasOptions;
    /** Whether to play a machine's metadata service as well, on plain HTTP: see `imdsUrl`. Default: no. */
    readonly imds?: boolean;
}

/** A running emulator. */
export interface Emulator {
    /** `https://localhost:PORT`: the authority, and the base of Graph. Without a slash at its end. */
    readonly url: string;
    /** `localhost:PORT`, as `azuread:metadataHost` wants it. */
    readonly host: string;
    readonly tenantId: string;
    readonly clientId: string;
    /** The only secret with which a token is issued. A throwaway of this start, unless it was given. */
    readonly clientSecret: string;
    /** The authority that signed the server's certificate, made at this start, its key forgotten: PEM. */
    readonly caCertificate: string;
    /**
     * A file with `caCertificate`, readable by its owner only, in a folder of its own; removed by `close()` and when
     * the process exits.
     */
    readonly caCertificatePath: string;
    /**
     * `http://127.0.0.1:PORT` of the metadata service, where it was asked for: what
     * `AZURE_POD_IDENTITY_AUTHORITY_HOST` wants. It serves `/metadata/identity/oauth2/token` and nothing else.
     */
    readonly imdsUrl?: string;
    /** The metadata service's token endpoint over TLS, with or without `imds`: what `azuread:msiEndpoint` wants. */
    readonly msiEndpoint: string;
    /** What a pipeline's job is given to ask for an identity token. Nothing trusts them until it is registered. */
    readonly oidc: { readonly github: GitHubOidc; readonly azureDevOps: AzureDevOpsOidc };
    /**
     * An application to provision users with, on the emulator's own host: a consent page, a token endpoint, a bit of
     * SCIM. `acquireAccessToken` with these addresses and ids asks its token endpoint for real, and passes on a refusal;
     * credentials for any other host are recorded as they come.
     */
    readonly saas: Saas;
    /** The identity of the machine that asks the metadata service without a client id. */
    readonly systemAssignedIdentity: ManagedIdentity;
    /**
     * What leads `@pulumi/azuread` and this package here: `ARM_METADATA_HOSTNAME`, `ARM_TENANT_ID`, `ARM_CLIENT_ID`,
     * `ARM_CLIENT_SECRET`, `ARM_USE_CLI`, and the authority for Node's programs (`NODE_EXTRA_CA_CERTS`) and for Go's
     * (`SSL_CERT_FILE`).
     *
     * The former adds an authority, read when a process starts; the latter takes the place of the system's bundle. Both
     * are for child processes.
     */
    readonly environment: Readonly<Record<string, string>>;
    /** What the directory and the provisioning service know, with the credentials' values: in this process only. */
    readonly store: EmulatorStore;
    /**
     * The requests so far, oldest first, at least the last 10,000 of them; grows as they come. Names only, never a
     * value.
     */
    readonly requests: readonly RequestLogEntry[];
    /** Puts an application in the directory, owned by the caller. */
    createApplication(displayName: string, options?: SeedOptions): SeededObject;
    /**
     * Puts a service principal in the directory, owned by the caller: that of the application with this `appId`, or,
     * given a name, that of a new application.
     */
    createServicePrincipal(appIdOrName: string, options?: SeedOptions): SeededObject;
    /** What the provisioning service holds now, target by target: keys, and how old the token is. Never a value. */
    provisioning(): readonly HeldCredentials[];
    /**
     * Lets the caller sign in with this certificate (PEM, RSA), until `reset()`.
     *
     * @throws TypeError where it is none.
     */
    registerCertificate(pem: string): void;
    /** Lets the caller sign in with this issuer's tokens about this subject, until `reset()`. */
    registerFederatedCredential(credential: FederatedCredential): void;
    /** Gives the machine one more identity, which the metadata service is asked for by its client id, until `reset()`. */
    registerManagedIdentity(identity?: { readonly clientId?: string }): ManagedIdentity;
    /** A workload's token of any issuer, as a pipeline or a cluster would have it. */
    issueIdentityToken(options: IdentityTokenOptions): Promise<string>;
    /** A token for Graph, as this Entra would issue it to the caller or, with `scopes`, to a user of the Azure CLI. */
    issueToken(options?: AccessTokenOptions): Promise<string>;
    /**
     * Revokes the tokens issued so far: Graph answers each with a claims challenge, if its client declared that it can
     * handle one (`cp1`); any other stays good until it expires, as documented. A token issued from now on is good;
     * Entra refuses `claims` that demand anything else than what was challenged, by default
     * `{"access_token":{"nbf":{"essential":true,"value":"<now, in seconds>"}}}`.
     */
    revokeTokens(options?: { readonly claims?: JsonObject }): void;
    readonly faults: {
        /**
         * Faults added one after the other are met one after the other.
         *
         * @throws TypeError saying everything that is wrong with it.
         */
        add(fault: Fault): void;
        clear(): void;
    };
    counts(): RequestCounts;
    /**
     * Back to a fresh start: directory, secrets, jobs, acquisitions, faults, requests, counts, certificates, federated
     * credentials, managed identities, revocations, the delay of visibility, and the codes and tokens of the SaaS
     * application. Connections that hang by a fault are ended. Tokens that were issued for Graph stay good, and the
     * caller and the SaaS application keep their ids and secrets, so a client may go on with the token it has.
     */
    reset(): void;
    close(): Promise<void>;
}

/**
 * Starts a local Microsoft Entra and Microsoft Graph over TLS, for tests and for trying things out.
 *
 * Nothing leaves the machine, and nothing of it can be reached from another one.
 *
 * @throws EmulatorStartError for a port that is in use or invalid, for any host but the loopback, and for options that
 *     make no sense.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
    const lifetimeSeconds = atLeast(options.tokenLifetimeSeconds ?? 3600, 1, "tokenLifetimeSeconds");
    const latencyMs = atLeast(options.latencyMs ?? 0, 0, "latencyMs");
    const tokenLatencyMs = atLeast(options.tokenLatencyMs ?? 0, 0, "tokenLatencyMs");
    const tenantId = notEmpty(options.tenantId ?? randomUUID(), "tenantId");
    const clientId = notEmpty(options.clientId ?? randomUUID(), "clientId");
    const clientSecret = notEmpty(options.clientSecret ?? randomBytes(30).toString("base64url"), "clientSecret");
    const throttle =
        options.throttle === undefined
            ? undefined
            : new Throttle(atLeast(options.throttle.perSecond, 0.001, "throttle.perSecond"));
    const visibilityDelayMs = atLeast(options.visibilityDelayMs ?? 0, 0, "visibilityDelayMs");
    const saasApplication = new SaasApplication(options.saas);
    const hostNames = options.hostNames ?? [];
    requireHostNames(hostNames);

    const [certificate, signingKey] = await Promise.all([createServerCertificate(hostNames), createSigningKey()]);
    const caller = { tenantId, clientId, objectId: randomUUID() };
    const store = new EmulatorStore(caller, { saas: saasApplication, visibilityDelayMs });
    const credentials = new RegisteredCredentials();
    const identities = new ManagedIdentities();
    const continuousAccess = new ContinuousAccess();
    const tokens = createTokenAuthority(signingKey, { tenantId, continuousAccess });
    const faults = new FaultList();
    const log = new RequestLog(options.onRequest);
    const closing = new AbortController();
    const counts = () =>
        log.counts({
            acquisitions: store.acquisitions.length,
            claimsChallenges: continuousAccess.challenges,
            claimsAnswered: continuousAccess.answered,
        });
    const createApplication = (displayName: string, seed?: SeedOptions) => seedApplication(store, displayName, seed);
    const createServicePrincipal = (appIdOrName: string, seed?: SeedOptions) =>
        seedServicePrincipal(store, appIdOrName, seed);
    const reset = () => {
        store.reset();
        credentials.clear();
        identities.clear();
        continuousAccess.reset();
        faults.clear();
        log.clear();
        for (const { dropHanging } of sockets) {
            dropHanging();
        }
    };

    let connectionCount = 0;
    const nextConnection = () => {
        connectionCount += 1;
        return connectionCount;
    };
    const listenHost = options.host ?? "127.0.0.1";
    const socket = await openSocket({ host: listenHost, port: options.port ?? 0, certificate, nextConnection });
    const plainSocket =
        options.imds === true ? await openSocket({ host: listenHost, port: 0, nextConnection }) : undefined;
    const sockets = [socket, ...(plainSocket === undefined ? [] : [plainSocket])];

    const sites = createSites(socket.port, hostNames);
    const identityProvider = createIdentityProvider(sites.own.origin);
    const graph = { store, tokens };
    const entra = { ...graph, clientSecret, continuousAccess, lifetimeSeconds };
    const assertions = { credentials, identityProvider, clientId, tenantId };
    const machine = { ...graph, sites, identities, lifetimeSeconds };
    const exchange = createTokenExchange({ port: socket.port, ca: certificate.ca, closing: closing.signal });
    const common = { sites, faults, log, latencyMs, tokenLatencyMs, throttle, closing: closing.signal };
    socket.serve(
        createApp({
            ...common,
            routes: [
                ...entraRoutes({ ...entra, assertions }),
                ...metadataRoutes(),
                ...oidcRoutes(identityProvider),
                ...instanceMetadataRoutes("/_emulator", machine),
                ...directoryRoutes(graph),
                ...applicationTemplateRoutes(graph),
                ...synchronizationRoutes({ ...graph, exchange }),
                ...saasRoutes(saasApplication),
            ],
            controlRoutes: controlRoutes({
                store,
                faults,
                log,
                counts,
                createApplication,
                createServicePrincipal,
                reset,
            }),
        }),
    );
    if (plainSocket !== undefined) {
        const site = { ...sites.own, host: `127.0.0.1:${plainSocket.port}` };
        const routes = instanceMetadataRoutes("", machine);
        plainSocket.serve(createApp({ ...common, sites: { ...sites, find: () => site }, routes, controlRoutes: [] }));
    }

    const { host, origin: url } = sites.own;
    const caFile = writeCaCertificate(certificate.ca);
    let closed: Promise<void> | undefined;
    return {
        url,
        host,
        tenantId,
        clientId,
        clientSecret,
        caCertificate: certificate.ca,
        caCertificatePath: caFile.path,
        ...(plainSocket === undefined ? {} : { imdsUrl: `http://127.0.0.1:${plainSocket.port}` }),
        msiEndpoint: `${url}/_emulator/metadata/identity/oauth2/token`,
        oidc: { github: identityProvider.github, azureDevOps: identityProvider.azureDevOps },
        saas: {
            clientId: saasApplication.clientId,
            clientSecret: saasApplication.clientSecret,
            authorizationUri: `${url}${saasPaths.authorize}`,
            tokenExchangeUri: `${url}${saasPaths.token}`,
            baseAddress: `${url}${saasPaths.scim}`,
            scopes: saasApplication.scopes,
        },
        systemAssignedIdentity: identities.systemAssigned,
        environment: {
            ARM_METADATA_HOSTNAME: host,
            ARM_TENANT_ID: tenantId,
            ARM_CLIENT_ID: clientId,
            ARM_CLIENT_SECRET: clientSecret,
            ARM_USE_CLI: "false",
            NODE_EXTRA_CA_CERTS: caFile.path,
            SSL_CERT_FILE: caFile.path,
        },
        store,
        requests: log.entries,
        createApplication,
        createServicePrincipal,
        provisioning: () => store.provisioning(),
        registerCertificate: (pem) => credentials.addCertificate(pem),
        registerFederatedCredential: (credential) => credentials.addFederated(credential),
        registerManagedIdentity: ({ clientId: id = randomUUID() } = {}) => identities.add(id),
        issueIdentityToken: (about) => identityProvider.issue(about),
        issueToken: async (about = {}) => tokens.issue(accessTokenContents(about, { store, sites, lifetimeSeconds })),
        revokeTokens: ({ claims } = {}) => continuousAccess.revoke(claims),
        faults: { add: (fault) => faults.add(fault), clear: () => faults.clear() },
        counts,
        reset,
        close() {
            closed ??= (() => {
                closing.abort();
                caFile.remove();
                return Promise.all(sockets.map((open) => open.close())).then(() => {});
            })();
            return closed;
        },
    };
}

function atLeast(value: number, least: number, name: string): number {
    if (!Number.isFinite(value) || value < least) {
        throw new EmulatorStartError("InvalidOption", `${name} must be a number from ${least} up.`);
    }
    return value;
}

function notEmpty(value: string, name: string): string {
    if (value === "") {
        throw new EmulatorStartError("InvalidOption", `${name} must not be empty; leave it out for a random one.`);
    }
    return value;
}
