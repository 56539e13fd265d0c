import { durationExamples, parseDurationMs } from "./duration.js";
import { withoutHashKey } from "./hashKey.js";
import { isSynchronizationSecretKey, oneTimeKey, synchronizationSecretKeys } from "./keys.js";
import { nearest } from "./nearest.js";
import { parseTarget, type Target, type TargetKind, targetProperties } from "./target.js";
import { isUnknown, type Unknown, unknownValue } from "./unknown.js";

/** The versions of Graph that serve the action. */
export type ApiVersion = "v1.0" | "beta";

/** Credentials by key; the values may still be unknown in a preview. */
export type Credentials = ReadonlyMap<string, string>;

/** How long each operation may take, every wait and retry included. */
export interface Timeouts {
    readonly createMs: number;
    readonly updateMs: number;
    readonly readMs: number;
}

/** The resource's inputs once they are known to be right. */
export interface Inputs {
    readonly target: Target | Unknown;
    /** Unknown as a whole when even the keys are not known yet. */
    readonly credentials: Credentials | Unknown;
    /** Any values at all; `undefined` when none are given. */
    readonly triggers: unknown;
    /** `undefined` when the age does not matter. */
    readonly maxAgeMs: number | Unknown | undefined;
    readonly timeouts: Timeouts;
    readonly apiVersion: ApiVersion | Unknown;
    /** `undefined` where nothing is to be validated. */
    readonly validation: ValidationTarget | Unknown | undefined;
    readonly drift: Drift;
}

/** What credentials are validated against. */
export type ValidationTarget = { readonly templateId: string } | { readonly jobId: string };

/** Which looks a refresh takes. */
export interface Drift {
    readonly target: boolean;
    readonly credentials: boolean;
}

/** One thing wrong with the inputs. */
export interface InputFailure {
    /** Where, as a path from the resource's inputs: `credentials[1].key`. */
    readonly path: string;
    /** What is wrong and what would be right; never a credential's value. */
    readonly reason: string;
}

/** The inputs, or everything that is wrong with them at once. */
export type ParsedInputs =
    | { readonly inputs: Inputs; readonly failures?: undefined }
    | { readonly failures: readonly [InputFailure, ...InputFailure[]] };

/** How long an operation may take when `timeouts` does not say. */
export const defaultTimeoutMs = 5 * 60 * 1000;

const inputNames = [
    "servicePrincipalId",
    "applicationId",
    "credentials",
    "triggers",
    "maxAge",
    "timeouts",
    "apiVersion",
    "allowUnknownKeys",
    "validation",
    "drift",
] as const;

/** What the faces and check put among the inputs; users don't write these. */
const carriedNames: ReadonlySet<string> = new Set(["__provider", "credentialHashes", "cloud"]);

/**
 * What Graph shows in place of a value that it keeps to itself, and what an import puts into the program in place of one
 * that nobody can read back. Never a value.
 */
export const maskedValue = "*";

/** Reads the inputs as the engine hands them over, unknowns included. */
export function parseInputs(raw: Readonly<Record<string, unknown>>): ParsedInputs {
    const failures: InputFailure[] = [];
    const fail = (path: string, reason: string) => {
        failures.push({ path, reason });
    };
    for (const name of Object.keys(raw)) {
        if (!carriedNames.has(name) && !(inputNames as readonly string[]).includes(name) && isGiven(raw[name])) {
            fail(name, `is not a property of this resource${didYouMean(name, inputNames)}`);
        }
    }
    const allowUnknownKeys = readFlag(raw.allowUnknownKeys, "allowUnknownKeys", fail);
    const inputs = {
        target: readTarget(raw, fail),
        credentials: readCredentials(withoutHashKey(raw.credentials), allowUnknownKeys, fail),
        triggers: isGiven(raw.triggers) ? raw.triggers : undefined,
        maxAgeMs: isGiven(raw.maxAge) ? readDuration(raw.maxAge, "maxAge", fail) : undefined,
        timeouts: readTimeouts(raw.timeouts, fail),
        apiVersion: readApiVersion(raw.apiVersion, fail),
        validation: readValidation(raw.validation, fail),
        drift: readDrift(raw.drift, fail),
    };
    if (inputs.maxAgeMs !== undefined && inputs.credentials instanceof Map && inputs.credentials.has(oneTimeKey)) {
        fail(
            "maxAge",
            `can't be kept with an ${oneTimeKey}, which works once: there would be nothing to acquire again with. Leave maxAge out`,
        );
    }
    const [first, ...others] = failures;
    if (first !== undefined) {
        return { failures: [first, ...others] };
    }
    return { inputs: inputs as Inputs };
}

/** Notes one thing wrong. */
export type Fail = (path: string, reason: string) => void;

function isGiven(value: unknown): boolean {
    return value !== undefined && value !== null;
}

function didYouMean(word: string, candidates: readonly string[]): string {
    const meant = nearest(word, candidates);
    return meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`;
}

function typeName(value: unknown): string {
    return value === null ? "null" : Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The target that exactly one of the two inputs names. */
export function readTarget(raw: Readonly<Record<string, unknown>>, fail: Fail): Target | Unknown | undefined {
    const given = (Object.keys(targetProperties) as TargetKind[]).filter((kind) =>
        isGiven(raw[targetProperties[kind]]),
    );
    const [kind, another] = given;
    if (kind === undefined) {
        fail(
            "servicePrincipalId",
            "is missing: give the servicePrincipalId or the applicationId to acquire a token for",
        );
        return undefined;
    }
    if (another !== undefined) {
        fail("applicationId", "is given beside servicePrincipalId: give exactly one of the two");
        return undefined;
    }
    const property = targetProperties[kind];
    const text = raw[property];
    if (isUnknown(text)) {
        return unknownValue;
    }
    if (typeof text !== "string") {
        fail(property, `expected the object id as a string, got ${typeName(text)}`);
        return undefined;
    }
    const target = parseTarget(kind, text);
    if ("problem" in target) {
        fail(property, target.problem);
        return undefined;
    }
    return target;
}

/** The credentials of a map or a list. */
export function readCredentials(
    raw: unknown,
    allowUnknownKeys: boolean,
    fail: Fail,
): Credentials | Unknown | undefined {
    if (isUnknown(raw)) {
        return unknownValue;
    }
    if (!isGiven(raw)) {
        fail("credentials", "is missing: give a map from key to value, or a list of { key, value }");
        return undefined;
    }
    const pairs = Array.isArray(raw) ? pairsOfList(raw, fail) : isRecord(raw) ? pairsOfMap(raw) : undefined;
    if (pairs === undefined) {
        fail("credentials", `expected a map from key to value, or a list of { key, value }, got ${typeName(raw)}`);
        return undefined;
    }
    if (pairs.length === 0 && (Array.isArray(raw) ? raw.length : 0) === 0) {
        fail("credentials", "is empty: give at least one credential");
        return undefined;
    }
    const credentials = new Map<string, string>();
    const firstPath = new Map<string, string>();
    let keysKnown = true;
    for (const { key, keyPath, value, valuePath } of pairs) {
        const checkedValue = readCredentialValue(value, valuePath, fail);
        if (areSwapped(key, value) && !allowUnknownKeys) {
            fail(keyPath, `has the key ${JSON.stringify(value)} in the value's place: swap the two`);
            continue;
        }
        const checkedKey = readCredentialKey(key, keyPath, allowUnknownKeys, fail);
        if (isUnknown(checkedKey)) {
            keysKnown = false;
            continue;
        }
        if (checkedKey === undefined) {
            continue;
        }
        const earlier = firstPath.get(checkedKey);
        if (earlier !== undefined) {
            // With allowUnknownKeys a value in the key's place gets here: only what Graph knows is repeated.
            const what = isSynchronizationSecretKey(checkedKey) ? JSON.stringify(checkedKey) : "the key";
            fail(keyPath, `repeats ${what}, which ${earlier} gives already: give each key once`);
            continue;
        }
        firstPath.set(checkedKey, keyPath);
        credentials.set(checkedKey, checkedValue ?? "");
    }
    return keysKnown ? credentials : unknownValue;
}

interface Pair {
    readonly key: unknown;
    readonly keyPath: string;
    readonly value: unknown;
    readonly valuePath: string;
}

function pairsOfMap(raw: Readonly<Record<string, unknown>>): Pair[] {
    return Object.entries(raw).map(([key, value], index) => {
        const path = pathInMap(key, value, index);
        return { key, keyPath: path, value, valuePath: path };
    });
}

/** Where somebody mistook the two, the secret stands in the key's place: only what is a key, or near one, is repeated. */
function pathInMap(key: string, value: unknown, index: number): string {
    if (areSwapped(key, value)) {
        return `credentials[… of ${JSON.stringify(value)}]`;
    }
    const isKey = isSynchronizationSecretKey(key) || nearest(key, synchronizationSecretKeys) !== undefined;
    if (!isKey) {
        return `credentials[entry ${index + 1}]`;
    }
    return /^\w+$/.test(key) ? `credentials.${key}` : `credentials[${JSON.stringify(key)}]`;
}

function areSwapped(key: unknown, value: unknown): boolean {
    return (
        typeof key === "string" &&
        !isSynchronizationSecretKey(key) &&
        typeof value === "string" &&
        isSynchronizationSecretKey(value)
    );
}

function pairsOfList(raw: readonly unknown[], fail: Fail): Pair[] {
    return raw.flatMap((item, index) => {
        const path = `credentials[${index}]`;
        if (isUnknown(item)) {
            return [{ key: unknownValue, keyPath: path, value: unknownValue, valuePath: path }];
        }
        if (!isRecord(item)) {
            fail(path, `expected { key, value }, got ${typeName(item)}`);
            return [];
        }
        for (const name of Object.keys(item)) {
            // Graph's own spelling of a pair is taken as it is, its type name included.
            if (!["key", "value", "@odata.type"].includes(name)) {
                // As in a map: what is near neither name is not repeated.
                const meant = nearest(name, ["key", "value"]);
                const where = meant === undefined ? `${path}[…]` : `${path}.${name}`;
                const instead =
                    meant === undefined ? ": give key and value, nothing else" : `; did you mean "${meant}"?`;
                fail(where, `is not a property of a credential${instead}`);
            }
        }
        return [{ key: item.key, keyPath: `${path}.key`, value: item.value, valuePath: `${path}.value` }];
    });
}

function readCredentialKey(key: unknown, path: string, allowUnknownKeys: boolean, fail: Fail): string | undefined {
    if (isUnknown(key)) {
        return key;
    }
    if (typeof key !== "string" || key === "") {
        fail(
            path,
            `expected one of Graph's keys, such as "SecretToken", got ${key === "" ? "nothing" : typeName(key)}`,
        );
        return undefined;
    }
    if (!allowUnknownKeys && !isSynchronizationSecretKey(key)) {
        // A word that is near no key may be a secret in the wrong place: it is not repeated.
        const meant = nearest(key, synchronizationSecretKeys);
        const what = meant === undefined ? "is" : `is ${JSON.stringify(key)},`;
        const instead = meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`;
        fail(
            path,
            `${what} not a key that Microsoft Graph knows${instead} ` +
                "(for a key newer than this package set allowUnknownKeys: true)",
        );
        return undefined;
    }
    return key;
}

/**
 * Empty values are refused: what Graph makes of one in this action is documented nowhere, and in a pipeline an empty
 * value is a variable that was not set.
 */
function readCredentialValue(value: unknown, path: string, fail: Fail): string | undefined {
    if (typeof value === "string" && value !== "" && value !== maskedValue) {
        return value;
    }
    if (value === maskedValue) {
        fail(path, `is ${maskedValue}, which stands for a value that can't be read back: give the value`);
        return undefined;
    }
    if (value === "") {
        fail(path, "is empty: give a value, or leave the credential out");
    } else if (!isGiven(value)) {
        fail(path, "has no value: give a string, or leave the credential out");
    } else {
        fail(path, `expected a string, as Graph takes it, got ${typeName(value)}`);
    }
    return undefined;
}

/** `false` where it is not given. */
export function readFlag(raw: unknown, path: string, fail: Fail): boolean {
    if (!isGiven(raw) || raw === false) {
        return false;
    }
    // While the flag is unknown nobody can say that a key is wrong; the next check can.
    if (raw === true || isUnknown(raw)) {
        return true;
    }
    fail(path, `expected true or false, got ${typeName(raw)}`);
    return false;
}

function readDuration(raw: unknown, path: string, fail: Fail): number | Unknown | undefined {
    if (isUnknown(raw)) {
        return raw;
    }
    const durationMs = typeof raw === "string" ? parseDurationMs(raw) : undefined;
    if (durationMs === undefined) {
        fail(
            path,
            `expected ${durationExamples}, got ${typeof raw === "string" ? JSON.stringify(raw) : typeName(raw)}`,
        );
    }
    return durationMs;
}

const timeoutNames = ["create", "update", "read"] as const;

/** An unknown timeout counts as the default: in a preview nothing takes any time. */
export function readTimeouts(raw: unknown, fail: Fail): Timeouts {
    const read = { create: defaultTimeoutMs, update: defaultTimeoutMs, read: defaultTimeoutMs };
    if (isRecord(raw)) {
        for (const [name, value] of Object.entries(raw)) {
            const known = timeoutNames.find((candidate) => candidate === name);
            if (known === undefined) {
                fail(`timeouts.${name}`, `is not an operation with a timeout${didYouMean(name, timeoutNames)}`);
            } else if (isGiven(value)) {
                const durationMs = readDuration(value, `timeouts.${name}`, fail);
                read[known] = typeof durationMs === "number" ? durationMs : defaultTimeoutMs;
            }
        }
    } else if (isGiven(raw) && !isUnknown(raw)) {
        fail("timeouts", `expected { create, update, read } as durations, got ${typeName(raw)}`);
    }
    return { createMs: read.create, updateMs: read.update, readMs: read.read };
}

function readApiVersion(raw: unknown, fail: Fail): ApiVersion | Unknown {
    if (raw === "v1.0" || raw === "beta" || isUnknown(raw)) {
        return raw;
    }
    if (isGiven(raw)) {
        fail(
            "apiVersion",
            `expected "v1.0" or "beta", got ${typeof raw === "string" ? JSON.stringify(raw) : typeName(raw)}`,
        );
    }
    return "v1.0";
}

const validationNames = ["templateId", "jobId"] as const;

function readValidation(raw: unknown, fail: Fail): ValidationTarget | Unknown | undefined {
    if (!isGiven(raw)) {
        return undefined;
    }
    if (isUnknown(raw)) {
        return raw;
    }
    if (!isRecord(raw)) {
        fail("validation", `expected { templateId } or { jobId }, got ${typeName(raw)}`);
        return undefined;
    }
    return readValidationTarget(raw, "validation.", validationNames, fail);
}

/** The template or the job that is named, by exactly one of the two; `prefix` is where they stand. */
export function readValidationTarget(
    raw: Readonly<Record<string, unknown>>,
    prefix: string,
    allowed: readonly string[],
    fail: Fail,
): ValidationTarget | Unknown | undefined {
    for (const name of Object.keys(raw)) {
        if (!allowed.includes(name) && isGiven(raw[name])) {
            fail(`${prefix}${name}`, `is not a property of a validation${didYouMean(name, validationNames)}`);
        }
    }
    const [name, another] = validationNames.filter((candidate) => isGiven(raw[candidate]));
    if (name === undefined) {
        fail(`${prefix}templateId`, "is missing: give the synchronization template or the job (jobId) to validate for");
        return undefined;
    }
    if (another !== undefined) {
        fail(`${prefix}${another}`, `is given beside ${name}: give exactly one of the two`);
        return undefined;
    }
    const value = raw[name];
    if (isUnknown(value)) {
        return unknownValue;
    }
    if (typeof value !== "string" || value === "") {
        fail(`${prefix}${name}`, `expected an id as a string, got ${value === "" ? "nothing" : typeName(value)}`);
        return undefined;
    }
    return name === "templateId" ? { templateId: value } : { jobId: value };
}

const driftNames = ["target", "credentials"] as const;

/** Both looks, unless one is turned off. */
export function readDrift(raw: unknown, fail: Fail): Drift {
    const drift = { target: true, credentials: true };
    if (isRecord(raw)) {
        for (const [name, value] of Object.entries(raw)) {
            const known = driftNames.find((candidate) => candidate === name);
            if (known === undefined) {
                fail(`drift.${name}`, `is not a look that a refresh takes${didYouMean(name, driftNames)}`);
            } else if (isGiven(value)) {
                drift[known] = readFlag(value, `drift.${name}`, fail);
            }
        }
    } else if (isGiven(raw) && !isUnknown(raw)) {
        fail("drift", `expected { target, credentials }, each true or false, got ${typeName(raw)}`);
    }
    return drift;
}
