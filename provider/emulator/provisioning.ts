import { randomUUID } from "node:crypto";
import type { TargetKind } from "../graph/wire.js";

/** The token of a target: whether it would still open anything. Never its value. */
export interface HeldToken {
    /**
     * `revoked`: the application took it back. `expired`: its time is over, or `expireToken` said so. The emulator
     * renews none: what is expired stays so until the next acquisition.
     */
    readonly state: "current" | "expired" | "revoked";
    /** ISO 8601, UTC. */
    readonly acquiredAt: string;
    /** Whole seconds since then. */
    readonly ageSeconds: number;
    /** ISO 8601, UTC. `null` where nobody said: a secret token that was handed over has no date. */
    readonly expiresAt: string | null;
}

/** What the provisioning service holds for one target. Keys and times only. */
export interface HeldCredentials {
    readonly targetKind: TargetKind;
    /** Object id. */
    readonly targetId: string;
    /** In the order in which they were sent. */
    readonly keys: readonly string[];
    /** `null` where credentials were only stored (`PUT …/synchronization/secrets`). */
    readonly token: HeldToken | null;
}

/** A synchronization job as the emulator keeps it. */
export interface SynchronizationJob {
    readonly id: string;
    readonly templateId: string;
    /** Graph's `schedule.state`. */
    readonly scheduleState: "Active" | "Disabled" | "Paused";
    /** When it took that state: ISO 8601, UTC. */
    readonly stateSince: string;
}

/** A token as it was acquired. `value` where an application issued it. */
export interface AcquiredToken {
    readonly value?: string;
    readonly expiresInSeconds?: number;
}

interface Target {
    readonly kind: TargetKind;
    readonly id: string;
}

interface StoredToken {
    readonly value: string | undefined;
    readonly acquiredAtMs: number;
    expiresAtMs: number | undefined;
}

/** Tokens and jobs, by target. */
export class Provisioning {
    readonly #tokens = new Map<string, StoredToken>();
    readonly #jobs = new Map<string, Map<string, SynchronizationJob>>();
    readonly #tenantId: string;
    readonly #isRevoked: (token: string) => boolean;

    constructor(options: { readonly tenantId: string; readonly isRevoked: (token: string) => boolean }) {
        this.#tenantId = options.tenantId;
        this.#isRevoked = options.isRevoked;
    }

    hold({ id }: Target, { value, expiresInSeconds }: AcquiredToken): void {
        const acquiredAtMs = Date.now();
        const expiresAtMs = expiresInSeconds === undefined ? undefined : acquiredAtMs + expiresInSeconds * 1000;
        this.#tokens.set(id, { value, acquiredAtMs, expiresAtMs });
    }

    token({ id }: Target): HeldToken | null {
        const stored = this.#tokens.get(id);
        if (stored === undefined) {
            return null;
        }
        const { value, acquiredAtMs, expiresAtMs } = stored;
        const now = Date.now();
        return {
            state:
                value !== undefined && this.#isRevoked(value)
                    ? "revoked"
                    : expiresAtMs !== undefined && expiresAtMs <= now
                      ? "expired"
                      : "current",
            acquiredAt: new Date(acquiredAtMs).toISOString(),
            ageSeconds: Math.floor((now - acquiredAtMs) / 1000),
            expiresAt: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
        };
    }

    /** `false` where none is held. */
    expire({ id }: Target): boolean {
        const stored = this.#tokens.get(id);
        if (stored === undefined) {
            return false;
        }
        stored.expiresAtMs = Math.min(stored.expiresAtMs ?? Number.POSITIVE_INFINITY, Date.now());
        return true;
    }

    forgetToken({ id }: Target): void {
        this.#tokens.delete(id);
    }

    /** In the order in which they were created. */
    jobs({ id }: Target): readonly SynchronizationJob[] {
        return [...(this.#jobs.get(id)?.values() ?? [])];
    }

    findJob({ id }: Target, jobId: string): SynchronizationJob | undefined {
        return this.#jobs.get(id)?.get(jobId);
    }

    /** Graph's job ids have been seen to be template, tenant without dashes and an id, with dots between. */
    addJob(target: Target, templateId: string): SynchronizationJob {
        const id = `${templateId}.${this.#tenantId.replaceAll("-", "")}.${randomUUID()}`;
        return this.setJob(target, { id, templateId, scheduleState: "Disabled", stateSince: new Date().toISOString() });
    }

    setJob({ id }: Target, job: SynchronizationJob): SynchronizationJob {
        const jobs = this.#jobs.get(id) ?? new Map<string, SynchronizationJob>();
        this.#jobs.set(id, jobs);
        jobs.set(job.id, job);
        return job;
    }

    removeJob({ id }: Target, jobId: string): void {
        this.#jobs.get(id)?.delete(jobId);
    }

    remove(target: Target): void {
        this.#tokens.delete(target.id);
        this.#jobs.delete(target.id);
    }

    clear(): void {
        this.#tokens.clear();
        this.#jobs.clear();
    }
}
