import type { EntrasyncError } from "./errors.js";

/** Properties as the engine hands them over and takes them back. */
export type Properties = Record<string, unknown>;

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
    readonly validation?: unknown;
    /** When Graph last validated what was acquired with (ISO 8601, UTC). Missing where that is not asked for. */
    readonly validatedAt?: string;
    /** Since when what was acquired is to be validated and is not: the next `up` validates, and acquires only if something changed. */
    readonly validationPendingSince?: string;
    readonly drift?: unknown;
    /**
     * The keys that the last refresh did not find among the target's credentials. Their hashes go with the refresh, so the
     * next `up` acquires, and looks; a key that is still here after that is one that Graph does not show, and drifts no more.
     */
    readonly keysNotShown?: readonly string[];
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

/** The inputs that later operations must see, which get to see outputs only. Left out where the program has none. */
export function remembered(news: Readonly<Properties>): Partial<Outputs> {
    const names = ["triggers", "timeouts", "validation", "drift"] as const;
    return Object.fromEntries(
        names.map((name) => [name, news[name]]).filter(([, value]) => value !== undefined && value !== null),
    );
}

/** What an acquisition left in state, without what was remembered of its inputs. */
export function readOutputs(olds: Readonly<Properties>): Outputs {
    const { validatedAt, keysNotShown } = olds;
    return {
        acquiredAt: textOf(olds.acquiredAt, ""),
        credentialHashes: readHashes(olds.credentialHashes),
        requestId: textOf(olds.requestId, ""),
        cloud: textOf(olds.cloud, ""),
        ...(typeof validatedAt === "string" ? { validatedAt } : {}),
        ...(keysNotShown === undefined ? {} : { keysNotShown: readKeys(keysNotShown) }),
    };
}

/** State can hold anything: another version wrote it, or a person. */
export function textOf(value: unknown, otherwise: string): string {
    return typeof value === "string" ? value : otherwise;
}

export function readHashes(raw: unknown): Record<string, string> {
    return raw !== null && typeof raw === "object" ? { ...(raw as Record<string, string>) } : {};
}

export function readKeys(raw: unknown): readonly string[] {
    return Array.isArray(raw) ? raw.filter((key) => typeof key === "string") : [];
}
