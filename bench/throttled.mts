import type { Contender, Tenant } from "./contenders/contender.mts";
import { EmulatorChild } from "./emulator.mts";

/** An `up` against a Graph that lets so many requests a second through. */
export interface Throttled {
    readonly contender: string;
    readonly count: number;
    readonly perSecond: number;
    readonly wallMs: number;
    /** As Graph saw it: from the first request's arrival to the last one's answer. */
    readonly tookMs: number;
    /** No program is done sooner, but for the answer's own time. */
    readonly leastMs: number;
    readonly requests: number;
    readonly refused: number;
}

export async function measureThrottled(
    contender: Contender,
    tenantsOf: (emulator: EmulatorChild) => Promise<readonly Tenant[]>,
    { perSecond, latencyMs }: { readonly perSecond: number; readonly latencyMs: number },
): Promise<Throttled> {
    await using emulator = await EmulatorChild.start(latencyMs, perSecond);
    const tenants = await tenantsOf(emulator);
    await using project = await contender.open(tenants, emulator.address);
    let wallMs = 0;
    const { posts, acquisitions } = await emulator.watch(async () => {
        ({ wallMs } = await project.run("up"));
    });
    if (acquisitions !== tenants.length) {
        throw new Error(`${contender.name}: ${acquisitions} of ${tenants.length} were acquired`);
    }
    return {
        contender: contender.name,
        count: tenants.length,
        perSecond,
        wallMs,
        tookMs: Math.max(...posts.map(({ endMs }) => endMs)) - Math.min(...posts.map(({ atMs }) => atMs)),
        // A second's worth goes through at once.
        leastMs: ((tenants.length - perSecond) / perSecond) * 1000,
        requests: posts.length,
        refused: posts.filter(({ status }) => status === 429).length,
    };
}
