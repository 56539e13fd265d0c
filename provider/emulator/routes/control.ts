import type { TargetKind } from "../../graph/wire.js";
import { type FaultList, parseFault } from "../faults.js";
import { targetKinds } from "../graphRoutes.js";
import { type Answer, emptyAnswer, isJsonObject, type JsonObject, jsonAnswer } from "../messages.js";
import type { RequestCounts, RequestLog } from "../requestLog.js";
import type { Route, RouteCall } from "../routing.js";
import type { SeededObject, SeedOptions } from "../seeds.js";
import type { EmulatorStore } from "../store.js";

const controlPrefix = "/_emulator/";
/** What others play: the emulator serves it beside its control API because it has to be somewhere. */
const playedPrefixes = ["oidc/", "metadata/"].map((name) => `${controlPrefix}${name}`);

/** Whether a path is the control API's own. */
export function isControlPath(path: string): boolean {
    return path.startsWith(controlPrefix) && !playedPrefixes.some((prefix) => path.startsWith(prefix));
}

export interface ControlOptions {
    readonly store: EmulatorStore;
    readonly faults: FaultList;
    readonly log: RequestLog;
    counts(): RequestCounts;
    createApplication(displayName: string, seed: SeedOptions): SeededObject;
    createServicePrincipal(appIdOrName: string, seed: SeedOptions): SeededObject;
    reset(): void;
}

/**
 * The emulator's own API, for tests in other processes and in other languages. No token is asked for: it listens on the
 * loopback only, and nothing that it shows or takes is a credential's value. Its requests are neither logged nor
 * counted, and meet no fault.
 */
export function controlRoutes(options: ControlOptions): readonly Route[] {
    const route = (method: string, name: string, handle: (call: RouteCall) => Answer): Route => ({
        method,
        pattern: `${controlPrefix}${name}`,
        handle,
    });
    return [
        route("GET", "faults", () => jsonAnswer(200, { value: options.faults.list() })),
        route("POST", "faults", (call) => addFaults(call, options)),
        route("DELETE", "faults", () => {
            options.faults.clear();
            return emptyAnswer(204);
        }),
        route("GET", "requests", () => jsonAnswer(200, { value: options.log.entries })),
        route("GET", "acquisitions", () => jsonAnswer(200, { value: acquisitions(options.store) })),
        route("GET", "provisioning", () => jsonAnswer(200, { value: options.store.provisioning() })),
        route("POST", "provisioning/clear", (call) =>
            change(call, (kind, id) => options.store.clearCredentials(kind, id), "There is no such target."),
        ),
        route("POST", "provisioning/expire", (call) =>
            change(call, (kind, id) => options.store.expireToken(kind, id), "No token is held for that target."),
        ),
        route("GET", "visibility", () => jsonAnswer(200, { visibilityDelayMs: options.store.visibilityDelayMs })),
        route("PUT", "visibility", (call) => setVisibility(call, options.store)),
        route("POST", "saas/revoke", () => {
            options.store.revokeSaasTokens();
            return emptyAnswer(204);
        }),
        route("GET", "counts", () => jsonAnswer(200, options.counts())),
        route("POST", "reset", () => {
            options.reset();
            return emptyAnswer(204);
        }),
        route("POST", "applications", (call) => seed(call, ["displayName"], options.createApplication)),
        route("POST", "servicePrincipals", (call) =>
            seed(call, ["appId", "displayName"], options.createServicePrincipal),
        ),
    ];
}

/** Member by member, so that what is added to an acquisition later doesn't show here by itself. */
function acquisitions(store: EmulatorStore): readonly JsonObject[] {
    return store.acquisitions.map(({ targetKind, targetId, keys, at, requestId, apiVersion, exchange }) => ({
        targetKind,
        targetId,
        keys,
        at,
        requestId,
        apiVersion,
        ...(exchange === undefined ? {} : { exchange }),
    }));
}

/** One fault, or a list of them of which all are added or none. */
function addFaults(call: RouteCall, { faults }: ControlOptions): Answer {
    const body = readBody(call);
    const asked: readonly unknown[] = Array.isArray(body) ? body : [body];
    const parsed = asked.map(parseFault);
    const problems = parsed.flatMap((result, index) =>
        result.kind === "problems"
            ? result.problems.map((problem) => (Array.isArray(body) ? `[${index}]: ${problem}` : problem))
            : [],
    );
    if (problems.length > 0) {
        return controlError(400, `Not a fault: ${problems.join("; ")}`);
    }
    for (const result of parsed) {
        if (result.kind === "fault") {
            faults.add(result.fault);
        }
    }
    return emptyAnswer(204);
}

/** Something done to the target that the body names. */
function change(call: RouteCall, apply: (kind: TargetKind, id: string) => boolean, otherwise: string): Answer {
    const body = readBody(call);
    const { targetKind, targetId } = isJsonObject(body) ? body : {};
    const kind = targetKinds.find((known) => known === targetKind);
    if (kind === undefined || typeof targetId !== "string") {
        return controlError(
            400,
            `The body must be a JSON object with targetKind (${targetKinds.join(" or ")}) and targetId, an object id.`,
        );
    }
    return apply(kind, targetId) ? emptyAnswer(204) : controlError(404, otherwise);
}

function setVisibility(call: RouteCall, store: EmulatorStore): Answer {
    const body = readBody(call);
    const { visibilityDelayMs } = isJsonObject(body) ? body : {};
    if (typeof visibilityDelayMs !== "number" || !(visibilityDelayMs >= 0)) {
        return controlError(400, "The body must be a JSON object with visibilityDelayMs, a number from 0 up.");
    }
    store.visibilityDelayMs = visibilityDelayMs;
    return emptyAnswer(204);
}

/** Beside the name, `visibilityDelayMs` may say how long Graph doesn't find it. */
function seed(
    call: RouteCall,
    names: readonly string[],
    create: (name: string, seed: SeedOptions) => SeededObject,
): Answer {
    const body = readBody(call);
    const given = isJsonObject(body) ? names.map((name) => body[name]).filter((value) => value !== undefined) : [];
    const [name] = given;
    if (given.length !== 1 || typeof name !== "string" || name === "") {
        return controlError(400, `The body must be a JSON object with ${names.join(" or ")}, a string.`);
    }
    const visibilityDelayMs = isJsonObject(body) ? (body.visibilityDelayMs ?? 0) : 0;
    if (typeof visibilityDelayMs !== "number") {
        return controlError(400, "visibilityDelayMs must be a number from 0 up.");
    }
    try {
        return jsonAnswer(201, create(name, { visibilityDelayMs }));
    } catch (error) {
        return controlError(400, error instanceof Error ? error.message : "It can't be created.");
    }
}

function readBody(call: RouteCall): unknown {
    try {
        return JSON.parse(call.request.body);
    } catch {
        return undefined;
    }
}

function controlError(status: number, error: string): Answer {
    return jsonAnswer(status, { error });
}
