import { fixedWindow, type Limit, tokenBucket } from "./limits.mts";
import { type FleetResult, simulate } from "./simulation.mts";

/** A team of this size: 10,000 acquisitions in 200 stacks of one tenant, all of whose pipelines begin within 10 seconds. */
const team = { stacks: 200, acquisitionsOfAStack: 50, startsWithinMs: 10_000, latencyMs: 100, seed: 8 };

/**
 * Graph's published limit for an application and tenant: 3,000 writes in 2 minutes and 30 seconds. How it counts them is not
 * published in detail, so both ways that fit are simulated.
 *
 * @see https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
 */
const limits: readonly { readonly name: string; readonly make: () => Limit }[] = [
    { name: "window", make: () => fixedWindow(3000, 150_000) },
    { name: "bucket", make: () => tokenBucket(3000, 3000 / 150_000, 10) },
];

export interface FleetRow {
    readonly limit: string;
    readonly parallel: number;
    readonly timeoutS: number;
    readonly startsWithinS: number;
    readonly result: FleetResult;
}

interface Setting {
    readonly parallel: number;
    readonly timeoutS: number;
    readonly startsWithinS?: number;
}

/** What a team can set: `pulumi up --parallel`, the resource's timeouts, and how far apart its pipelines begin. */
const settings: readonly Setting[] = [
    { parallel: 16, timeoutS: 300 },
    { parallel: 8, timeoutS: 300 },
    { parallel: 4, timeoutS: 300 },
    { parallel: 1, timeoutS: 300 },
    { parallel: 8, timeoutS: 900 },
    { parallel: 4, timeoutS: 900 },
    { parallel: 1, timeoutS: 900 },
    { parallel: 4, timeoutS: 900, startsWithinS: 600 },
];

export async function measureFleet(isQuick: boolean): Promise<readonly FleetRow[]> {
    const rows: FleetRow[] = [];
    for (const { name, make } of limits) {
        for (const { parallel, timeoutS, startsWithinS } of isQuick ? settings.slice(4, 6) : settings) {
            const startsWithinMs = startsWithinS === undefined ? team.startsWithinMs : startsWithinS * 1000;
            const result = await simulate({
                ...team,
                startsWithinMs,
                parallel,
                timeoutMs: timeoutS * 1000,
                limit: make(),
            });
            rows.push({ limit: name, parallel, timeoutS, startsWithinS: startsWithinMs / 1000, result });
        }
    }
    return rows;
}
