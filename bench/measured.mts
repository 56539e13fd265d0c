import type { Operation, Run } from "./contenders/contender.mts";
import type { Asked } from "./emulator.mts";
import type { FleetRow } from "./fleet/settings.mts";
import type { Loads } from "./load.mts";
import { exponent, ratios, type Spread, spread } from "./statistics.mts";
import type { Throttled } from "./throttled.mts";

/** The names by which the report compares. */
export const names = {
    components: "ComponentResources",
    emptyHooks: "empty dynamic hooks",
    naive: "naive dynamic provider",
    openTofu: "OpenTofu + restapi",
    dynamic: "ours, dynamic",
    plugin: "ours, plugin",
} as const;

export const faces = [names.dynamic, names.plugin] as const;

/** One operation of one contender, in one round. */
export interface Measurement {
    readonly contender: string;
    readonly count: number;
    readonly round: number;
    readonly operation: Operation;
    readonly run: Run;
    readonly asked: Omit<Asked, "posts"> & { readonly posts: number };
}

/** What hand-written POSTs took. */
export interface ByHand {
    readonly count: number;
    readonly sideBySide: number;
    readonly ms: number;
}

/** Everything that a run has measured; the report is made of nothing else. */
export interface Measured {
    readonly startedAt: string;
    readonly machine: {
        readonly processors: number;
        readonly node: string;
        readonly pulumi: string;
        /** Of the last minute, when the run began and when it ended. */
        readonly load: readonly number[];
    };
    readonly latencyMs: number;
    readonly isQuick: boolean;
    /** How many acquisitions are under way at once: the engine's bound, or ours. */
    readonly sideBySide: number;
    readonly inputBytes: number;
    readonly measurements: readonly Measurement[];
    /** First `up`s again, with state written once, at the end. */
    readonly writtenOnce: readonly Measurement[];
    readonly stateBytes: Readonly<Record<string, readonly number[]>>;
    readonly byHand: readonly ByHand[];
    readonly loads: Loads;
    readonly throttled: readonly Throttled[];
    readonly fleet: readonly FleetRow[];
    /** What could not be measured here, and why. */
    readonly leftOut: readonly string[];
}

/** Looks things up in what was measured. */
export class Figures {
    readonly measured: Measured;
    readonly measurements: readonly Measurement[];

    constructor(measured: Measured, measurements: readonly Measurement[] = measured.measurements) {
        this.measured = measured;
        this.measurements = measurements;
    }

    get counts(): readonly number[] {
        return [...new Set(this.measurements.map(({ count }) => count))].sort((one, other) => one - other);
    }

    get contenders(): readonly string[] {
        return [...new Set(this.measurements.map(({ contender }) => contender))];
    }

    /** 200, or where that was not measured the largest below it. */
    get mainCount(): number {
        return this.counts.filter((count) => count <= 200).at(-1) ?? 0;
    }

    of(contender: string, count: number, operation: Operation): readonly Measurement[] {
        return this.measurements.filter(
            (one) => one.contender === contender && one.count === count && one.operation === operation,
        );
    }

    wallMs(contender: string, count: number, operation: Operation): readonly number[] {
        return this.of(contender, count, operation).map(({ run }) => run.wallMs);
    }

    /** Round by round, what an operation takes beyond the ComponentResources'; less than a hundredth counts as that. */
    partMs(contender: string, count: number, operation: Operation): readonly number[] {
        const floor = this.wallMs(names.components, count, operation);
        return this.wallMs(contender, count, operation).map((ms, round) =>
            Math.max(ms / 100, ms - (floor[round] ?? Number.NaN)),
        );
    }

    /** How many times as long one takes as another, round by round. */
    ratio(above: string, below: string, operation: Operation): Spread | undefined {
        const count = this.mainCount;
        return spread(ratios(this.wallMs(above, count, operation), this.wallMs(below, count, operation)));
    }

    partRatio(above: string, below: string, operation: Operation): Spread | undefined {
        const count = this.mainCount;
        return spread(ratios(this.partMs(above, count, operation), this.partMs(below, count, operation)));
    }

    meanStateBytes(contender: string): number | undefined {
        const bytes = this.measured.stateBytes[contender];
        return bytes === undefined ? undefined : bytes.reduce((sum, one) => sum + one, 0) / bytes.length;
    }

    /** Of our part's growth from 50 to the largest count; `undefined` where only one was measured. */
    growth(contender: string, operation: Operation): { readonly to: number; readonly exponent: number } | undefined {
        const to = this.counts.at(-1) ?? 0;
        const [from] = this.counts.filter((count) => count >= 50);
        const before = from === undefined ? undefined : spread(this.partMs(contender, from, operation))?.median;
        const after = spread(this.partMs(contender, to, operation))?.median;
        if (
            from === undefined ||
            from === to ||
            before === undefined ||
            after === undefined ||
            before <= 0 ||
            after <= 0
        ) {
            return undefined;
        }
        return { to, exponent: exponent({ x: from, y: before }, { x: to, y: after }) };
    }
}
