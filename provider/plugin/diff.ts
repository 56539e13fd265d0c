import { isDeepStrictEqual } from "node:util";
import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { field } from "../core/json.js";
import type { Change, Plan, Properties } from "../core/lifecycle.js";
import { targetProperties } from "../core/target.js";

/** What the engine is told of a plan: down to the very credential that changed, so that the preview can name it. */
export function diffResponse(plan: Plan, oldInputs: Properties, news: Properties): DiffResponse {
    const response = new DiffResponse();
    response.setHasdetaileddiff(true);
    const details = detailsOf(plan, oldInputs, news);
    response.setChanges(
        plan.action === "none" ? DiffResponse.DiffChanges.DIFF_NONE : DiffResponse.DiffChanges.DIFF_SOME,
    );
    response.setDiffsList([...new Set(details.map(({ path }) => topLevel(path)))]);
    response.setReplacesList(plan.action === "replace" ? details.map(({ path }) => path) : []);
    for (const { path, kind, isInput } of details) {
        const detail = new PropertyDiff();
        detail.setKind(kind);
        detail.setInputdiff(isInput);
        response.getDetaileddiffMap().set(path, detail);
    }
    return response;
}

/** One place that differs: among the inputs, or among what state holds as outputs. */
interface Detail {
    readonly path: string;
    readonly kind: PropertyDiff.Kind;
    readonly isInput: boolean;
}

const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = PropertyDiff.Kind;

function detailsOf(plan: Plan, oldInputs: Properties, news: Properties): readonly Detail[] {
    switch (plan.action) {
        case "none":
            return [];
        case "update":
            return plan.changes.flatMap((change) => changed(change, oldInputs, news));
        case "replace":
            return plan.properties.includes("cloud")
                ? [...movedTarget(oldInputs, news), { path: "cloud", kind: UPDATE_REPLACE, isInput: false }]
                : movedTarget(oldInputs, news);
    }
}

function changed(change: Change, oldInputs: Properties, news: Properties): Detail[] {
    switch (change.kind) {
        case "credentials": {
            const before = pathsOf(oldInputs.credentials);
            const after = pathsOf(news.credentials);
            return change.keys.map((key) => ({
                path: after.get(key) ?? before.get(key) ?? "credentials",
                kind: !before.has(key) && after.has(key) ? ADD : before.has(key) && !after.has(key) ? DELETE : UPDATE,
                isInput: true,
            }));
        }
        case "triggers":
            return [{ path: "triggers", kind: kindOf(oldInputs.triggers, news.triggers), isInput: true }];
        case "maxAge":
            return [{ path: "acquiredAt", kind: UPDATE, isInput: false }];
        case "outcomeUnknown":
            return [{ path: "outcomeUnknownSince", kind: DELETE, isInput: false }];
        case "validation":
            return isDeepStrictEqual(oldInputs.validation, news.validation)
                ? [{ path: "validationPendingSince", kind: DELETE, isInput: false }]
                : [{ path: "validation", kind: kindOf(oldInputs.validation, news.validation), isInput: true }];
    }
}

function movedTarget(oldInputs: Properties, news: Properties): Detail[] {
    return Object.values(targetProperties)
        .filter((property) => oldInputs[property] !== news[property])
        .map((path) => {
            const kind = kindOf(oldInputs[path], news[path]);
            return {
                path,
                kind: kind === ADD ? ADD_REPLACE : kind === DELETE ? DELETE_REPLACE : UPDATE_REPLACE,
                isInput: true,
            };
        });
}

function kindOf(before: unknown, after: unknown): PropertyDiff.Kind {
    return before === undefined ? ADD : after === undefined ? DELETE : UPDATE;
}

/** Where each credential stands, in the form in which it was given. */
function pathsOf(credentials: unknown): ReadonlyMap<string, string> {
    if (Array.isArray(credentials)) {
        return new Map(
            credentials.map((item: unknown, index) => [String(field(item, "key")), `credentials[${index}].value`]),
        );
    }
    const keys = credentials !== null && typeof credentials === "object" ? Object.keys(credentials) : [];
    return new Map(
        keys.map((key) => [key, /^\w+$/.test(key) ? `credentials.${key}` : `credentials[${JSON.stringify(key)}]`]),
    );
}

function topLevel(path: string): string {
    return /^\w+/.exec(path)?.[0] ?? path;
}
