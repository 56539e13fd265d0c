/** Why a new object can't be found yet. */
export type Refusal = (typeof refusals)[number];

/** Facts: 401 without words, 403, 404 and 409 have been seen for a new target. Their order is a guess. */
const refusals = [404, 401, 403, 409] as const;

interface Hidden {
    readonly untilMs: number;
    refused: number;
}

/**
 * Objects that exist and can't be seen: Graph's directory and the provisioning service learn of a new object at their
 * own pace, and no document says how long that takes.
 */
export class Visibility {
    readonly #hidden = new Map<string, Hidden>();

    hide(id: string, delayMs: number): void {
        if (delayMs > 0) {
            this.#hidden.set(id, { untilMs: Date.now() + delayMs, refused: 0 });
        }
    }

    isHidden(id: string): boolean {
        return this.#find(id) !== undefined;
    }

    /** What the provisioning service answers next, in turn; `undefined` once the object can be seen. */
    nextRefusal(id: string): Refusal | undefined {
        const hidden = this.#find(id);
        if (hidden === undefined) {
            return undefined;
        }
        const refusal = refusals[hidden.refused % refusals.length];
        hidden.refused += 1;
        return refusal;
    }

    clear(): void {
        this.#hidden.clear();
    }

    #find(id: string): Hidden | undefined {
        const hidden = this.#hidden.get(id);
        if (hidden !== undefined && hidden.untilMs <= Date.now()) {
            this.#hidden.delete(id);
            return undefined;
        }
        return hidden;
    }
}

/** @throws TypeError for what is no span of time. */
export function requireDelay(delayMs: number): number {
    if (!Number.isFinite(delayMs) || delayMs < 0) {
        throw new TypeError("visibilityDelayMs must be a number from 0 up.");
    }
    return delayMs;
}
