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
 * in one: of `$filter` only `… eq '…'` is known, of `appId`, `displayName` and `applicationTemplateId`, several joined by
 * `and`; anything else is refused instead of answered wrongly.
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
    options.store.delayVisibility(created);
    return created201(created, call);
}

function createServicePrincipal(call: GraphCall, options: GraphOptions): Answer {
    requireDirectoryCreate(call.caller);
    const body = readJson(call.request);
    if (typeof body.appId !== "string" || body.appId === "") {
        throw badRequest("A value is required for property 'appId' of resource 'ServicePrincipal'.");
    }
    const application = options.store.find("applications", { by: "appId", value: body.appId });
    if (application === undefined || !options.store.isVisible(application)) {
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
    options.store.delayVisibility(created);
    return created201(created, call);
}

function list(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    requireDirectoryRead(call.caller);
    const visible = [...store[kind].values()].filter((object) => store.isVisible(object));
    const found = filtered(visible, call, ["appId", "displayName", "applicationTemplateId"], (object, property) =>
        property === "appId" ? object.appId : object.properties[property],
    );
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

export function representation(object: DirectoryObject): JsonObject {
    return { id: object.id, appId: object.appId, ...object.properties };
}

/**
 * The objects that `$filter` lets through. An `appId` is compared without regard to case, as the alternate key is.
 *
 * @throws GraphRefusal 400 for a filter that the emulator doesn't know.
 */
export function filtered<T>(
    objects: readonly T[],
    call: GraphCall,
    properties: readonly string[],
    read: (object: T, property: string) => JsonValue | undefined,
): readonly T[] {
    const filter = call.query.get("$filter");
    if (filter === null) {
        return objects;
    }
    const term = /\s*(\w+) eq '((?:[^']|'')*)'\s*/y;
    const conditions: { readonly property: string; readonly value: string }[] = [];
    for (let at = 0; at < filter.length || conditions.length === 0; ) {
        term.lastIndex = at;
        const [matched = "", property = "", quoted = ""] = term.exec(filter) ?? [];
        const end = at + matched.length;
        const isLast = end === filter.length;
        if (!properties.includes(property) || !(isLast || filter.startsWith("and ", end))) {
            const known = properties.map((name) => `${name} eq '…'`).join(", ");
            throw new GraphRefusal(
                400,
                "Request_UnsupportedQuery",
                `The emulator knows these filters only, alone or joined by 'and': ${known}.`,
            );
        }
        conditions.push({ property, value: quoted.replaceAll("''", "'") });
        at = isLast ? end : end + "and ".length;
    }
    return objects.filter((object) =>
        conditions.every(({ property, value }) => {
            const actual = read(object, property);
            return property === "appId" && typeof actual === "string"
                ? actual.toLowerCase() === value.toLowerCase()
                : actual === value;
        }),
    );
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
