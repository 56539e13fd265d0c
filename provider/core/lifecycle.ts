import { type Clock, systemClock } from "./clock.js";
import { type Deadline, describeMs, startDeadline } from "./deadline.js";
import {
    CancelledError,
    ConfigurationError,
    DeadlineError,
    EntrasyncError,
    InvalidInputError,
    OutcomeUnknownError,
    spentCode,
} from "./errors.js";
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
import { oneTimeKey } from "./keys.js";
import { describeTarget, formatResourceId, parseResourceId, type Target, targetProperties } from "./target.js";
import { holdsUnknown, isUnknown, unknownValue } from "./unknown.js";

/** Properties as the engine hands them over and takes them back. */
export type Properties = Record<string, unknown>;

/** What the lifecycle asks of Graph. Every method throws an error of `errors.ts` or returns. */
export interface Graph {
    /** Hands the credentials over; returns once Graph has accepted them. */
    acquireAccessToken(acquisition: Acquisition): Promise<Acquired>;
    /** Whether Graph still knows the target. */
    targetExists(look: Look): Promise<boolean>;
    /** The keys of the credentials that the provisioning service holds for the target. */
    secretKeys(look: Look): Promise<readonly string[]>;
}

/** One call of the action. */
export interface Acquisition {
    readonly target: Target;
    readonly credentials: Credentials;
    readonly apiVersion: ApiVersion;
    /** Whether one of the credentials works just once. */
    readonly worksOnce: boolean;
    /** Whether the target may have been created a moment ago. */
    readonly mayBeNew: boolean;
    /** What tells this acquisition from another one with the same credentials: the triggers. */
    readonly occasion: string;
    readonly deadline: Deadline;
    /** Called when an attempt's answer was lost: from then on Graph may hold these credentials, however the call ends. */
    readonly onDoubt?: () => void;
}

/** A question about a target. */
export interface Look {
    readonly target: Target;
    readonly deadline: Deadline;
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
    /** Default: the system's. */
    readonly clock?: Clock;
    /** Aborted when the user cancels, where the face gets to know of it. */
    readonly cancelled?: AbortSignal;
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
    /**
     * When credentials were handed over and Graph's answer was lost (ISO 8601, UTC): the hashes are theirs then, and
     * nobody knows whether they were acquired with. Missing where the outcome is known. The next `up` sends them again, or
     * whatever the program says by then; with a one-time code among them it sends nothing until something changes.
     */
    readonly outcomeUnknownSince?: string;
}

/**
 * An operation that failed, and state must know something of it all the same. A face hands both to the engine, which keeps
 * the outputs, reports the failure, and has the next `up` update the resource.
 */
export class KeptInStateError extends Error {
    override readonly name = "KeptInStateError";
    readonly failure: EntrasyncError;
    readonly resourceId: string;
    readonly outputs: Outputs;

    constructor(failure: EntrasyncError, resourceId: string, outputs: Outputs) {
        super(failure.message);
        this.failure = failure;
        this.resourceId = resourceId;
        this.outputs = outputs;
    }
}

/** Why something is to be sent again. */
export type Change =
    | { readonly kind: "credentials"; readonly keys: readonly string[] }
    | { readonly kind: "triggers" }
    | { readonly kind: "maxAge" }
    /** With a one-time code nothing is sent for this one: the operation only looks, and says again what is to be done. */
    | { readonly kind: "outcomeUnknown" };

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

/** What check added to inputs of which a face stores the hash key alone. */
export function derive(news: Readonly<Properties>, surroundings: Pick<Surroundings, "cloud">): Properties {
    const hashKey = readHashKey(news.credentials);
    const { credentials } = validInputs(news);
    const credentialHashes = hashKey === undefined ? unknownValue : hashAll(hashKey, credentials);
    return { ...news, credentialHashes, cloud: surroundings.cloud() };
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
    surroundings: Pick<Surroundings, "clock">,
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
    if (olds.outcomeUnknownSince !== undefined) {
        changes.push({ kind: "outcomeUnknown" });
    }
    return changes.length > 0 ? { action: "update", changes } : { action: "none" };
}

/** Acquires for the first time. `timeoutMs` goes before the inputs' own: Pulumi's `customTimeouts`, where a face gets them. */
export async function create(
    news: Readonly<Properties>,
    surroundings: Surroundings,
    timeoutMs?: number,
): Promise<{ readonly id: string; readonly outputs: Outputs }> {
    const inputs = knownInputs(news);
    const outputs = await acquire({}, news, inputs, timeoutMs ?? inputs.timeouts.createMs, surroundings);
    return { id: formatResourceId(inputs.target), outputs };
}

/** Acquires again if anything that Graph or the service would hold has changed; else sends nothing. */
export async function update(
    id: string,
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Surroundings,
    timeoutMs?: number,
): Promise<{ readonly outputs: Outputs }> {
    const inputs = knownInputs(news);
    const updateMs = timeoutMs ?? inputs.timeouts.updateMs;
    const plan = diff(id, olds, news, surroundings);
    if (plan.action === "none") {
        return { outputs: { ...readOutputs(olds), ...remembered(news) } };
    }
    const changes = plan.action === "update" ? plan.changes : [];
    if (worksOnce(inputs) && !changesKey(changes, oneTimeKey)) {
        if (olds.outcomeUnknownSince === undefined) {
            throw spentCode(
                `works once, and was spent by the acquisition of ${textOf(olds.acquiredAt, "an unknown time")}: to acquire again, give a new code; ` +
                    "else take the other change back",
            );
        }
        if (changes.every(({ kind }) => kind === "outcomeUnknown")) {
            throw await stillUnknown(olds, news, inputs, updateMs, surroundings);
        }
    }
    return { outputs: await acquire(olds, news, inputs, updateMs, surroundings) };
}

/**
 * What a first acquisition will leave in state, as far as a preview can tell: nothing is asked of anybody. The hashes are
 * not known before: the key that they are made with is drawn anew by the check of the real thing.
 */
export function previewCreate(news: Readonly<Properties>): { readonly id: string; readonly outputs: Properties } {
    const { target } = validInputs(news);
    return {
        // Without an id the engine takes it for unknown.
        id: isUnknown(target) ? "" : formatResourceId(target),
        outputs: {
            ...previewed(news),
            credentialHashes: isUnknown(news.credentialHashes)
                ? unknownValue
                : Object.fromEntries(Object.keys(readHashes(news.credentialHashes)).map((key) => [key, unknownValue])),
            acquiredAt: unknownValue,
            requestId: unknownValue,
        },
    };
}

/** The same for an update. */
export function previewUpdate(
    id: string,
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Pick<Surroundings, "clock">,
): { readonly outputs: Properties } {
    const { acquiredAt, requestId, ...outputs } = readOutputs(olds);
    return diff(id, olds, news, surroundings).action === "none"
        ? { outputs: { ...outputs, acquiredAt, requestId, ...remembered(news) } }
        : { outputs: { ...previewed(news), acquiredAt: unknownValue, requestId: unknownValue } };
}

function previewed(news: Readonly<Properties>): Properties {
    return { credentialHashes: news.credentialHashes, cloud: news.cloud, ...remembered(news) };
}

/** What state holds of a target that is imported: what was acquired with is not known, so the next `up` acquires. */
export function importedOutputs(surroundings: Pick<Surroundings, "cloud">): Outputs {
    return { acquiredAt: "", credentialHashes: {}, requestId: "", cloud: surroundings.cloud() };
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
export async function read(
    id: string,
    olds: Readonly<Properties>,
    surroundings: Surroundings,
    timeoutMs?: number,
): Promise<Found> {
    const target = parseResourceId(id);
    const keep = (why: string): Found => {
        surroundings.warn(`${id} was not looked at and is kept in state as it was: ${why}`);
        return { found: "kept" };
    };
    if (target === undefined) {
        return keep("its id is not one of this resource's");
    }
    const deadline = startDeadline(
        timeoutMs ?? readTimeouts(olds.timeouts, () => undefined).readMs,
        surroundings.clock ?? systemClock,
        surroundings.cancelled,
    );
    try {
        const cloud = surroundings.cloud();
        if (olds.cloud !== undefined && olds.cloud !== cloud) {
            return keep(
                `it was acquired in the cloud ${textOf(olds.cloud, "(unreadable)")}, and ${cloud} is configured now`,
            );
        }
        const graph = await connect(surroundings, deadline, `Looking for ${describeTarget(target)}`);
        if (!(await graph.targetExists({ target, deadline }))) {
            return { found: "gone" };
        }
        if (olds.outcomeUnknownSince !== undefined) {
            const sent = Object.keys(readHashes(olds.credentialHashes));
            const seen = await lookAfter(graph, target, sent, deadline);
            const next = sent.includes(oneTimeKey) ? howToFindOut : "The next pulumi up sends the credentials again.";
            surroundings.warn(`${id}: whether its last acquisition worked is not known. ${seen} ${next}`);
        }
        return { found: "kept" };
    } catch (error) {
        return keep(error instanceof Error ? error.message : String(error));
    } finally {
        deadline.stop();
    }
}

type KnownInputs = Inputs & {
    readonly target: Target;
    readonly credentials: Credentials;
    readonly apiVersion: ApiVersion;
};

async function acquire(
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    inputs: KnownInputs,
    timeoutMs: number,
    surroundings: Surroundings,
): Promise<Outputs> {
    const { target, credentials, apiVersion } = inputs;
    const clock = surroundings.clock ?? systemClock;
    const deadline = startDeadline(timeoutMs, clock, surroundings.cancelled);
    const outputs = (requestId: string): Omit<Outputs, "acquiredAt"> => ({
        credentialHashes: readHashes(news.credentialHashes),
        requestId,
        cloud: surroundings.cloud(),
        ...remembered(news),
    });
    try {
        const graph = await connect(surroundings, deadline, `Acquiring a token for ${describeTarget(target)}`);
        let inDoubt = false;
        try {
            const { requestId } = await graph.acquireAccessToken({
                target,
                credentials,
                apiVersion,
                worksOnce: worksOnce(inputs),
                // What was acquired for before, Graph knows by now.
                mayBeNew: !olds.acquiredAt,
                occasion: canonical(inputs.triggers),
                deadline,
                onDoubt: () => {
                    inDoubt = true;
                },
            });
            return { acquiredAt: clock.now().toISOString(), ...outputs(requestId) };
        } catch (error) {
            const since = (error instanceof OutcomeUnknownError && error.sentAt) || clock.now().toISOString();
            const kept = (failure: EntrasyncError, requestId = "") =>
                new KeptInStateError(failure, formatResourceId(target), {
                    acquiredAt: readOutputs(olds).acquiredAt,
                    ...outputs(requestId),
                    outcomeUnknownSince: since,
                });
            if (error instanceof OutcomeUnknownError && worksOnce(inputs)) {
                const seen = await lookAfter(graph, target, [...credentials.keys()], deadline);
                const failure = new OutcomeUnknownError(`${error.message} ${seen} ${keptBack} ${howToFindOut}`, error);
                throw kept(failure, error.requestId);
            }
            // State would say that Graph holds what it held before: who then takes the change back would have nothing to do,
            // and Graph another idea of the credentials. A create leaves no state, and the next one sends in any case.
            if (error instanceof EntrasyncError && inDoubt && olds.credentialHashes !== undefined) {
                throw kept(error);
            }
            throw error;
        }
    } finally {
        deadline.stop();
    }
}

/** Signing in is part of the operation's time. */
function connect(surroundings: Surroundings, deadline: Deadline, tried: string): Promise<Graph> {
    return deadline.race(surroundings.graph(), () =>
        deadline.signal.aborted
            ? new DeadlineError(
                  `${tried}: not connected within ${describeMs(deadline.timeoutMs)}; nothing was sent. Run pulumi up again, or ` +
                      "give it longer in the resource's timeouts.",
              )
            : new CancelledError(`${tried}: cancelled; nothing was sent. Run pulumi up again when it is to go on.`),
    );
}

/** The next `up` after an unknown outcome, with nothing changed: looks again, sends nothing, and fails again. */
async function stillUnknown(
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    inputs: KnownInputs,
    timeoutMs: number,
    surroundings: Surroundings,
): Promise<KeptInStateError> {
    const { target, credentials } = inputs;
    const tried = `Acquiring a token for ${describeTarget(target)}`;
    const deadline = startDeadline(timeoutMs, surroundings.clock ?? systemClock, surroundings.cancelled);
    try {
        const since = textOf(olds.outcomeUnknownSince, "an unknown time");
        const seen = await connect(surroundings, deadline, tried).then(
            (graph) => lookAfter(graph, target, [...credentials.keys()], deadline),
            couldNotLook,
        );
        const failure = new OutcomeUnknownError(
            `${tried}: the credentials were handed over at ${since}, Graph's answer was lost, and nothing has changed since. ` +
                `Nothing was sent now. ${seen} ${keptBack} ${howToFindOut}`,
        );
        const outputs = { ...readOutputs(olds), ...remembered(news), outcomeUnknownSince: since };
        return new KeptInStateError(failure, formatResourceId(target), outputs);
    } finally {
        deadline.stop();
    }
}

const keptBack =
    "An Oauth2AuthorizationCode works once, so no pulumi up sends this one again until a credential or a trigger changes.";

const howToFindOut =
    "To find out: Test Connection on the application's provisioning page in the Entra admin center. If it fails, or to be " +
    "done with it: get a new code and set it, which is right in either case, then run pulumi up.";

/** What Graph shows afterwards, in words: evidence, no proof, for the keys may have been there before. */
async function lookAfter(graph: Graph, target: Target, sent: readonly string[], deadline: Deadline): Promise<string> {
    try {
        const shown = await graph.secretKeys({ target, deadline });
        const missing = sent.filter((key) => !shown.includes(key)).sort();
        if (missing.length === 0) {
            return "Graph shows every key that was sent among the target's credentials: that speaks for it, unless they were there before.";
        }
        return missing.length === sent.length
            ? "Graph shows none of the keys that were sent among the target's credentials: that speaks against it."
            : `Among the target's credentials Graph does not show ${missing.join(", ")}: that speaks against it.`;
    } catch (error) {
        return couldNotLook(error);
    }
}

function couldNotLook(error: unknown): string {
    return `What Graph holds now could not be looked at (${error instanceof EntrasyncError ? error.code : "failed"}).`;
}

function worksOnce({ credentials }: KnownInputs): boolean {
    return credentials.has(oneTimeKey);
}

function changesKey(changes: readonly Change[], key: string): boolean {
    return changes.some((change) => change.kind === "credentials" && change.keys.includes(key));
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
        acquiredAt: textOf(olds.acquiredAt, ""),
        credentialHashes: readHashes(olds.credentialHashes),
        requestId: textOf(olds.requestId, ""),
        cloud: textOf(olds.cloud, ""),
    };
}

/** State can hold anything: another version wrote it, or a person. */
function textOf(value: unknown, otherwise: string): string {
    return typeof value === "string" ? value : otherwise;
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

function isOlder(acquiredAt: unknown, maxAgeMs: number | string, surroundings: Pick<Surroundings, "clock">): boolean {
    const acquired = typeof acquiredAt === "string" ? Date.parse(acquiredAt) : Number.NaN;
    const { clock = systemClock } = surroundings;
    return typeof maxAgeMs !== "number" || !(clock.now().getTime() - acquired <= maxAgeMs);
}

/** JSON with its keys in order, so that equal values have equal text. */
function canonical(value: unknown): string {
    return JSON.stringify(value ?? null, (_, inner: unknown) =>
        inner !== null && typeof inner === "object" && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
            : inner,
    );
}
