import { ConfigurationError, InvalidInputError } from "./errors.js";
import { hashCredential, hashKeyBytes } from "./fingerprint.js";
import { fillHashKeyPlace, readHashKey } from "./hashKey.js";
import {
    type ApiVersion,
    type Credentials,
    type InputFailure,
    type Inputs,
    parseInputs,
    readTimeouts,
} from "./inputs.js";
import { formatResourceId, parseResourceId, type Target, targetProperties } from "./target.js";
import { holdsUnknown, isUnknown, unknownValue } from "./unknown.js";

/** Properties as the engine hands them over and takes them back. */
export type Properties = Record<string, unknown>;

/** What the lifecycle asks of Graph. Every method throws an error of `errors.ts` or returns. */
export interface Graph {
    /** Hands the credentials over; returns once Graph has accepted them. */
    acquireAccessToken(acquisition: Acquisition): Promise<Acquired>;
    /** Whether Graph still knows the target. */
    targetExists(look: { readonly target: Target; readonly timeoutMs: number }): Promise<boolean>;
}

/** One call of the action. */
export interface Acquisition {
    readonly target: Target;
    readonly credentials: Credentials;
    readonly apiVersion: ApiVersion;
    /** How long the call may take, every wait included. */
    readonly timeoutMs: number;
}

/** Graph's acceptance. */
export interface Acquired {
    /** Graph's request id; empty where Graph named none. */
    readonly requestId: string;
}

/** What the lifecycle needs of the world. */
export interface Surroundings {
    /** The cloud that the configuration names (`clouds.ts`); fails where it names none. No network. */
    cloud(): string;
    /** Graph in that cloud; loads what it takes to talk to it. */
    graph(): Promise<Graph>;
    now(): Date;
    randomBytes(count: number): Uint8Array;
    warn(message: string): void;
}

/** What state holds of an acquisition: the resource's outputs. Public for good; it only ever gets more. */
export interface Outputs {
    readonly acquiredAt: string;
    readonly credentialHashes: Readonly<Record<string, string>>;
    readonly requestId: string;
    readonly cloud: string;
    readonly triggers?: unknown;
    readonly timeouts?: unknown;
}

/** Why something is to be sent again. */
export type Change =
    | { readonly kind: "credentials"; readonly keys: readonly string[] }
    | { readonly kind: "triggers" }
    | { readonly kind: "maxAge" };

/** What the engine is to do, and why. */
export type Plan =
    | { readonly action: "none" }
    | { readonly action: "update"; readonly changes: readonly Change[] }
    | { readonly action: "replace"; readonly properties: readonly string[] };

/**
 * Validates the inputs and adds what state carries beside them: the hash key, the hashes, the cloud.
 *
 * Hashes and cloud are inputs as well as outputs because that is what makes a preview name what changes: the engine
 * shows how the inputs differ, from the inputs of before or, for a replacement, from the outputs. `olds` are the inputs of before; a resource without any gets a new key.
 */
export function check(
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Surroundings,
): { readonly inputs: Properties; readonly failures: readonly InputFailure[] } {
    const parsed = parseInputs(news);
    if (parsed.failures !== undefined) {
        return { inputs: { ...news }, failures: parsed.failures };
    }
    const cloud = configuredCloud(surroundings);
    if (typeof cloud !== "string") {
        return { inputs: { ...news }, failures: [cloud] };
    }
    const hashKey =
        readHashKey(olds.credentials) ?? Buffer.from(surroundings.randomBytes(hashKeyBytes)).toString("base64url");
    const inputs: Properties = {
        ...news,
        credentials: fillHashKeyPlace(news.credentials, hashKey),
        credentialHashes: hashAll(hashKey, parsed.inputs.credentials),
        cloud,
    };
    return { inputs, failures: [] };
}

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
    surroundings: Pick<Surroundings, "now">,
): Plan {
    const inputs = validInputs(news);
    const properties = [...movedTarget(id, inputs.target, news), ...(movedCloud(olds, news) ? ["cloud"] : [])];
    if (properties.length > 0) {
        return { action: "replace", properties };
    }
    const changes: Change[] = [];
    const keys = changedKeys(olds.credentialHashes, news.credentialHashes);
    if (keys.length > 0) {
        changes.push({ kind: "credentials", keys });
    }
    if (holdsUnknown(inputs.triggers) || canonical(olds.triggers) !== canonical(inputs.triggers)) {
        changes.push({ kind: "triggers" });
    }
    if (inputs.maxAgeMs !== undefined && isOlder(olds.acquiredAt, inputs.maxAgeMs, surroundings)) {
        changes.push({ kind: "maxAge" });
    }
    return changes.length > 0 ? { action: "update", changes } : { action: "none" };
}

/** Acquires for the first time. */
export async function create(
    news: Readonly<Properties>,
    surroundings: Surroundings,
): Promise<{ readonly id: string; readonly outputs: Outputs }> {
    const inputs = knownInputs(news);
    const outputs = await acquire(news, inputs, inputs.timeouts.createMs, surroundings);
    return { id: formatResourceId(inputs.target), outputs };
}

/** Acquires again if anything that Graph or the service would hold has changed; else sends nothing. */
export async function update(
    id: string,
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Surroundings,
): Promise<{ readonly outputs: Outputs }> {
    const inputs = knownInputs(news);
    if (diff(id, olds, news, surroundings).action === "none") {
        return { outputs: { ...readOutputs(olds), ...remembered(news) } };
    }
    return { outputs: await acquire(news, inputs, inputs.timeouts.updateMs, surroundings) };
}

/** What a look at the target found. */
export type Found =
    | { readonly found: "gone" }
    /** There, or not to be seen from here: state is kept as it is. */
    | { readonly found: "kept" };

/**
 * Whether the target is still there. Anything short of Graph's "there is no such object" keeps state, with a warning:
 * a missing permission or a broken network is no proof that anything is gone.
 */
export async function read(id: string, olds: Readonly<Properties>, surroundings: Surroundings): Promise<Found> {
    const target = parseResourceId(id);
    const keep = (why: string): Found => {
        surroundings.warn(`${id} was not looked at and is kept in state as it was: ${why}`);
        return { found: "kept" };
    };
    if (target === undefined) {
        return keep("its id is not one of this resource's");
    }
    try {
        const cloud = surroundings.cloud();
        if (olds.cloud !== undefined && olds.cloud !== cloud) {
            return keep(`it was acquired in the cloud ${String(olds.cloud)}, and ${cloud} is configured now`);
        }
        const timeoutMs = readTimeouts(olds.timeouts, () => undefined).readMs;
        const graph = await surroundings.graph();
        return { found: (await graph.targetExists({ target, timeoutMs })) ? "kept" : "gone" };
    } catch (error) {
        return keep(error instanceof Error ? error.message : String(error));
    }
}

type KnownInputs = Inputs & {
    readonly target: Target;
    readonly credentials: Credentials;
    readonly apiVersion: ApiVersion;
};

async function acquire(
    news: Readonly<Properties>,
    inputs: KnownInputs,
    timeoutMs: number,
    surroundings: Surroundings,
): Promise<Outputs> {
    const graph = await surroundings.graph();
    const { target, credentials, apiVersion } = inputs;
    const { requestId } = await graph.acquireAccessToken({ target, credentials, apiVersion, timeoutMs });
    return {
        acquiredAt: surroundings.now().toISOString(),
        credentialHashes: readHashes(news.credentialHashes),
        requestId,
        cloud: surroundings.cloud(),
        ...remembered(news),
    };
}

/** The inputs that later operations must see, which get to see outputs only. Left out where the program has none. */
function remembered(news: Readonly<Properties>): Pick<Outputs, "triggers" | "timeouts"> {
    return {
        ...(news.triggers === undefined || news.triggers === null ? {} : { triggers: news.triggers }),
        ...(news.timeouts === undefined || news.timeouts === null ? {} : { timeouts: news.timeouts }),
    };
}

function readOutputs(olds: Readonly<Properties>): Outputs {
    return {
        acquiredAt: String(olds.acquiredAt ?? ""),
        credentialHashes: readHashes(olds.credentialHashes),
        requestId: String(olds.requestId ?? ""),
        cloud: String(olds.cloud ?? ""),
    };
}

function validInputs(news: Readonly<Properties>): Inputs {
    const parsed = parseInputs(news);
    if (parsed.failures !== undefined) {
        throw new InvalidInputError(parsed.failures);
    }
    return parsed.inputs;
}

/** The engine creates and updates with known values only; anything else is refused before it could be sent as text. */
function knownInputs(news: Readonly<Properties>): KnownInputs {
    const { target, credentials, apiVersion, ...rest } = validInputs(news);
    if (isUnknown(target)) {
        throw new InvalidInputError([{ path: "servicePrincipalId", reason: "is still unknown" }]);
    }
    if (isUnknown(credentials) || [...credentials.values()].some(isUnknown)) {
        throw new InvalidInputError([{ path: "credentials", reason: "are still unknown" }]);
    }
    if (isUnknown(apiVersion)) {
        throw new InvalidInputError([{ path: "apiVersion", reason: "is still unknown" }]);
    }
    return { ...rest, target, credentials, apiVersion };
}

/** A cloud that can't be told is a failure of the check: the engine prints other errors of a check with their stack. */
function configuredCloud(surroundings: Surroundings): string | InputFailure {
    try {
        return surroundings.cloud();
    } catch (error) {
        if (error instanceof ConfigurationError) {
            return { path: "", reason: error.message };
        }
        throw error;
    }
}

function hashAll(hashKey: string, credentials: Inputs["credentials"]): Record<string, string> | string {
    if (isUnknown(credentials)) {
        return unknownValue;
    }
    const sorted = [...credentials].sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(
        sorted.map(([key, value]) => [key, isUnknown(value) ? unknownValue : hashCredential(hashKey, key, value)]),
    );
}

function readHashes(raw: unknown): Record<string, string> {
    return raw !== null && typeof raw === "object" ? { ...(raw as Record<string, string>) } : {};
}

function changedKeys(olds: unknown, news: unknown): string[] {
    const before = readHashes(olds);
    if (isUnknown(news)) {
        return ["every key"];
    }
    const after = readHashes(news);
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].filter((key) => before[key] !== after[key]).sort();
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

function isOlder(acquiredAt: unknown, maxAgeMs: number | string, surroundings: Pick<Surroundings, "now">): boolean {
    const acquired = typeof acquiredAt === "string" ? Date.parse(acquiredAt) : Number.NaN;
    return typeof maxAgeMs !== "number" || !(surroundings.now().getTime() - acquired <= maxAgeMs);
}

/** JSON with its keys in order, so that equal values have equal text. */
function canonical(value: unknown): string {
    return JSON.stringify(value ?? null, (_, inner: unknown) =>
        inner !== null && typeof inner === "object" && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
            : inner,
    );
}
