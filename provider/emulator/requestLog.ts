import type { FaultEffect } from "./faults.js";

/**
 * One request that the emulator took, except those of its own control API. Holds names only: never a value, a token or
 * a query.
 */
export interface RequestLogEntry {
    /** When it arrived: ISO 8601, UTC. */
    readonly at: string;
    /**
     * The host that was asked, with the port unless it is 443; `(another)` for one that the emulator wasn't started for.
     */
    readonly host: string;
    readonly method: string;
    /** Without its query. */
    readonly path: string;
    /** What was answered; 0 where a fault let no whole answer through. */
    readonly status: number;
    readonly durationMs: number;
    /**
     * The credentials' keys, in the order sent. A key that Graph doesn't know is shown as `(unknown)`: it might be a
     * value in the wrong place.
     */
    readonly keys?: readonly string[];
    readonly requestId: string;
    /** The number of the TCP connection. */
    readonly connection: number;
    /** The fault that it met. */
    readonly faulted?: FaultEffect["kind"];
}

/** What has been asked of the emulator since it started or was last reset. */
export interface RequestCounts {
    /** `POST …/oauth2/v2.0/token`, refused ones too. */
    readonly tokenRequests: number;
    /** Everything under `/v1.0` and `/beta`, faulted ones too. */
    readonly graphRequests: number;
    /** Acquisitions that were accepted, whether or not the answer reached its client. */
    readonly acquisitions: number;
    /**
     * Calls of Graph that were answered with a claims challenge: their token was issued before `revokeTokens()`.
     */
    readonly claimsChallenges: number;
    /** Token requests whose `claims` held what `revokeTokens()` challenges for. */
    readonly claimsAnswered: number;
    /** TCP connections on which at least one of these requests came. */
    readonly connections: number;
}

/** How many entries are kept at least; a command may run for days. */
const keptEntries = 10_000;

export class RequestLog {
    readonly #entries: RequestLogEntry[] = [];
    readonly #connections = new Set<number>();
    readonly #onRequest: ((entry: RequestLogEntry) => void) | undefined;
    #tokenRequests = 0;
    #graphRequests = 0;

    constructor(onRequest: ((entry: RequestLogEntry) => void) | undefined) {
        this.#onRequest = onRequest;
    }

    get entries(): readonly RequestLogEntry[] {
        return this.#entries;
    }

    counts(others: Pick<RequestCounts, "acquisitions" | "claimsChallenges" | "claimsAnswered">): RequestCounts {
        return {
            tokenRequests: this.#tokenRequests,
            graphRequests: this.#graphRequests,
            ...others,
            connections: this.#connections.size,
        };
    }

    /** Counts on arrival, so that a request which is still waiting has been counted. */
    arrived(kind: "token" | "graph" | "other", connection: number): void {
        this.#tokenRequests += kind === "token" ? 1 : 0;
        this.#graphRequests += kind === "graph" ? 1 : 0;
        this.#connections.add(connection);
    }

    add(entry: RequestLogEntry): void {
        if (this.#entries.length >= 2 * keptEntries) {
            this.#entries.splice(0, keptEntries);
        }
        this.#entries.push(entry);
        this.#onRequest?.(entry);
    }

    clear(): void {
        this.#entries.length = 0;
        this.#connections.clear();
        this.#tokenRequests = 0;
        this.#graphRequests = 0;
    }
}
