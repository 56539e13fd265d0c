import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { changedKeys, operations } from "../support/preview.mts";
import { openStack, type Stack } from "../support/stack.mts";

/* Credentials and targets that another resource only makes during the up. In order. */

const emulator = await startEmulator();
const principals = {
    value: emulator.createServicePrincipal("one value"),
    key: emulator.createServicePrincipal("a key"),
    whole: emulator.createServicePrincipal("the whole map"),
    target: emulator.createServicePrincipal("the target"),
    ready: emulator.createServicePrincipal("an Output that is known"),
};
const names = Object.keys(principals) as (keyof typeof principals)[];
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

function declare(generation: string): void {
    stack.declare(`
        const create = async (inputs) => ({ id: "made", outs: { ...inputs, made: inputs.makes } });
        const maker = { create, update: async (id, olds, news) => ({ outs: { ...news, made: news.makes } }) };
        class Maker extends pulumi.dynamic.Resource {
            constructor(name, makes) { super(maker, name, { makes, made: undefined }); }
        }
        const token = new Maker("token", "made-${generation}").made;
        const acquire = (name, args) => new SynchronizationTokenAcquisition(name, args);
        acquire("value", {
            servicePrincipalId: "${principals.value.id}",
            credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: token },
        });
        acquire("key", {
            servicePrincipalId: "${principals.key.id}",
            credentials: [
                { key: "BaseAddress", value: "https://scim.acme.example/v2" },
                { key: token.apply(() => "SecretToken"), value: token },
            ],
        });
        acquire("whole", {
            servicePrincipalId: "${principals.whole.id}",
            credentials: token.apply((value) => ({ SecretToken: value })),
        });
        acquire("target", {
            servicePrincipalId: token.apply(() => "/servicePrincipals/${principals.target.id}"),
            credentials: { SecretToken: "known-all-along" },
        });
        acquire("ready", {
            servicePrincipalId: "${principals.ready.id}",
            credentials: pulumi.output(Promise.resolve({ SecretToken: pulumi.secret("ready-token") })),
        });
    `);
}

test("the first preview plans every acquisition and shows the keys that are known, and sends nothing", async () => {
    declare("first");
    const seen = watch(emulator);
    const plan = await stack.plan();
    expect(operations(plan)).toEqual(Object.fromEntries(names.map((name) => [name, "create"])));
    const shown = Object.fromEntries(names.map((name) => [name, plan[name]?.newState?.inputs?.credentialHashes]));
    const hash = expect.stringMatching(/^v1:/);
    const unknown = expect.not.stringMatching(/^v1:/);
    expect(shown).toEqual({
        value: { BaseAddress: hash, SecretToken: unknown },
        key: unknown,
        whole: unknown,
        target: { SecretToken: hash },
        ready: { SecretToken: hash },
    });
    expect(JSON.stringify(plan)).not.toMatch(/known-all-along|ready-token/);
    expect(seen().requests).toEqual([]);
});

test("up acquires with what was made", async () => {
    const seen = watch(emulator);
    await stack.up();
    const acquired = Object.fromEntries(seen().acquisitions.map(({ targetId, values }) => [targetId, values]));
    expect(seen().posts).toHaveLength(names.length);
    expect(acquired).toEqual({
        [principals.value.id]: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "made-first" },
        [principals.key.id]: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "made-first" },
        [principals.whole.id]: { SecretToken: "made-first" },
        [principals.target.id]: { SecretToken: "known-all-along" },
        [principals.ready.id]: { SecretToken: "ready-token" },
    });
});

test("once made, it is known: a preview plans nothing and up sends nothing", async () => {
    const seen = watch(emulator);
    expect(operations(await stack.plan())).toEqual(Object.fromEntries(names.map((name) => [name, "same"])));
    await stack.up();
    expect(seen().requests).toEqual([]);
});

test("what is to be made anew is planned as a change of its key alone, and up acquires what depends on it", async () => {
    declare("second");
    const seen = watch(emulator);
    const plan = await stack.plan();
    expect(operations(plan)).toMatchObject({ value: "update", key: "update", whole: "update", ready: "same" });
    expect(changedKeys(plan.value ?? {})).toEqual(["SecretToken"]);
    expect(seen().requests).toEqual([]);
    await stack.up();
    const acquired = seen().acquisitions.filter(({ targetId }) => targetId !== principals.target.id);
    expect(acquired.map(({ values }) => values.SecretToken)).toEqual(["made-second", "made-second", "made-second"]);
});

test("state knows what an acquisition depends on", async () => {
    const { resources = [] } = (await stack.exportState()).deployment;
    const dependencies = (name: string) =>
        JSON.stringify(resources.find(({ urn }) => urn.endsWith(`::${name}`) && urn.includes("entrasync:")));
    for (const name of ["value", "key", "whole", "target"]) expect(dependencies(name), name).toMatch(/::token"/);
    expect(dependencies("ready")).not.toMatch(/::token"/);
});
