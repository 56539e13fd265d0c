import type { TargetKind } from "../../graph/wire.js";
import { badRequest, GraphRefusal, resourceNotFound } from "../graphErrors.js";
import {
    findTarget,
    type GraphCall,
    type GraphOptions,
    graphRoute,
    odataAnswer,
    readJson,
    targetKinds,
} from "../graphRoutes.js";
import { type Answer, emptyAnswer, type JsonObject, type JsonValue } from "../messages.js";
import {
    ownsWhatItCreates,
    requireDirectoryCreate,
    requireDirectoryRead,
    requireDirectoryWrite,
} from "../permissions.js";
import type { Route } from "../routing.js";
import type { DirectoryObject } from "../store.js";

/**
 * Applications, service principals and their owners: what the real `@pulumi/azuread` was recorded to ask for.
 *
 * Looser than Graph in one thing: properties aren't held against a schema, whatever is sent is kept and shown. Stricter
 * in one: of `$filter` only `appId eq '…'` and `displayName eq '…'` are known, anything else is refused instead of
 * answered wrongly.
 */
export function directoryRoutes(options: GraphOptions): readonly Route[] {
    return targetKinds.flatMap((kind) => {
        const create = kind === "applications" ? createApplication : createServicePrincipal;
        return [
            ...graphRoute(options, "POST", `/${kind}`, (call) => create(call, options)),
            ...graphRoute(options, "GET", `/${kind}`, (call) => list(kind, call, options)),
            ...graphRoute(options, "GET", `/${kind}/{target}`, (call) => show(kind, call, options)),
            ...graphRoute(options, "PATCH", `/${kind}/{target}`, (call) => update(kind, call, options)),
            ...graphRoute(options, "DELETE", `/${kind}/{target}`, (call) => remove(kind, call, options)),
            ...graphRoute(options, "GET", `/${kind}/{target}/owners`, (call) => listOwners(kind, call, options)),
            ...graphRoute(options, "POST", `/${kind}/{target}/owners/$ref`, (call) => addOwner(kind, call, options)),
            ...graphRoute(options, "DELETE", `/${kind}/{target}/owners/{owner}/$ref`, (call) =>
                removeOwner(kind, call, options),
            ),
        ];
    });
}

function createApplication(call: GraphCall, options: GraphOptions): Answer {
    requireDirectoryCreate(call.caller);
    const body = readJson(call.request);
    if (typeof body.displayName !== "string" || body.displayName === "") {
        throw badRequest("A value is required for property 'displayName' of resource 'Application'.");
    }
    const created = options.store.createApplication(body.displayName, writableProperties(body), ownersOf(body, call));
    return created201(created, call);
}

function createServicePrincipal(call: GraphCall, options: GraphOptions): Answer {
    requireDirectoryCreate(call.caller);
    const body = readJson(call.request);
    if (typeof body.appId !== "string" || body.appId === "") {
        throw badRequest("A value is required for property 'appId' of resource 'ServicePrincipal'.");
    }
    const application = options.store.find("applications", { by: "appId", value: body.appId });
    if (application === undefined) {
        throw badRequest(
            `The appId '${body.appId}' of the service principal does not reference a valid application object.`,
        );
    }
    requireDirectoryWrite(call.caller, application, options.store);
    const created = options.store.createServicePrincipal(body.appId, writableProperties(body), ownersOf(body, call));
    if (created === undefined) {
        throw new GraphRefusal(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            `The service principal cannot be created, updated, or restored because the service principal name ${body.appId} is already in use.`,
        );
    }
    return created201(created, call);
}

function list(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    requireDirectoryRead(call.caller);
    const filter = call.query.get("$filter");
    let found: readonly DirectoryObject[];
    if (filter === null) {
        found = [...store[kind].values()];
    } else {
        const [, property, quoted] = /^\s*(appId|displayName) eq '((?:[^']|'')*)'\s*$/.exec(filter) ?? [];
        if (property === undefined || quoted === undefined) {
            throw new GraphRefusal(
                400,
                "Request_UnsupportedQuery",
                "The emulator knows the filters appId eq '…' and displayName eq '…' only.",
            );
        }
        const value = quoted.replaceAll("''", "'");
        found =
            property === "appId"
                ? [store.find(kind, { by: "appId", value })].filter((object) => object !== undefined)
                : [...store[kind].values()].filter((object) => object.properties.displayName === value);
    }
    const context = `${call.site.origin}/${call.apiVersion}/$metadata#${kind}`;
    return odataAnswer(200, {
        "@odata.context": context,
        value: found.map((object) => selected(representation(object), call)),
    });
}

function show(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    requireDirectoryRead(call.caller);
    const object = findTarget(store, kind, call);
    const select = call.query.get("$select");
    const context = `${call.site.origin}/${call.apiVersion}/$metadata#${kind}${select === null ? "" : `(${select})`}/$entity`;
    return odataAnswer(200, { "@odata.context": context, ...selected(representation(object), call) });
}

function update(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const object = writableTarget(kind, call, store);
    const body = readJson(call.request);
    for (const name of ["id", "appId"] as const) {
        if (body[name] !== undefined && body[name] !== object[name]) {
            throw badRequest(`Property '${name}' is read-only and cannot be set.`);
        }
    }
    store.update(object, writableProperties(body));
    return emptyAnswer(204);
}

/** Graph keeps what is deleted for 30 days; nothing that is emulated asks for it, so here it is gone. */
function remove(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    store.remove(writableTarget(kind, call, store));
    return emptyAnswer(204);
}

/**
 * An owner that is no service principal of the store counts as a user: the emulator keeps no users, and takes any id
 * for one.
 */
function listOwners(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    requireDirectoryRead(call.caller);
    const owners = [...findTarget(store, kind, call).owners].map((id): JsonObject => {
        const principal = store.find("servicePrincipals", { by: "id", value: id });
        return principal === undefined
            ? { "@odata.type": "#microsoft.graph.user", id }
            : { "@odata.type": "#microsoft.graph.servicePrincipal", ...representation(principal) };
    });
    return odataAnswer(200, {
        "@odata.context": `${call.site.origin}/${call.apiVersion}/$metadata#directoryObjects`,
        value: owners.map((owner) => selected(owner, call)),
    });
}

function addOwner(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const object = writableTarget(kind, call, store);
    const owner = referencedId(readJson(call.request)["@odata.id"]);
    if (object.owners.has(owner)) {
        throw badRequest(
            "One or more added object references already exist for the following modified properties: 'owners'.",
        );
    }
    store.setOwners(object, [...object.owners, owner]);
    return emptyAnswer(204);
}

function removeOwner(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const object = writableTarget(kind, call, store);
    const owner = (call.parameters.owner ?? "").toLowerCase();
    if (!object.owners.has(owner)) {
        throw resourceNotFound(owner);
    }
    store.setOwners(
        object,
        [...object.owners].filter((id) => id !== owner),
    );
    return emptyAnswer(204);
}

function writableTarget(kind: TargetKind, call: GraphCall, store: GraphOptions["store"]): DirectoryObject {
    requireDirectoryCreate(call.caller);
    const object = findTarget(store, kind, call);
    requireDirectoryWrite(call.caller, object, store);
    return object;
}

function created201(object: DirectoryObject, call: GraphCall): Answer {
    const context = `${call.site.origin}/${call.apiVersion}/$metadata#${object.kind}/$entity`;
    return odataAnswer(201, { "@odata.context": context, ...representation(object) });
}

function representation(object: DirectoryObject): JsonObject {
    return { id: object.id, appId: object.appId, ...object.properties };
}

function selected(representation: JsonObject, call: GraphCall): JsonObject {
    const names = call.query.get("$select")?.split(",");
    if (names === undefined) {
        return representation;
    }
    return Object.fromEntries(Object.entries(representation).filter(([name]) => names.includes(name.trim())));
}

/** Annotations are instructions, not properties; the ids are Graph's to give. */
function writableProperties(body: JsonObject): JsonObject {
    return Object.fromEntries(
        Object.entries(body).filter(([name]) => !name.includes("@odata.") && name !== "id" && name !== "appId"),
    );
}

function ownersOf(body: JsonObject, call: GraphCall): readonly string[] {
    const bound = body["owners@odata.bind"] ?? [];
    if (!Array.isArray(bound)) {
        throw badRequest("The value of 'owners@odata.bind' must be a list of references.");
    }
    const owners = bound.map(referencedId);
    return ownsWhatItCreates(call.caller) ? [...owners, call.caller.objectId] : owners;
}

/** `https://…/directoryObjects/<id>`, of whichever collection and version. */
function referencedId(reference: JsonValue | undefined): string {
    const id = typeof reference === "string" ? /([0-9a-f-]{36})(?:'\))?$/i.exec(reference)?.[1] : undefined;
    if (id === undefined) {
        throw badRequest("Invalid URL format specified for the reference: expected …/directoryObjects/{id}.");
    }
    return id.toLowerCase();
}
