import { synchronizationSecretODataType } from "../graph/wire.js";
import { keyNotFound, parameterInvalid } from "./graphErrors.js";
import { isJsonObject, type JsonValue } from "./messages.js";
import type { RouteCall } from "./routing.js";
import { knownSecretKeys } from "./secretKeys.js";

/** One credential as it came. */
export interface Credential {
    readonly key: string;
    readonly value: string | null;
}

const members: readonly string[] = ["@odata.type", "key", "value"];

/**
 * Reads a list of Graph's `synchronizationSecretKeyStringValuePair`.
 *
 * From Graph's metadata: the key is one of an enum and not nullable, the value is a nullable string. The annotation is
 * documented with neither `#` nor as optional; the recorded `@pulumi/azuread` leaves it out, and OData writes it with
 * `#`, so all three are taken. That the same key twice is refused is a guess: of what Graph does then nothing is known,
 * and a client should not find out here that it works.
 *
 * Puts the keys in the request's log entry, also where something is then refused.
 *
 * @throws GraphRefusal 400, with nothing of a value in it.
 */
export function readCredentials(list: JsonValue | undefined, name: string, call: RouteCall): readonly Credential[] {
    if (!isList(list)) {
        throw parameterInvalid(`'${name}' must be a list of credentials.`);
    }
    call.noteKeys(
        list.flatMap((pair) =>
            isJsonObject(pair) && typeof pair.key === "string"
                ? [knownSecretKeys.has(pair.key) ? pair.key : "(unknown)"]
                : [],
        ),
    );
    const seen = new Set<string>();
    return list.map((pair, index) => {
        const credential = readCredential(pair, `${name}[${index}]`);
        if (seen.has(credential.key)) {
            throw parameterInvalid(`'${name}' holds the key '${credential.key}' twice.`);
        }
        seen.add(credential.key);
        return credential;
    });
}

function readCredential(pair: JsonValue, where: string): Credential {
    if (!isJsonObject(pair)) {
        throw parameterInvalid(`'${where}' must be an object.`);
    }
    if (Object.keys(pair).some((member) => !members.includes(member))) {
        throw parameterInvalid(`'${where}' has a property other than '@odata.type', 'key' and 'value'.`);
    }
    const type = pair["@odata.type"];
    if (
        type !== undefined &&
        type !== synchronizationSecretODataType &&
        type !== `#${synchronizationSecretODataType}`
    ) {
        throw parameterInvalid(`'${where}' must be of the type '${synchronizationSecretODataType}'.`);
    }
    const { key, value = null } = pair;
    if (typeof key !== "string") {
        throw parameterInvalid(`'${where}.key' must be a string.`);
    }
    if (!knownSecretKeys.has(key)) {
        throw keyNotFound(key);
    }
    if (typeof value !== "string" && value !== null) {
        throw parameterInvalid(`'${where}.value' must be a string or null.`);
    }
    return { key, value };
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
    return Array.isArray(value);
}
