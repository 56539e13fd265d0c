import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { Sentinel } from "../support/sentinels.mts";
import { FakeEngine } from "./engine.mts";
import { failureOf, Plugin, urn } from "./plugin.mts";
import { Tripwire } from "./tripwire.mts";
import { clear, isSecret, secret, shown, unknown, type Wire } from "./wire.mts";

/* Create, update, read and delete: in a preview, for real, and where it goes wrong. */

const hash = expect.stringMatching(/^v1:[\w-]{16}$/);
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const uuid = expect.stringMatching(/^[\w-]{36}$/);

let emulator: Emulator;
let engine: FakeEngine;
let plugin: Plugin;
const token = new Sentinel("SecretToken");
const rotated = new Sentinel("rotated");
const trigger = new Sentinel("trigger");
const code = new Sentinel("Oauth2AuthorizationCode");
const clientSecret = new Sentinel("client secret");

beforeAll(async () => {
    emulator = await startEmulator({ clientSecret: clientSecret.value });
    engine = await FakeEngine.start();
    plugin = await Plugin.start({ environment: emulator.environment, engine: engine.address });
    await plugin.configure();
});
beforeEach(() => emulator.faults.clear());
afterAll(async () => {
    expect(plugin.leaks(token, rotated, trigger, code, clientSecret)).toEqual([]);
    expect(plugin.surfaces).toMatchObject({ stdout: `${plugin.port}\n`, stderr: "" });
    await plugin[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    await emulator.close();
});

const credentials = { BaseAddress: "https://scim.acme.example/v2", SecretToken: token.value };

function newTarget(name: string) {
    const { id } = emulator.createServicePrincipal(name);
    return { target: id, id: `/servicePrincipals/${id}/synchronization/acquireAccessToken` };
}

/** An acquisition as state holds it. */
async function acquired(name: string, more: Readonly<Record<string, unknown>> = {}) {
    const { target, id } = newTarget(name);
    const oldInputs = await plugin.checked({ servicePrincipalId: target, credentials, ...more });
    const { properties } = await plugin.create(oldInputs, { name });
    return { target, id, oldInputs, olds: properties };
}

describe("in a preview, with Graph out of reach", () => {
    let tripwire: Tripwire;
    let offline: Plugin;
    const id = "/servicePrincipals/00000000-0000-0000-0000-000000000007/synchronization/acquireAccessToken";
    const inputs = { servicePrincipalId: "00000000-0000-0000-0000-000000000007", credentials };

    afterEach(() => void expect(tripwire.connections).toBe(0));
    beforeAll(async () => {
        tripwire = await Tripwire.start();
        offline = await Plugin.start({ environment: tripwire.environment });
    });
    afterAll(async () => {
        expect(offline.leaks(token, rotated)).toEqual([]);
        await offline[Symbol.asyncDispose]();
        await tripwire[Symbol.asyncDispose]();
    });

    test("a create knows the id, the cloud and the keys", async () => {
        expect(await offline.create(await offline.checked(inputs), { preview: true })).toEqual({
            id,
            properties: {
                acquiredAt: unknown,
                requestId: unknown,
                cloud: tripwire.environment.ARM_METADATA_HOSTNAME,
                credentialHashes: { BaseAddress: unknown, SecretToken: unknown },
            },
        });
    });

    test("of unknown inputs it knows what can be known", async () => {
        const target = await offline.checked({ ...inputs, servicePrincipalId: unknown });
        expect((await offline.create(target, { preview: true })).id).toBe("");
        const whole = await offline.checked({ ...inputs, credentials: unknown });
        expect(await offline.create(whole, { preview: true })).toMatchObject({
            id,
            properties: { credentialHashes: unknown },
        });
    });

    test("an update knows the hashes, and what stays", async () => {
        const oldInputs = await offline.checked(inputs);
        const news = await offline.checked(
            { ...inputs, credentials: { ...credentials, SecretToken: rotated.value } },
            oldInputs,
        );
        const previewed = async (olds: Readonly<Record<string, unknown>>, to: typeof news) =>
            (await offline.update(id, { olds, oldInputs, news: to }, { preview: true })).properties;
        const first: Wire = {
            ...(await previewed({}, oldInputs)),
            acquiredAt: "2026-01-01T00:00:00.000Z",
            requestId: "r",
        };
        expect(first).toMatchObject({ credentialHashes: { BaseAddress: hash, SecretToken: hash } });
        const second = await previewed(first, news);
        expect(second).toMatchObject({
            acquiredAt: unknown,
            requestId: unknown,
            credentialHashes: { SecretToken: hash },
        });
        expect(Reflect.get(Object(second.credentialHashes), "SecretToken")).not.toBe(
            Reflect.get(Object(first.credentialHashes), "SecretToken"),
        );
        expect(await previewed(first, oldInputs)).toEqual(first);
    });

    test("a delete needs nobody, a real one too", async () => {
        await offline.delete(id, { acquiredAt: "2026-01-01T00:00:00.000Z", credentialHashes: {} });
        await offline.delete("whatever", {});
    });

    test("a refresh keeps state as it was, with a warning", async () => {
        const properties = { acquiredAt: "2026-01-01T00:00:00.000Z", requestId: "r", credentialHashes: {} };
        const read = await offline.read(id, { properties, inputs: { ...inputs, credentials: secret(credentials) } });
        expect(read).toMatchObject({ id, properties });
        expect(clear(read.inputs)).toEqual(inputs);
        expect(offline.surfaces.stderr).toMatch(
            /was not looked at and is kept in state as it was: .*could not be asked/,
        );
        // This one had to try.
        expect(tripwire.connections).toBeGreaterThan(0);
        tripwire.connections = 0;
    });
});

test("a create acquires once, with exactly these values, and gives what the schema promises", async () => {
    const { target, id } = newTarget("create");
    const seen = watch(emulator);
    const inputs = await plugin.checked({ servicePrincipalId: `/servicePrincipals/${target}`, credentials });
    expect(await plugin.create(inputs)).toEqual({
        id,
        properties: {
            acquiredAt: instant,
            requestId: uuid,
            cloud: emulator.host,
            credentialHashes: { BaseAddress: hash, SecretToken: hash },
        },
    });
    expect(seen().posts).toHaveLength(1);
    expect(seen().acquisitions).toEqual([expect.objectContaining({ targetId: target, values: credentials })]);
});

test("a list, an application and another version of Graph reach Graph as they are", async () => {
    const { id } = emulator.createApplication("create");
    const seen = watch(emulator);
    const inputs = await plugin.checked({
        applicationId: id,
        credentials: [{ key: "SecretToken", value: secret(token.value) }],
        apiVersion: "beta",
    });
    expect(await plugin.create(inputs)).toMatchObject({
        id: `/applications/${id}/synchronization/acquireAccessToken`,
    });
    expect(seen().acquisitions).toEqual([
        expect.objectContaining({
            targetKind: "applications",
            apiVersion: "beta",
            values: { SecretToken: token.value },
        }),
    ]);
});

test("an update that changes a value acquires again; one that changes nothing to be sent sends nothing", async () => {
    const { id, oldInputs, olds } = await acquired("update");
    const seen = watch(emulator);
    const sameValues = await plugin.checked(
        {
            servicePrincipalId: oldInputs.servicePrincipalId,
            credentials: Object.entries(credentials).map(([key, value]) => ({ key, value })),
            timeouts: { update: "1m" },
        },
        oldInputs,
    );
    const unchanged = await plugin.update(id, { olds, oldInputs, news: sameValues });
    expect(unchanged.properties).toEqual({ ...olds, timeouts: { update: "1m" } });
    expect(seen().requests).toEqual([]);

    const news = await plugin.checked(
        { servicePrincipalId: oldInputs.servicePrincipalId, credentials: { SecretToken: rotated.value } },
        oldInputs,
    );
    const changed = await plugin.update(id, { olds, oldInputs, news });
    expect(changed.properties).toEqual({
        acquiredAt: instant,
        requestId: uuid,
        cloud: emulator.host,
        credentialHashes: { SecretToken: hash },
    });
    expect(changed.properties.requestId).not.toBe(olds.requestId);
    expect(seen().acquisitions.map(({ values }) => values)).toEqual([{ SecretToken: rotated.value }]);
});

test("a secret among the triggers stays one: after create, update, refresh, and what is kept of a failure", async () => {
    const triggers = { shown: "1", hidden: secret(trigger.value) };
    const { id, oldInputs, olds } = await acquired("triggers", { triggers });
    expect(olds.triggers).toEqual(triggers);

    const changedTriggers = { ...triggers, shown: "2" };
    const news = await plugin.checked({ ...oldInputs, credentials, triggers: changedTriggers }, oldInputs);
    const { properties } = await plugin.update(id, { olds, oldInputs, news });
    expect(properties.triggers).toEqual(changedTriggers);

    const read = await plugin.read(id, { properties, inputs: news });
    expect(read).toEqual({ id, properties, inputs: news });

    emulator.faults.add({ match: { method: "POST" }, effect: { kind: "reset", when: "after" } });
    const withCode = await plugin.checked(
        { ...oldInputs, credentials: { Oauth2AuthorizationCode: token.value }, triggers: changedTriggers },
        news,
    );
    const { kept } = await failureOf(plugin.update(id, { olds: properties, oldInputs: news, news: withCode }));
    expect(kept?.properties.triggers).toEqual(changedTriggers);
});

test("a code whose answer was lost: state is told what was sent, and the next update with the same code sends nothing", async () => {
    const { target, id } = newTarget("lost");
    const inputs = await plugin.checked({
        servicePrincipalId: target,
        credentials: { Oauth2AuthorizationCode: code.value, SecretToken: rotated.value },
    });
    emulator.faults.add({ match: { method: "POST" }, effect: { kind: "reset", when: "after" } });
    const seen = watch(emulator);
    const lost = await failureOf(plugin.create(inputs));
    expect(lost.status).toBe("UNKNOWN");
    expect(lost.message).toMatch(
        /Graph may or may not have acquired the token\. Graph shows every key that was sent.*\(OUTCOME_UNKNOWN\)$/,
    );
    expect(lost.kept).toEqual({
        id,
        reasons: [lost.message],
        properties: {
            acquiredAt: "",
            requestId: expect.any(String),
            cloud: emulator.host,
            credentialHashes: { Oauth2AuthorizationCode: hash, SecretToken: hash },
            outcomeUnknownSince: instant,
        },
    });
    const olds = lost.kept?.properties ?? {};
    expect(await plugin.diff({ id, olds, oldInputs: inputs, news: inputs })).toMatchObject({
        detailed: { outcomeUnknownSince: "DELETE (output)" },
    });
    const again = await failureOf(plugin.update(id, { olds, oldInputs: inputs, news: inputs }));
    expect(again.message).toMatch(/Nothing was sent now.*\(OUTCOME_UNKNOWN\)$/);
    expect(again.kept?.properties).toEqual(olds);
    expect(seen().posts).toHaveLength(1);

    const withNewCode = await plugin.checked(
        { servicePrincipalId: target, credentials: { Oauth2AuthorizationCode: `${code.value} 2` } },
        inputs,
    );
    const { properties } = await plugin.update(id, { olds, oldInputs: inputs, news: withNewCode });
    expect(properties).not.toHaveProperty("outcomeUnknownSince");
    expect(seen().acquisitions).toHaveLength(2);
});

test("a refusal is an error with its code, and nothing is kept of it", async () => {
    const { target } = newTarget("refused");
    const inputs = await plugin.checked({ servicePrincipalId: target, credentials });
    emulator.store.callerRoles = ["Directory.Read.All"];
    const fresh = await Plugin.start({ environment: emulator.environment });
    const refused = await failureOf(fresh.create(inputs));
    emulator.store.callerRoles = ["Application.ReadWrite.All", "Synchronization.ReadWrite.All"];
    expect(refused).toMatchObject({ status: "UNKNOWN", kept: undefined });
    expect(refused.message).toMatch(/Synchronization\.ReadWrite\.All.*\(PERMISSION_DENIED\)$/);
    expect(fresh.leaks(token, clientSecret)).toEqual([]);
    await fresh[Symbol.asyncDispose]();
});

test("Pulumi's customTimeouts go before the resource's own, for create, update and read", async () => {
    const seconds = async (call: Promise<unknown>) => {
        const startedMs = performance.now();
        const failure = await failureOf(call);
        return { failure, tookMs: performance.now() - startedMs };
    };
    const { id, oldInputs, olds } = await acquired("timeouts", {
        timeouts: { create: "4m", update: "4m", read: "4m" },
    });
    emulator.faults.add({ times: Number.POSITIVE_INFINITY, effect: { kind: "hang", when: "before" } });
    const { target } = newTarget("timeouts of create");
    const inputs = await plugin.checked({ ...oldInputs, credentials, servicePrincipalId: target });
    const news = await plugin.checked({ ...oldInputs, credentials: { SecretToken: rotated.value } }, oldInputs);
    const [created, updated, read] = await Promise.all([
        seconds(plugin.create(inputs, { timeout: 1, name: "slow create" })),
        seconds(plugin.update(id, { olds, oldInputs, news }, { timeout: 1, name: "slow update" })),
        plugin.read(id, { properties: olds, inputs: oldInputs }, { timeout: 1, name: "slow read" }),
    ]);
    expect(created.failure.message).toMatch(/within (1|0\.9\d*) s\b.*\((DEADLINE_EXCEEDED|OUTCOME_UNKNOWN)\)$/);
    expect(updated.failure.message).toMatch(/within (1|0\.9\d*) s\b.*\((DEADLINE_EXCEEDED|OUTCOME_UNKNOWN)\)$/);
    for (const { tookMs } of [created, updated]) {
        expect(tookMs).toBeGreaterThan(900);
        expect(tookMs).toBeLessThan(10_000);
    }
    expect(read).toEqual({ id, properties: olds, inputs: oldInputs });
    expect((await engine.says(/is kept in state as it was/, urn("slow read"))).severity).toBe("warning");
    emulator.faults.clear();
});

describe("a refresh", () => {
    test("of a target that is there gives state back as it was, secrets as secrets", async () => {
        const { id, oldInputs, olds } = await acquired("there");
        const read = await plugin.read(id, { properties: olds, inputs: oldInputs });
        expect(read).toEqual({ id, properties: olds, inputs: oldInputs });
        expect(isSecret(read.inputs.credentials)).toBe(true);
    });

    test("marks the credentials as a secret even where state had them in clear", async () => {
        const { id, oldInputs, olds } = await acquired("there in clear");
        const inClear = Object(clear(oldInputs));
        const read = await plugin.read(id, { properties: olds, inputs: inClear });
        expect(shown(read.inputs)).toEqual({ ...inClear, credentials: "[secret]" });
    });

    test("of a target that is gone says so by an empty answer", async () => {
        const { target, id, oldInputs, olds } = await acquired("gone");
        const object = emulator.store.find("servicePrincipals", { by: "id", value: target });
        if (object) emulator.store.remove(object);
        expect(await plugin.read(id, { properties: olds, inputs: oldInputs })).toEqual({
            id: "",
            properties: {},
            inputs: {},
        });
    });

    test("without the permission to look keeps state, with a warning at the resource", async () => {
        const { id, oldInputs, olds } = await acquired("unseen");
        emulator.faults.add({
            match: { method: "GET" },
            times: Number.POSITIVE_INFINITY,
            effect: {
                kind: "respond",
                status: 403,
                body: { error: { code: "Authorization_RequestDenied", message: "Insufficient privileges" } },
            },
        });
        const read = await plugin.read(id, { properties: olds, inputs: oldInputs }, { name: "unseen" });
        expect(read).toEqual({ id, properties: olds, inputs: oldInputs });
        const { severity } = await engine.says(
            /is kept in state as it was: .*Authorization_RequestDenied/,
            urn("unseen"),
        );
        expect(severity).toBe("warning");
    });

    test("with an id that is none of ours keeps state, with a warning", async () => {
        const properties = { acquiredAt: "x" };
        expect(await plugin.read("odd", { properties, inputs: {} }, { name: "odd" })).toMatchObject({
            id: "odd",
            properties,
        });
        expect((await engine.says(/^odd was not looked at/, urn("odd"))).severity).toBe("warning");
    });
});

describe("an import, a read without properties,", () => {
    test("has the target from the id, and the keys that Graph shows with a mark for each value", async () => {
        const { target, id } = await acquired("imported");
        const read = await plugin.read(id);
        expect(clear(read)).toEqual({
            id,
            properties: { acquiredAt: "", requestId: "", credentialHashes: {}, cloud: emulator.host },
            inputs: { servicePrincipalId: target, credentials: { BaseAddress: "*", SecretToken: "*" } },
        });
        expect(isSecret(read.inputs.credentials)).toBe(true);
        // As the engine goes on: check with the same, then a diff that has the next up acquire.
        const { inputs, failures } = await plugin.check(read.inputs, read.inputs);
        expect(failures).toEqual([]);
        expect(await plugin.diff({ id, olds: read.properties, oldInputs: read.inputs, news: inputs })).toMatchObject({
            changes: "some",
            replaces: [],
        });
    });

    test("of an application likewise", async () => {
        const { id: target } = emulator.createApplication("imported");
        const id = `/applications/${target}/synchronization/acquireAccessToken`;
        expect(clear((await plugin.read(id)).inputs)).toEqual({ applicationId: target, credentials: {} });
    });

    test("of what is not there is gone", async () => {
        const id = "/servicePrincipals/00000000-0000-0000-0000-000000000007/synchronization/acquireAccessToken";
        expect(await plugin.read(id)).toEqual({ id: "", properties: {}, inputs: {} });
    });

    test.each(["", "acme", "00000000-0000-0000-0000-000000000007", "/groups/00000000-0000-0000-0000-000000000007"])(
        "of the id %j is refused, with the id that would be one",
        async (id) => {
            const { message } = await failureOf(plugin.read(id));
            expect(message).toMatch(
                /^id: is not one of this resource's: give \/servicePrincipals\/<uuid>\/.*\(INVALID_INPUT\)$/,
            );
        },
    );

    test("by someone who may not see the keys has none of them, and a warning", async () => {
        const { id } = await acquired("keys unseen");
        emulator.faults.add({
            match: { method: "GET", path: "/synchronization/secrets" },
            effect: {
                kind: "respond",
                status: 403,
                body: { error: { code: "Authorization_RequestDenied", message: "Insufficient privileges" } },
            },
        });
        const read = await plugin.read(id, {}, { name: "keys unseen" });
        expect(clear(read.inputs)).toMatchObject({ credentials: {} });
        const { severity } = await engine.says(
            /keys of the stored credentials could not be looked at/,
            urn("keys unseen"),
        );
        expect(severity).toBe("warning");
    });
});

test("what it waits for is told at the resource while it waits", async () => {
    const { target } = newTarget("waiting");
    const inputs = await plugin.checked({ servicePrincipalId: target, credentials });
    emulator.faults.add({ match: { method: "POST" }, effect: { kind: "throttle", retryAfter: "1" } });
    const creating = plugin.create(inputs, { name: "waiting" });
    expect(await engine.says(/answered 429 .*waiting 1 s/, urn("waiting"))).toMatchObject({ severity: "info" });
    expect(await creating).toMatchObject({ id: expect.stringContaining(target) });
    for (const sentinel of [token, rotated, trigger, code, clientSecret]) {
        expect(sentinel.findIn(JSON.stringify(engine.logged))).toEqual([]);
    }
});
