import { randomUUID } from "node:crypto";
import type { TargetKind } from "../graph/wire.js";
import { applicationDefaults, servicePrincipalDefaults } from "./directoryObjects.js";
import { isJsonObject, type JsonObject, type JsonValue } from "./messages.js";
import { type AcquiredToken, type HeldCredentials, Provisioning, type SynchronizationJob } from "./provisioning.js";
import type { SaasApplication, SaasToken } from "./saas.js";
import type { ExchangeGrant } from "./tokenExchange.js";
import { type Refusal, requireDelay, Visibility } from "./visibility.js";

/** An application or a service principal as the emulator keeps it. Everything that belongs to it goes when it goes. */
export interface DirectoryObject {
    readonly kind: TargetKind;
    /** Object id, the bare uuid. */
    readonly id: string;
    readonly appId: string;
    /** What `GET` shows besides `id` and `appId`. */
    readonly properties: JsonObject;
    /** Object ids. */
    readonly owners: ReadonlySet<string>;
    /** The synchronization secrets with their values: to be seen in process only. */
    readonly secrets: ReadonlyMap<string, string>;
}

/** How a path names its target: by object id, or by Graph's alternate key. */
export interface TargetReference {
    readonly by: "id" | "appId";
    readonly value: string;
}

/** One accepted `acquireAccessToken`. */
export interface Acquisition {
    readonly targetKind: TargetKind;
    /** Object id, also where the path named the target by its `appId`. */
    readonly targetId: string;
    readonly keys: readonly string[];
    /** Key → value as it was sent. For tests in the same process; the control API never shows it. */
    readonly values: Readonly<Record<string, string | null>>;
    /** ISO 8601, UTC. */
    readonly at: string;
    readonly requestId: string;
    readonly apiVersion: "v1.0" | "beta";
    /** How the application's token endpoint was asked. Not there where it wasn't: see `Emulator.saas`. */
    readonly exchange?: ExchangeGrant;
}

/** One `validateCredentials` that was answered with 204. */
export interface Validation {
    readonly targetKind: TargetKind;
    readonly targetId: string;
    readonly jobId?: string;
    readonly templateId?: string;
    readonly usedSavedCredentials: boolean;
    readonly at: string;
    readonly requestId: string;
}

/** The application that signs in to the emulator. */
export interface Caller {
    readonly tenantId: string;
    readonly clientId: string;
    /** Object id of its service principal: the token's `oid`. */
    readonly objectId: string;
}

/** What `@pulumi/azuread` asks its users to grant for these resources, and all that this emulator asks for. */
const defaultCallerRoles: readonly string[] = ["Application.ReadWrite.All", "Synchronization.ReadWrite.All"];

/**
 * What the directory and the provisioning service know. The caller's own application and service principal are in it
 * from the start.
 */
export class EmulatorStore {
    /**
     * The application permissions that the next token will carry.
     *
     * Graph goes by the token, so a token issued earlier keeps its roles. Default: `Application.ReadWrite.All` and
     * `Synchronization.ReadWrite.All`. With `Application.ReadWrite.OwnedBy` alone, only owned objects can be written or
     * provisioned.
     */
    callerRoles: readonly string[] = defaultCallerRoles;

    /**
     * Whether `validateCredentials` accepts the credentials, or refuses as if the target application had turned them
     * down. Default: accept.
     */
    validation: "accept" | "refuse" = "accept";

    readonly caller: Caller;

    readonly #initialVisibilityDelayMs: number;
    readonly #saas: SaasApplication;
    readonly #provisioning: Provisioning;
    readonly #visibility = new Visibility();
    #visibilityDelayMs = 0;
    readonly #objects = {
        applications: new Directory("applications"),
        servicePrincipals: new Directory("servicePrincipals"),
    };
    readonly #acquisitions: Acquisition[] = [];
    readonly #validations: Validation[] = [];
    readonly #redeemedCodes = new Set<string>();

    constructor(caller: Caller, options: { readonly saas: SaasApplication; readonly visibilityDelayMs: number }) {
        this.caller = caller;
        this.#initialVisibilityDelayMs = requireDelay(options.visibilityDelayMs);
        this.#saas = options.saas;
        this.#provisioning = new Provisioning({
            tenantId: caller.tenantId,
            isRevoked: (token) => options.saas.isRevoked(token),
        });
        this.reset();
    }

    /**
     * How long an object that is created through Graph can't be found, in milliseconds. Default: what the emulator was
     * started with; `reset()` puts it back to that.
     *
     * Meanwhile the directory answers 404, and the provisioning service in turn 404, 401, 403 and 409. The store knows
     * the object at once.
     *
     * @throws TypeError for what is no number from 0 up.
     */
    get visibilityDelayMs(): number {
        return this.#visibilityDelayMs;
    }

    set visibilityDelayMs(delayMs: number) {
        this.#visibilityDelayMs = requireDelay(delayMs);
    }

    /** By object id. */
    get applications(): ReadonlyMap<string, DirectoryObject> {
        return this.#objects.applications.byId;
    }

    /** By object id. */
    get servicePrincipals(): ReadonlyMap<string, DirectoryObject> {
        return this.#objects.servicePrincipals.byId;
    }

    /** In the order in which they were accepted. */
    get acquisitions(): readonly Acquisition[] {
        return this.#acquisitions;
    }

    get validations(): readonly Validation[] {
        return this.#validations;
    }

    /** The tokens that the emulator's SaaS application has issued, oldest first, without their values. */
    get saasTokens(): readonly SaasToken[] {
        return this.#saas.tokens;
    }

    /** As the owner of the SaaS application would: none of the tokens so far opens it any more. */
    revokeSaasTokens(): void {
        this.#saas.revokeAll();
    }

    /** What the provisioning service holds, target by target, service principals first. Never a value. */
    provisioning(): readonly HeldCredentials[] {
        return [...this.servicePrincipals.values(), ...this.applications.values()].flatMap((target) => {
            const token = this.#provisioning.token(target);
            return target.secrets.size === 0 && token === null
                ? []
                : [{ targetKind: target.kind, targetId: target.id, keys: [...target.secrets.keys()], token }];
        });
    }

    /**
     * Takes a target's credentials and its token from the provisioning service, as somebody in the portal would.
     *
     * @returns `false` where there is no such target.
     */
    clearCredentials(kind: TargetKind, targetId: string): boolean {
        const target = this.find(kind, { by: "id", value: targetId });
        if (target !== undefined) {
            this.setSecrets(target, []);
        }
        return target !== undefined;
    }

    /**
     * Lets the token that is held for a target expire now.
     *
     * @returns `false` where there is no such target, or no token.
     */
    expireToken(kind: TargetKind, targetId: string): boolean {
        const target = this.find(kind, { by: "id", value: targetId });
        return target !== undefined && this.#provisioning.expire(target);
    }

    /** The synchronization jobs of an object, oldest first. */
    jobs(object: DirectoryObject): readonly SynchronizationJob[] {
        return this.#provisioning.jobs(object);
    }

    createJob(object: DirectoryObject, templateId: string): SynchronizationJob {
        return this.#provisioning.addJob(object, templateId);
    }

    setJobState(
        object: DirectoryObject,
        job: SynchronizationJob,
        scheduleState: SynchronizationJob["scheduleState"],
    ): void {
        this.#provisioning.setJob(object, { ...job, scheduleState, stateSince: new Date().toISOString() });
    }

    removeJob(object: DirectoryObject, job: SynchronizationJob): void {
        this.#provisioning.removeJob(object, job.id);
    }

    /** The token that is held for an object. */
    heldToken(object: DirectoryObject): HeldCredentials["token"] {
        return this.#provisioning.token(object);
    }

    /** Keeps an object or a job from being found for a while. Default: for `visibilityDelayMs`. */
    delayVisibility({ id }: { readonly id: string }, delayMs: number = this.visibilityDelayMs): void {
        this.#visibility.hide(id, requireDelay(delayMs));
    }

    isVisible({ id }: { readonly id: string }): boolean {
        return !this.#visibility.isHidden(id);
    }

    /** With what the provisioning service turns away who asks for an object; the next call tells the next answer. */
    nextRefusal({ id }: DirectoryObject): Refusal | undefined {
        return this.#visibility.nextRefusal(id);
    }

    find(kind: TargetKind, reference: TargetReference): DirectoryObject | undefined {
        return this.#objects[kind].find(reference);
    }

    createApplication(
        displayName: string,
        properties: JsonObject = {},
        owners: Iterable<string> = [],
    ): DirectoryObject {
        return this.#objects.applications.add({
            id: randomUUID(),
            appId: randomUUID(),
            properties: merge({ displayName, ...applicationDefaults() }, properties),
            owners,
        });
    }

    /** `undefined` where no application has that `appId`, or where it already has its service principal. */
    createServicePrincipal(
        appId: string,
        properties: JsonObject = {},
        owners: Iterable<string> = [],
    ): DirectoryObject | undefined {
        const application = this.find("applications", { by: "appId", value: appId });
        if (application === undefined || this.find("servicePrincipals", { by: "appId", value: appId }) !== undefined) {
            return undefined;
        }
        return this.#addServicePrincipal(randomUUID(), application, properties, owners);
    }

    update(object: DirectoryObject, changes: JsonObject): void {
        this.#objects[object.kind].replace({ ...object, properties: merge(object.properties, changes) });
    }

    setOwners(object: DirectoryObject, owners: Iterable<string>): void {
        this.#objects[object.kind].replace({ ...object, owners: new Set(owners) });
    }

    /**
     * The list is replaced, not merged: `@pulumi/azuread`'s update of a `SynchronizationSecret` waits for ever
     * otherwise. An empty value is no secret. That a token goes with the last secret is a guess.
     */
    setSecrets(object: DirectoryObject, secrets: Iterable<readonly [key: string, value: string | null]>): void {
        const kept = new Map<string, string>();
        for (const [key, value] of secrets) {
            if (value !== null && value !== "") {
                kept.set(key, value);
            }
        }
        this.#objects[object.kind].replace({ ...object, secrets: kept });
        if (kept.size === 0) {
            this.#provisioning.forgetToken(object);
        }
    }

    /**
     * Graph deletes an application's service principal in the same tenant with it (documented); the other way round it
     * doesn't.
     */
    remove(object: DirectoryObject): void {
        this.#objects[object.kind].remove(object);
        this.#provisioning.remove(object);
        if (object.kind === "applications") {
            const principal = this.find("servicePrincipals", { by: "appId", value: object.appId });
            if (principal !== undefined) {
                this.#objects.servicePrincipals.remove(principal);
                this.#provisioning.remove(principal);
            }
        }
    }

    /** The token that an acquisition gave. */
    holdToken(object: DirectoryObject, token: AcquiredToken = {}): void {
        this.#provisioning.hold(object, token);
    }

    recordAcquisition(acquisition: Acquisition): void {
        this.#acquisitions.push(acquisition);
    }

    recordValidation(validation: Validation): void {
        this.#validations.push(validation);
    }

    /**
     * `false` where the authorization code has been redeemed before, with whichever target: by OAuth's rule it works
     * once.
     */
    redeem(authorizationCode: string): boolean {
        if (this.#redeemedCodes.has(authorizationCode)) {
            return false;
        }
        this.#redeemedCodes.add(authorizationCode);
        return true;
    }

    /** Back to the start: the caller, and nothing else. */
    reset(): void {
        this.callerRoles = defaultCallerRoles;
        this.validation = "accept";
        this.#visibilityDelayMs = this.#initialVisibilityDelayMs;
        this.#visibility.clear();
        this.#provisioning.clear();
        this.#saas.clear();
        this.#objects.applications.clear();
        this.#objects.servicePrincipals.clear();
        this.#acquisitions.length = 0;
        this.#validations.length = 0;
        this.#redeemedCodes.clear();

        const application = this.#objects.applications.add({
            id: randomUUID(),
            appId: this.caller.clientId,
            properties: { displayName: "The caller of the emulator", ...applicationDefaults() },
            owners: [],
        });
        this.#addServicePrincipal(this.caller.objectId, application, {}, []);
    }

    #addServicePrincipal(
        id: string,
        application: DirectoryObject,
        properties: JsonObject,
        owners: Iterable<string>,
    ): DirectoryObject {
        const defaults = servicePrincipalDefaults({
            appId: application.appId,
            displayName: String(application.properties.displayName),
            tenantId: this.caller.tenantId,
        });
        return this.#objects.servicePrincipals.add({
            id,
            appId: application.appId,
            properties: merge(defaults, properties),
            owners,
        });
    }
}

/** The objects of one kind, by both of their keys. Ids are compared without regard to case, as Graph does. */
class Directory {
    readonly byId = new Map<string, DirectoryObject>();
    readonly #idByAppId = new Map<string, string>();
    readonly #kind: TargetKind;

    constructor(kind: TargetKind) {
        this.#kind = kind;
    }

    add(object: Pick<DirectoryObject, "id" | "appId" | "properties"> & { owners: Iterable<string> }): DirectoryObject {
        const added = {
            ...object,
            kind: this.#kind,
            owners: new Set(object.owners),
            secrets: new Map<string, string>(),
        };
        this.byId.set(added.id, added);
        this.#idByAppId.set(added.appId.toLowerCase(), added.id);
        return added;
    }

    find(reference: TargetReference): DirectoryObject | undefined {
        const value = reference.value.toLowerCase();
        const id = reference.by === "id" ? value : this.#idByAppId.get(value);
        return id === undefined ? undefined : this.byId.get(id);
    }

    replace(object: DirectoryObject): void {
        this.byId.set(object.id, object);
    }

    remove(object: DirectoryObject): void {
        this.byId.delete(object.id);
        this.#idByAppId.delete(object.appId.toLowerCase());
    }

    clear(): void {
        this.byId.clear();
        this.#idByAppId.clear();
    }
}

/**
 * OData's PATCH: complex values are merged, everything else is replaced. Builds new objects, so that no `__proto__` is
 * ever assigned.
 */
function merge(base: JsonObject, changes: JsonObject): JsonObject {
    const merged = new Map<string, JsonValue>(Object.entries(base));
    for (const [name, value] of Object.entries(changes)) {
        const before = merged.get(name);
        merged.set(name, isJsonObject(before) && isJsonObject(value) ? merge(before, value) : value);
    }
    return Object.fromEntries(merged);
}
