import { isDeepStrictEqual } from "node:util";
import { oneTimeKey } from "./keys.js";
import { type Change, courseOf, type Plan } from "./plan.js";
import { type Properties, readHashes, readKeys, textOf } from "./state.js";
import { isUnknown } from "./unknown.js";

/**
 * A plan in a sentence or two, for whoever reviews a preview: what will be sent, why, and what will not. `undefined` where
 * there is nothing to say.
 */
export function describePlan(plan: Plan, olds: Readonly<Properties>, news: Readonly<Properties>): string | undefined {
    switch (plan.action) {
        case "none":
            return undefined;
        case "replace":
            return (
                `acquires a token for another target or in another cloud (${plan.properties.join(", ")}). The service keeps the ` +
                "token of the old one: revoke it at the application, or delete the target, if it is to go."
            );
        case "update":
            return describeUpdate(plan.changes, olds, news);
    }
}

/**
 * The same for inputs that differ and have nothing sent: `undefined` where they are the same, or where more than that
 * differs.
 */
export function describeUnsent(oldInputs: Readonly<Properties>, news: Readonly<Properties>): string | undefined {
    const names = Object.keys({ ...oldInputs, ...news }).filter(
        (name) => !isDeepStrictEqual(oldInputs[name], news[name]),
    );
    const what = names.map((name) => sentNothing.get(name));
    return names.length === 0 || what.includes(undefined)
        ? undefined
        : `sends nothing: only ${[...new Set(what)].join(", ")} changed.`;
}

/** The inputs of which the service holds nothing, in the words of a reviewer. */
const sentNothing: ReadonlyMap<string, string> = new Map([
    ["credentials", "the order or the form of the credentials"],
    ["servicePrincipalId", "the way the target is written"],
    ["applicationId", "the way the target is written"],
    ...["timeouts", "maxAge", "apiVersion", "allowUnknownKeys", "drift", "validation"].map(
        (name) => [name, name] as const,
    ),
]);

function describeUpdate(changes: readonly Change[], olds: Readonly<Properties>, news: Readonly<Properties>): string {
    const keys = Object.keys(readHashes(news.credentialHashes));
    const why = changes.flatMap((change) => reasons(change, olds, news)).join("; ");
    switch (courseOf(changes, olds, keys.includes(oneTimeKey))) {
        case "validate":
            return `validates, and acquires nothing: ${why}.`;
        case "look":
            return `sends nothing: ${why}, and an ${oneTimeKey} works once. It only looks what Graph shows.`;
        case "spent":
            return `is going to fail before anything is sent: ${why}, but the ${oneTimeKey} is spent. Give a new one.`;
        case "acquire": {
            const all = keys.length === 0 ? "" : ` Graph takes them as a whole: ${describeCount(keys.length)} sent.`;
            return `acquires again: ${why}.${all}`;
        }
    }
}

function reasons(change: Change, olds: Readonly<Properties>, news: Readonly<Properties>): string[] {
    switch (change.kind) {
        case "credentials": {
            const { keys, added, removed } = change;
            const lost = added.filter((key) => readKeys(olds.keysNotShown).includes(key));
            return [
                ...list(
                    keys.filter((key) => !added.includes(key) && !removed.includes(key)),
                    "changed",
                ),
                ...list(
                    added.filter((key) => !lost.includes(key)),
                    "added",
                ),
                ...list(removed, "removed"),
                ...list(lost, "not shown by Graph any more"),
            ];
        }
        case "triggers":
            return ["triggers changed"];
        case "maxAge":
            return isUnknown(news.maxAge)
                ? ["maxAge is not known yet"]
                : [`older than ${textOf(news.maxAge, "maxAge")} (acquired ${acquiredAt(olds)})`];
        case "outcomeUnknown":
            return [`the answer to the acquisition of ${textOf(olds.outcomeUnknownSince, "an unknown time")} was lost`];
        case "validation":
            return [olds.validationPendingSince === undefined ? "validation changed" : "the last validation failed"];
    }
}

/** An import, and an acquisition whose answer was lost, leave an empty one. */
function acquiredAt(olds: Readonly<Properties>): string {
    return textOf(olds.acquiredAt, "") || "at an unknown time";
}

function list(keys: readonly string[], what: string): string[] {
    return keys.length === 0 ? [] : [`${keys.join(", ")} ${what}`];
}

function describeCount(count: number): string {
    return count === 1 ? "1 credential is" : `all ${count} credentials are`;
}
