import { readFileSync } from "node:fs";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { descendantsOf } from "../faults/processes.mts";
import { watch } from "../support/observed.mts";
import { openStack, type Stack } from "../support/stack.mts";

/* 1,000 acquisitions in one stack while Graph throttles, resets and is unavailable now and then. In order. */

const count = 1000;
/** What the provider's process may take at its peak; some 150 MB without any acquisition. */
const peakLimitMb = 400;
const emulator = await startEmulator({ latencyMs: 20 });
const tenants = Array.from({ length: count }, (_, index) => ({
    name: `tenant-${index}`,
    id: emulator.createServicePrincipal(`Tenant ${index}`).id,
}));
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, project: "soak", emulator });
    stack.declare(
        `for (const { name, id } of ${JSON.stringify(tenants)}) {
            new SynchronizationTokenAcquisition(name, { servicePrincipalId: id, credentials: {
                BaseAddress: "https://scim.acme.example/v2", SecretToken: "token of " + name } });
        }`,
    );
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

test("1,000 acquisitions under 5 % 429, 1 % resets and 1 % 503 are all made, and none twice that need not be", async () => {
    const match = { path: "acquireAccessToken" };
    const times = Number.POSITIVE_INFINITY;
    // Drawn one after the other, so the later ones are of what the earlier ones spare: near enough.
    emulator.faults.add({ match, times, probability: 0.05, effect: { kind: "throttle", retryAfter: "1" } });
    emulator.faults.add({ match, times, probability: 0.005, effect: { kind: "reset", when: "before" } });
    emulator.faults.add({ match, times, probability: 0.005, effect: { kind: "reset", when: "after" } });
    emulator.faults.add({ match, times, probability: 0.01, effect: { kind: "respond", status: 503 } });

    const seen = watch(emulator);
    const startedMs = performance.now();
    const peak = watchPeak();
    await stack.up("--parallel", "64");
    const peakMb = peak.stop();
    const wallS = (performance.now() - startedMs) / 1000;

    const { posts, acquisitions } = seen();
    const accepted = new Map<string, number>();
    for (const { targetId } of acquisitions) {
        accepted.set(targetId, (accepted.get(targetId) ?? 0) + 1);
    }
    // A reset after Graph did its work is the one fault after which nobody can know: only then is twice no fault of ours.
    const lostAfterwards = posts.filter(({ faulted, keys }) => faulted === "reset" && keys !== undefined);
    const faulted = posts.filter((post) => post.faulted !== undefined);
    const of = (status: number) => posts.filter((post) => post.status === status).length;
    console.log(
        `${count} acquisitions in ${wallS.toFixed(0)} s: ${posts.length} POSTs, ${acquisitions.length} accepted ` +
            `(${lostAfterwards.length} of them with the answer lost), ${of(429)} times 429, ${of(503)} times 503, ${of(0)} resets; ` +
            `the provider's process took ${peakMb.toFixed(0)} MB at its peak`,
    );
    expect(accepted.size).toBe(count);
    expect(Object.keys(await stack.resources())).toHaveLength(count);
    // Each POST beyond the first of its target followed one that was met by a fault.
    expect(posts.length).toBe(count + faulted.length);
    expect(faulted.length).toBeGreaterThan(count * 0.03);
    for (const [targetId, times] of accepted) {
        const lost = lostAfterwards.filter(({ path }) => path.includes(targetId)).length;
        expect(times, targetId).toBe(1 + lost);
    }
    expect(peakMb).toBeGreaterThan(20);
    expect(peakMb).toBeLessThan(peakLimitMb);
});

test("an up after that has nothing to do", async () => {
    const seen = watch(emulator);
    await stack.up();
    expect(seen().requests).toEqual([]);
});

/** Watches how much memory the provider's process had at its most; Linux keeps the figure, so a look now and then is enough. */
function watchPeak(): { stop(): number } {
    let peakKb = 0;
    const look = () => {
        for (const { pid, commandLine } of descendantsOf(process.pid)) {
            if (commandLine.includes("dynamic-provider")) {
                peakKb = Math.max(peakKb, peakOf(pid));
            }
        }
    };
    const timer = setInterval(look, 500);
    return {
        stop() {
            clearInterval(timer);
            return peakKb / 1024;
        },
    };
}

function peakOf(pid: number): number {
    try {
        return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
        // It has ended meanwhile.
        return 0;
    }
}
