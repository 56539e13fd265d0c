import type { TargetKind } from "../graph/wire.js";
import {
    directoryNotAllowed,
    GraphRefusal,
    notReplicated,
    resourceNotFound,
    synchronizationNotAllowed,
} from "./graphErrors.js";
import { type Answer, type EmulatorRequest, isJsonObject, type JsonObject, jsonAnswer } from "./messages.js";
import { requireSynchronization, requireSynchronizationRole } from "./permissions.js";
import type { Route, RouteCall } from "./routing.js";
import type { DirectoryObject, EmulatorStore, TargetReference } from "./store.js";
import type { TokenAuthority, TokenClaims } from "./tokens.js";

/** What all of Graph's routes have in common: both versions, the token, JSON, and targets by id or by alternate key. */
export interface GraphCall extends RouteCall {
    readonly apiVersion: "v1.0" | "beta";
    readonly caller: TokenClaims;
}

export interface GraphOptions {
    readonly store: EmulatorStore;
    readonly tokens: TokenAuthority;
}

const apiVersions = ["v1.0", "beta"] as const;
export const targetKinds: readonly TargetKind[] = ["servicePrincipals", "applications"];

/** One route under `/v1.0` and `/beta`. `path` is what follows the version. */
export function graphRoute(
    options: GraphOptions,
    method: string,
    path: string,
    handle: (call: GraphCall) => Answer | Promise<Answer>,
): readonly Route[] {
    return apiVersions.map((apiVersion) => ({
        method,
        pattern: `/${apiVersion}${path}`,
        handle: async (call: RouteCall) => {
            const caller = await options.tokens.check(call.request.headers.authorization, call.site);
            return handle({ ...call, apiVersion, caller });
        },
    }));
}

export function isGraphPath(path: string): boolean {
    return apiVersions.some((version) => path.startsWith(`/${version}/`));
}

/**
 * Makes a segment of its own of an alternate key: `/v1.0/applications(appId='…')/owners` becomes
 * `/v1.0/applications/(appId='…')/owners`.
 */
export function splitAlternateKey(path: string): string {
    return path.replace(/^(\/[^/]+\/(?:servicePrincipals|applications))(?=\(|%28)/i, "$1/");
}

/** @throws GraphRefusal 404 where nothing that the directory shows answers to the path's `{target}`. */
export function findTarget(store: EmulatorStore, kind: TargetKind, call: RouteCall): DirectoryObject {
    const found = findExisting(store, kind, call);
    if (!store.isVisible(found)) {
        throw resourceNotFound(targetReference(call.parameters.target ?? "").value);
    }
    return found;
}

/**
 * The target of a call of the provisioning service, which finds a new object late, and says so in turn in each way that
 * has been seen. The order of the checks is a guess: the roles first, then whether the target is there, then whose it is,
 * and the body last.
 *
 * @throws GraphRefusal 401, 403, 404 or 409.
 */
export function provisionedTarget(kind: TargetKind, call: GraphCall, store: EmulatorStore): DirectoryObject {
    requireSynchronizationRole(call.caller);
    const found = findExisting(store, kind, call);
    switch (store.nextRefusal(found)) {
        case undefined:
            requireSynchronization(call.caller, found, store);
            return found;
        case 404:
            throw resourceNotFound(targetReference(call.parameters.target ?? "").value);
        case 401:
            throw synchronizationNotAllowed();
        case 403:
            throw directoryNotAllowed();
        case 409:
            throw notReplicated();
    }
}

function findExisting(store: EmulatorStore, kind: TargetKind, call: RouteCall): DirectoryObject {
    const reference = targetReference(call.parameters.target ?? "");
    const found = store.find(kind, reference);
    if (found === undefined) {
        throw resourceNotFound(reference.value);
    }
    return found;
}

function targetReference(segment: string): TargetReference {
    const [, appId, value] = /^\((appId=)?'([^']*)'\)$/.exec(segment) ?? [];
    return { by: appId === undefined ? "id" : "appId", value: value ?? segment };
}

/** @throws GraphRefusal 415 (its code is a guess) or 400 in Graph's words, which quote nothing of the body. */
export function readJson(request: EmulatorRequest): JsonObject {
    if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
        throw new GraphRefusal(415, "Request_BadRequest", "The content type of the request must be application/json.");
    }
    let body: unknown;
    try {
        body = JSON.parse(request.body);
    } catch {
        body = undefined;
    }
    if (!isJsonObject(body)) {
        throw new GraphRefusal(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        );
    }
    return body;
}

/** OData's media type, as Graph sends it. */
export function odataAnswer(status: number, body: unknown): Answer {
    return jsonAnswer(status, body, {
        "content-type":
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
        "odata-version": "4.0",
    });
}
