/** What several measurements of one thing say. */
export interface Spread {
    readonly median: number;
    readonly least: number;
    readonly most: number;
    readonly values: readonly number[];
}

/** `undefined` where nothing was measured. */
export function spread(values: readonly number[]): Spread | undefined {
    if (values.length === 0) {
        return undefined;
    }
    const sorted = [...values].sort((left, right) => left - right);
    return { median: middle(sorted), least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0, values };
}

function middle(sorted: readonly number[]): number {
    const half = sorted.length / 2;
    const upper = sorted[Math.floor(half)] ?? Number.NaN;
    return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}

/** `y` grows as `x` to the power of this, from one pair of points to the other. */
export function exponent(from: { x: number; y: number }, to: { x: number; y: number }): number {
    return Math.log(to.y / from.y) / Math.log(to.x / from.x);
}

/** The quotients of measurements of the same round: what else the machine did then hit both. */
export function ratios(above: readonly number[], below: readonly number[]): readonly number[] {
    return above.slice(0, below.length).map((value, round) => value / (below[round] ?? Number.NaN));
}
