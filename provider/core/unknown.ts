/**
 * How the engine writes a value that it does not know yet, to a dynamic provider and over gRPC alike.
 *
 * Both faces hand it on as it comes: translating it into something of our own would mean copying every input on every
 * check, and check and diff run one after the other for a whole stack.
 */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value, or the engine's word that it will be known later. */
export type Unknown = typeof unknownValue;

/** Whether the engine does not know this value yet. */
export function isUnknown(value: unknown): value is Unknown {
    return value === unknownValue;
}

/** Whether the engine does not know this value yet, or something inside it. */
export function holdsUnknown(value: unknown): boolean {
    if (value === null || typeof value !== "object") {
        return isUnknown(value);
    }
    return Object.values(value).some(holdsUnknown);
}
