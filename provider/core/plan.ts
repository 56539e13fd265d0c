import { validInputs } from "./check.js";
import { systemClock } from "./clock.js";
import type { Inputs } from "./inputs.js";
import { canonical } from "./json.js";
import { oneTimeKey } from "./keys.js";
import { type Properties, readHashes } from "./state.js";
import { formatResourceId, targetProperties } from "./target.js";
import { holdsUnknown, isUnknown } from "./unknown.js";
import type { Surroundings } from "./world.js";

/** Why something is to be sent again. */
export type Change =
    | {
          readonly kind: "credentials";
          /** All of them, those that come and go included. */
          readonly keys: readonly string[];
          readonly added: readonly string[];
          readonly removed: readonly string[];
      }
    | { readonly kind: "triggers" }
    | { readonly kind: "maxAge" }
    /** With a one-time code nothing is sent for this one: the operation only looks, and says again what is to be done. */
    | { readonly kind: "outcomeUnknown" }
    /** For this one alone nothing is acquired: what was, is validated. */
    | { readonly kind: "validation" };

/** What the engine is to do, and why. */
export type Plan =
    | { readonly action: "none" }
    | { readonly action: "update"; readonly changes: readonly Change[] }
    | { readonly action: "replace"; readonly properties: readonly string[] };

/**
 * What has to be done to get from what state holds to what the program says. No network, no clock but for `maxAge`.
 *
 * A new `apiVersion`, new `timeouts`, another order or form of the credentials: nothing that the service would hold
 * differently, so nothing to send. Whatever is unknown in a preview counts as changed.
 */
export function diff(
    id: string,
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Pick<Surroundings, "clock">,
): Plan {
    const inputs = validInputs(news);
    const properties = [...movedTarget(id, inputs.target, news), ...(movedCloud(olds, news) ? ["cloud"] : [])];
    if (properties.length > 0) {
        return { action: "replace", properties };
    }
    const changes: Change[] = [];
    const credentials = changedCredentials(olds.credentialHashes, news.credentialHashes);
    if (credentials !== undefined) {
        changes.push(credentials);
    }
    if (holdsUnknown(inputs.triggers) || canonical(olds.triggers) !== canonical(inputs.triggers)) {
        changes.push({ kind: "triggers" });
    }
    if (inputs.maxAgeMs !== undefined && isOlder(olds.acquiredAt, inputs.maxAgeMs, surroundings)) {
        changes.push({ kind: "maxAge" });
    }
    if (olds.outcomeUnknownSince !== undefined) {
        changes.push({ kind: "outcomeUnknown" });
    }
    if (
        inputs.validation !== undefined &&
        (olds.validationPendingSince !== undefined || canonical(olds.validation) !== canonical(news.validation))
    ) {
        changes.push({ kind: "validation" });
    }
    return changes.length > 0 ? { action: "update", changes } : { action: "none" };
}

/** What an update comes to. */
export type Course =
    | "acquire"
    /** What was acquired is validated, and nothing is acquired. */
    | "validate"
    /** Nothing is sent, for a one-time code's answer was lost: Graph is only asked what it shows. */
    | "look"
    /** The code that was accepted would have to be sent again: it fails before anything is sent. */
    | "spent";

/** The one place that knows what a one-time code holds back; `hasCode` is whether one is among the credentials now. */
export function courseOf(changes: readonly Change[], olds: Readonly<Properties>, hasCode: boolean): Course {
    if (!acquires(changes)) {
        return "validate";
    }
    if (!hasCode || changesKey(changes, oneTimeKey)) {
        return "acquire";
    }
    if (olds.outcomeUnknownSince === undefined) {
        return "spent";
    }
    return changes.every(({ kind }) => kind === "outcomeUnknown" || kind === "validation") ? "look" : "acquire";
}

/** Whether it is about more than a validation. */
export function acquires(changes: readonly Change[]): boolean {
    return changes.some(({ kind }) => kind !== "validation");
}

function changesKey(changes: readonly Change[], key: string): boolean {
    return changes.some((change) => change.kind === "credentials" && change.keys.includes(key));
}

function changedCredentials(olds: unknown, news: unknown): Change | undefined {
    const before = readHashes(olds);
    if (isUnknown(news)) {
        return { kind: "credentials", keys: ["every key"], added: [], removed: [] };
    }
    const after = readHashes(news);
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .filter((key) => before[key] !== after[key])
        .sort();
    const added = keys.filter((key) => before[key] === undefined);
    const removed = keys.filter((key) => after[key] === undefined);
    return keys.length > 0 ? { kind: "credentials", keys, added, removed } : undefined;
}

function movedTarget(id: string, target: Inputs["target"], news: Readonly<Properties>): string[] {
    if (!isUnknown(target) && formatResourceId(target) === id) {
        return [];
    }
    return Object.values(targetProperties).filter((property) => news[property] !== undefined);
}

/** State without a cloud can't tell, and a guess would replace what is right. */
function movedCloud(olds: Readonly<Properties>, news: Readonly<Properties>): boolean {
    return olds.cloud !== undefined && olds.cloud !== news.cloud;
}

function isOlder(acquiredAt: unknown, maxAgeMs: number | string, surroundings: Pick<Surroundings, "clock">): boolean {
    const acquired = typeof acquiredAt === "string" ? Date.parse(acquiredAt) : Number.NaN;
    const { clock = systemClock } = surroundings;
    return typeof maxAgeMs !== "number" || !(clock.now().getTime() - acquired <= maxAgeMs);
}
