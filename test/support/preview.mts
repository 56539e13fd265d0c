import type { Step } from "./stack.mts";

/** The credentials that a planned step shows as changed: the keys whose hashes differ. */
export function changedKeys({ oldState, newState }: Pick<Step, "oldState" | "newState">): readonly string[] {
    const before = hashes(oldState?.inputs);
    const after = hashes(newState?.inputs);
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .filter((key) => before[key] !== after[key])
        .sort();
}

/** What is planned for each resource: `create`, `same`, … */
export function operations(plan: Readonly<Record<string, Step>>): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(plan).map(([name, { op }]) => [name, op]));
}

function hashes(inputs: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
    const value = inputs?.credentialHashes;
    return value !== null && typeof value === "object" ? { ...value } : {};
}
