import { randomBytes, randomUUID } from "node:crypto";
import { createApp } from "./app.js";
import { writeCaCertificate } from "./caCertificateFile.js";
import { createServerCertificate } from "./certificates.js";
import { type Fault, FaultList } from "./faults.js";
import { type RequestCounts, RequestLog, type RequestLogEntry } from "./requestLog.js";
import { controlRoutes } from "./routes/control.js";
import { directoryRoutes } from "./routes/directory.js";
import { entraRoutes, issuerOf } from "./routes/entra.js";
import { metadataRoutes } from "./routes/metadata.js";
import { synchronizationRoutes } from "./routes/synchronization.js";
import { type SeededObject, seedApplication, seedServicePrincipal } from "./seeds.js";
import { EmulatorStartError, openSocket } from "./socket.js";
import { EmulatorStore } from "./store.js";
import { createSigningKey, createTokenAuthority } from "./tokens.js";

export type { Fault, FaultEffect, RespondEffect } from "./faults.js";
export type { JsonObject, JsonValue } from "./messages.js";
export type { RequestCounts, RequestLogEntry } from "./requestLog.js";
export type { SeededObject } from "./seeds.js";
export { EmulatorStartError } from "./socket.js";
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
    /** Default: a fresh random uuid. */
    readonly tenantId?: string;
    /** Default: a fresh random uuid. */
    readonly clientId?: string;
    /** Default: a fresh random one. There is no secret that every emulator accepts. */
    readonly clientSecret?: string;
    /** How long an access token is good for, in seconds. Default: 3600. */
    readonly tokenLifetimeSeconds?: number;
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
    createApplication(displayName: string): SeededObject;
    /**
     * Puts a service principal in the directory, owned by the caller: that of the application with this `appId`, or,
     * given a name, that of a new application.
     */
    createServicePrincipal(appIdOrName: string): SeededObject;
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
     * Back to a fresh start: directory, secrets, acquisitions, faults, requests, counts. Connections that hang by a
     * fault are ended. Tokens that were issued stay good, and the caller keeps its ids, so a client may go on with the
     * token it has.
     */
    reset(): void;
    close(): Promise<void>;
}

/**
 * Starts a local Microsoft Entra and Microsoft Graph over TLS, for tests and for trying things out.
 *
 * Nothing leaves the machine, and nothing of it can be reached from another one.
 *
 * @throws EmulatorStartError for a port that is in use or invalid, and for any host but the loopback.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
    const lifetimeSeconds = atLeast(options.tokenLifetimeSeconds ?? 3600, 1, "tokenLifetimeSeconds");
    const latencyMs = atLeast(options.latencyMs ?? 0, 0, "latencyMs");
    const tenantId = notEmpty(options.tenantId ?? randomUUID(), "tenantId");
    const clientId = notEmpty(options.clientId ?? randomUUID(), "clientId");
    const clientSecret = notEmpty(options.clientSecret ?? randomBytes(30).toString("base64url"), "clientSecret");

    const [certificate, signingKey] = await Promise.all([createServerCertificate(), createSigningKey()]);
    const store = new EmulatorStore({ tenantId, clientId, objectId: randomUUID() });
    const faults = new FaultList();
    const log = new RequestLog(options.onRequest);
    const closing = new AbortController();
    const counts = () => log.counts(store.acquisitions.length);
    const createApplication = (displayName: string) => seedApplication(store, displayName);
    const createServicePrincipal = (appIdOrName: string) => seedServicePrincipal(store, appIdOrName);
    const reset = () => {
        store.reset();
        faults.clear();
        log.clear();
        socket.dropHanging();
    };

    const socket = await openSocket({
        host: options.host ?? "127.0.0.1",
        port: options.port ?? 0,
        certificate,
        createHandler: (port) => {
            const url = `https://localhost:${port}`;
            const tokens = createTokenAuthority(signingKey, { url, issuer: issuerOf(url, tenantId), lifetimeSeconds });
            const graph = { url, store, tokens };
            return createApp({
                url,
                routes: [
                    ...entraRoutes({ ...graph, clientSecret }),
                    ...metadataRoutes(url),
                    ...directoryRoutes(graph),
                    ...synchronizationRoutes(graph),
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
                faults,
                log,
                latencyMs,
                closing: closing.signal,
            });
        },
    });

    const host = `localhost:${socket.port}`;
    const caFile = writeCaCertificate(certificate.ca);
    let closed: Promise<void> | undefined;
    return {
        url: `https://${host}`,
        host,
        tenantId,
        clientId,
        clientSecret,
        caCertificate: certificate.ca,
        caCertificatePath: caFile.path,
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
        faults: { add: (fault) => faults.add(fault), clear: () => faults.clear() },
        counts,
        reset,
        close() {
            closed ??= (() => {
                closing.abort();
                caFile.remove();
                return socket.close();
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
