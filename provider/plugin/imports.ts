import { maskedValue } from "../core/inputs.js";
import type { Properties } from "../core/lifecycle.js";
import { parseResourceId, targetProperties } from "../core/target.js";

/**
 * An import knows the target by the id. Of the credentials Graph names the keys and nothing else: the program that Pulumi
 * writes then has each key, with a mark in place of its value that no operation takes for one.
 */
export function importedInputs(id: string, keys: readonly string[]): Properties {
    const target = parseResourceId(id);
    const credentials = Object.fromEntries(keys.map((key) => [key, maskedValue]));
    return { ...(target === undefined ? {} : { [targetProperties[target.kind]]: target.objectId }), credentials };
}

/** Whether these are the credentials of an import that nobody has written down yet. */
export function areImported(credentials: unknown): boolean {
    if (credentials === null || typeof credentials !== "object" || Array.isArray(credentials)) {
        return false;
    }
    return Object.values(credentials).every((value) => value === maskedValue);
}
