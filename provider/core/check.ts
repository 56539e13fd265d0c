import { ConfigurationError, InvalidInputError } from "./errors.js";
import { hashCredential, hashKeyBytes } from "./fingerprint.js";
import { fillHashKeyPlace, readHashKey } from "./hashKey.js";
import {
    type ApiVersion,
    type Credentials,
    type InputFailure,
    type Inputs,
    parseInputs,
    type ValidationTarget,
} from "./inputs.js";
import type { Properties } from "./state.js";
import type { Target } from "./target.js";
import { isUnknown, unknownValue } from "./unknown.js";
import type { Surroundings } from "./world.js";

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

export function validInputs(news: Readonly<Properties>): Inputs {
    const parsed = parseInputs(news);
    if (parsed.failures !== undefined) {
        throw new InvalidInputError(parsed.failures);
    }
    return parsed.inputs;
}

/** Inputs with which an operation can be run. */
export type KnownInputs = Inputs & {
    readonly target: Target;
    readonly credentials: Credentials;
    readonly apiVersion: ApiVersion;
    readonly validation: ValidationTarget | undefined;
};

/** The engine creates and updates with known values only; anything else is refused before it could be sent as text. */
export function knownInputs(news: Readonly<Properties>): KnownInputs {
    const { target, credentials, apiVersion, validation, ...rest } = validInputs(news);
    if (isUnknown(target)) {
        throw new InvalidInputError([{ path: "servicePrincipalId", reason: "is still unknown" }]);
    }
    if (isUnknown(credentials) || [...credentials.values()].some(isUnknown)) {
        throw new InvalidInputError([{ path: "credentials", reason: "are still unknown" }]);
    }
    if (isUnknown(apiVersion)) {
        throw new InvalidInputError([{ path: "apiVersion", reason: "is still unknown" }]);
    }
    if (isUnknown(validation)) {
        throw new InvalidInputError([{ path: "validation", reason: "is still unknown" }]);
    }
    return { ...rest, target, credentials, apiVersion, validation };
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
