import { setTimeout as sleep } from "node:timers/promises";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { Sentinel } from "../support/sentinels.mts";
import { FakeEngine } from "./engine.mts";
import { failureOf, Plugin, urn } from "./plugin.mts";

/* The user presses Ctrl-C: the engine says so once or more, and again at every normal end. */

let emulator: Emulator;
let engine: FakeEngine;
const token = new Sentinel("SecretToken");

beforeAll(async () => {
    emulator = await startEmulator();
    engine = await FakeEngine.start();
});
afterEach(() => emulator.reset());
afterAll(async () => {
    expect(token.findIn(JSON.stringify(engine.logged))).toEqual([]);
    await engine[Symbol.asyncDispose]();
    await emulator.close();
});

/** A plugin with an acquisition checked, and signed in, so that what follows is the POST and nothing else. */
async function ready(name: string) {
    const plugin = await Plugin.start({ environment: emulator.environment, engine: engine.address });
    const { id } = emulator.createServicePrincipal(name);
    await plugin.invoke("entrasync:index:getSynchronizationSecretKeys", { servicePrincipalId: id });
    const inputs = await plugin.checked({ servicePrincipalId: id, credentials: { SecretToken: token.value } });
    return { plugin, inputs };
}

test.each([
    ["Graph's pause", { kind: "throttle", retryAfter: "120" }, /answered 429 .*waiting 120 s/],
    [
        "a target that Graph does not know yet",
        {
            kind: "respond",
            status: 404,
            body: { error: { code: "Request_ResourceNotFound", message: "Resource does not exist." } },
        },
        /answered 404 .*may not have reached every part of Graph yet/,
    ],
] as const)(
    "while it waits for %s an acquisition ends at once, and says that nothing is under way",
    async (what, effect, waits) => {
        const { plugin, inputs } = await ready(what);
        await using _ = plugin;
        emulator.faults.add({ match: { method: "POST" }, times: Number.POSITIVE_INFINITY, effect });
        const creating = failureOf(plugin.create(inputs, { name: what }));
        await engine.says(waits, urn(what));
        const posts = watch(emulator);
        const cancelledMs = performance.now();
        await plugin.cancel();
        const { message, kept } = await creating;
        expect(performance.now() - cancelledMs).toBeLessThan(2_000);
        expect(message).toMatch(/: cancelled\. Graph had not processed anything\..*\(CANCELLED\)$/);
        expect(kept).toBeUndefined();
        expect(posts().posts).toEqual([]);
        expect(plugin.leaks(token)).toEqual([]);
    },
);

test("a metadata host that does not answer is waited for no longer: by an acquisition, a function and an import", async () => {
    await using plugin = await Plugin.start({ environment: emulator.environment, engine: engine.address });
    const { id } = emulator.createServicePrincipal("silent metadata host");
    const inputs = await plugin.checked({ servicePrincipalId: id, credentials: { SecretToken: token.value } });
    emulator.faults.add({
        match: { path: "/metadata/endpoints" },
        times: Number.POSITIVE_INFINITY,
        effect: { kind: "hang", when: "before" },
    });
    const calls = [
        failureOf(plugin.create(inputs)),
        failureOf(plugin.invoke("entrasync:index:getSynchronizationSecretKeys", { servicePrincipalId: id })),
    ];
    const imported = plugin.read(`/servicePrincipals/${id}/synchronization/acquireAccessToken`);
    await sleep(700);
    const cancelledMs = performance.now();
    await plugin.cancel();
    for (const call of calls) expect((await call).message).toMatch(/: cancelled[.;].*\(CANCELLED\)$/);
    await imported.catch(() => undefined);
    expect(performance.now() - cancelledMs).toBeLessThan(2_000);
});

test("a POST that is under way may come to its end, and state gets what it acquired", async () => {
    const { plugin, inputs } = await ready("under way");
    await using _ = plugin;
    emulator.faults.add({ match: { method: "POST" }, effect: { kind: "delay", ms: 1_500 } });
    const creating = plugin.create(inputs);
    await sleep(700);
    await plugin.cancel();
    await plugin.cancel();
    expect(await creating).toMatchObject({ properties: { acquiredAt: expect.stringMatching(/^\d{4}-/) } });
    expect(emulator.store.acquisitions).toHaveLength(1);
});

test("after it nothing new is sent, also where it comes before everything else, and more than once", async () => {
    const { plugin, inputs } = await ready("after");
    await using _ = plugin;
    await plugin.cancel();
    await plugin.cancel();
    const seen = watch(emulator);
    const { message } = await failureOf(plugin.create(inputs));
    expect(message).toMatch(/cancelled.*\(CANCELLED\)$/);
    expect(seen().posts).toEqual([]);
    // Whoever configures anew is cancelled all the same.
    await plugin.configure();
    expect((await failureOf(plugin.create(inputs))).message).toMatch(/\(CANCELLED\)$/);
    expect(emulator.store.acquisitions).toEqual([]);
    await plugin.delete("any", {});
    expect(plugin.isRunning).toBe(true);
});
