import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrincipals, of, watch } from "../support/observed.mts";
import { operations } from "../support/preview.mts";
import { openStack, type Stack, type StateResource, type Step } from "../support/stack.mts";

/*
 * Pulumi's own resource options and commands with the plugin, in a YAML program; one stack, each option on a resource of its
 * own. In order.
 *
 * YAML has no word for transforms, transformations, parents that are components and aliases by a parent:
 * test/engine/commands.test.mts has those. They are the program's and the engine's work, and no provider sees them.
 */

const emulator = await startEmulator();
const names = [
    "first",
    "second",
    "targeted",
    "ignoresKey",
    "ignoresListKey",
    "ignoresAll",
    "replaces",
    "replacesElsewhere",
    "veiled",
    "guarded",
    "renamed",
    "renamedByCommand",
    "retained",
    "owned",
] as const;
type Name = (typeof names)[number];
const principals = createPrincipals(emulator, [...names, "impatient"]);
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator, language: "yaml" });
}, 1_200_000);
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

/** What a YAML program takes from elsewhere. */
const ref = (expression: string) => `\${${expression}}`;

const acquisition = (target: keyof typeof principals, credentials: unknown, options: object = {}) => ({
    type: "entrasync:SynchronizationTokenAcquisition",
    properties: { servicePrincipalId: principals[target].id, credentials },
    options,
});

const own = (replicationTimeout: string) => ({
    type: "pulumi:providers:entrasync",
    properties: { clientSecret: emulator.environment.ARM_CLIENT_SECRET, useCli: false, replicationTimeout },
});

function program(token: string, address: string): Record<Name | "own", object> {
    const map = { BaseAddress: address, SecretToken: token };
    const list = Object.entries(map).map(([key, value]) => ({ key, value }));
    return {
        own: own("0"),
        first: acquisition("first", map),
        second: acquisition("second", map, { dependsOn: [ref("first")] }),
        targeted: acquisition("targeted", map),
        ignoresKey: acquisition("ignoresKey", map, { ignoreChanges: ["credentials.SecretToken"] }),
        ignoresListKey: acquisition("ignoresListKey", list, { ignoreChanges: ["credentials[1].value"] }),
        ignoresAll: acquisition("ignoresAll", map, { ignoreChanges: ["credentials"] }),
        replaces: acquisition("replaces", map, { replaceOnChanges: ["credentials.SecretToken"] }),
        replacesElsewhere: acquisition("replacesElsewhere", map, { replaceOnChanges: ["triggers"] }),
        veiled: acquisition("veiled", map, { additionalSecretOutputs: ["requestId", "credentialHashes"] }),
        guarded: acquisition("guarded", map, { protect: true }),
        renamed: acquisition("renamed", map),
        renamedByCommand: acquisition("renamedByCommand", map),
        retained: acquisition("retained", map, { retainOnDelete: true }),
        owned: acquisition("owned", map, { provider: ref("own") }),
    };
}

const declare = (resources: object) => stack.declareYaml({ resources });
const urnOf = async (name: string) => (await stack.resources())[name]?.urn ?? "";
const outputsOf = async (name: string) => (await stack.contents())[name]?.outputs;
const values = (seen: ReturnType<typeof watch>, name: keyof typeof principals) =>
    of(seen().acquisitions, principals[name]).map((acquired) => acquired.values);
const kinds = (plan: Readonly<Record<string, object>>) =>
    new Set(Object.values(operations(plan as Record<string, Step>)));

/** The paths that a planned step names as different. */
function differences(step: Step | undefined): readonly string[] {
    const { detailedDiff } = Object(step) as { readonly detailedDiff?: object | null };
    return Object.keys(detailedDiff ?? {}).sort();
}

test("dependsOn puts acquisitions one after the other, and a provider of its own signs in for itself", async () => {
    // Whoever did not wait for it would come before it.
    emulator.faults.add({ match: { path: principals.first.id }, effect: { kind: "delay", ms: 700 } });
    declare(program("token-1", "https://one.example"));
    const seen = watch(emulator);
    await stack.up();
    const order = seen().acquisitions.map(({ targetId }) => targetId);
    expect(order).toHaveLength(names.length);
    expect(order.indexOf(principals.second.id)).toBeGreaterThan(order.indexOf(principals.first.id));
    expect(emulator.counts().tokenRequests).toBe(2);
    const { owned, first } = (await stack.resources()) as Record<
        string,
        StateResource & { readonly provider?: string }
    >;
    expect(owned?.provider).toContain("::own::");
    expect(first?.provider).toContain("::default");
});

test("additionalSecretOutputs encrypts what it names and changes nothing else", async () => {
    const { veiled, first } = await stack.resources();
    expect(veiled?.outputs).toMatchObject({
        requestId: { ciphertext: expect.any(String) },
        credentialHashes: { ciphertext: expect.any(String) },
        acquiredAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(first?.outputs).toMatchObject({ requestId: expect.stringMatching(/^[\w-]{36}$/) });
    const seen = watch(emulator);
    expect(kinds(await stack.plan())).toEqual(new Set(["same"]));
    expect(seen().requests).toEqual([]);
});

test("ignoreChanges ignores a credential, by its path in the map or in the list, or all of them", async () => {
    declare(program("token-2", "https://one.example"));
    const seen = watch(emulator);
    const plan = await stack.plan();
    expect(operations(plan)).toMatchObject({
        targeted: "update",
        ignoresKey: "same",
        ignoresListKey: "same",
        ignoresAll: "same",
        replaces: "replace",
        replacesElsewhere: "update",
    });
    expect(differences(plan.targeted)).toEqual(["credentials.SecretToken"]);
    expect(seen().requests).toEqual([]);
});

test("up --target acquires for what it names, and leaves what else has changed for later", async () => {
    const seen = watch(emulator);
    await stack.up("--target", await urnOf("targeted"));
    expect(values(seen, "targeted")).toEqual([{ BaseAddress: "https://one.example", SecretToken: "token-2" }]);
    expect(seen().posts).toHaveLength(1);
    expect(operations(await stack.plan())).toMatchObject({ targeted: "same", first: "update", replaces: "replace" });
});

test("what is not ignored is acquired with the value that is; a replacement acquires once and deletes nothing", async () => {
    declare(program("token-2", "https://two.example"));
    const plan = await stack.plan();
    expect(differences(plan.ignoresKey)).toEqual(["credentials.BaseAddress"]);
    expect(differences(plan.ignoresListKey)).toEqual(["credentials[0].value"]);
    const seen = watch(emulator);
    const steps = await stack.upSteps();
    expect(steps).toMatchObject({ ignoresKey: ["update"], ignoresAll: ["same"], replacesElsewhere: ["update"] });
    expect(steps.replaces).toEqual(expect.arrayContaining(["create-replacement", "delete-replaced"]));
    const both = { BaseAddress: "https://two.example", SecretToken: "token-2" };
    const withOld = { BaseAddress: "https://two.example", SecretToken: "token-1" };
    expect(values(seen, "targeted")).toEqual([both]);
    expect(values(seen, "ignoresKey")).toEqual([withOld]);
    expect(values(seen, "ignoresListKey")).toEqual([withOld]);
    expect(values(seen, "ignoresAll")).toEqual([]);
    expect(values(seen, "replaces")).toEqual([both]);
    expect(values(seen, "veiled")).toEqual([both]);
    expect(values(seen, "owned")).toEqual([both]);
    expect(seen().posts).toHaveLength(names.length - 1);
    expect(seen().requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    const { veiled } = await stack.resources();
    expect(veiled?.outputs?.requestId).toMatchObject({ ciphertext: expect.any(String) });
    const after = watch(emulator);
    expect(kinds(await stack.plan())).toEqual(new Set(["same"]));
    expect(after().requests).toEqual([]);
});

test("another setting of the provider's own updates the provider, and acquires nothing", async () => {
    declare({ ...program("token-2", "https://two.example"), own: own("5s") });
    const seen = watch(emulator);
    const preview = await stack.does(["preview"]);
    expect(preview.stdout).toMatch(/~ +pulumi:providers:entrasync +own +update/);
    expect(await stack.upSteps()).toMatchObject({ owned: ["same"] });
    expect(seen().posts).toEqual([]);
});

test("an alias and state rename carry state over to a new name; a new name alone acquires anew", async () => {
    await stack.does(["state", "rename", await urnOf("renamedByCommand"), "byCommand", "--yes"]);
    const before = await stack.contents();
    const { renamed: _, renamedByCommand: __, second: ___, ...others } = program("token-2", "https://two.example");
    const map = { BaseAddress: "https://two.example", SecretToken: "token-2" };
    declare({
        ...others,
        own: own("5s"),
        newName: acquisition("renamed", map, { aliases: [{ name: "renamed" }] }),
        byCommand: acquisition("renamedByCommand", map),
        secondAnew: acquisition("second", map),
    });
    const seen = watch(emulator);
    expect(await stack.upSteps()).toMatchObject({
        newName: ["same"],
        byCommand: ["same"],
        secondAnew: ["create"],
        second: ["delete"],
    });
    expect(seen().posts).toHaveLength(1);
    expect(values(seen, "second")).toEqual([map]);
    expect(await outputsOf("newName")).toEqual(before.renamed?.outputs);
    expect(await outputsOf("byCommand")).toEqual(before.byCommand?.outputs);
    expect(await stack.resources()).not.toHaveProperty("renamed");
});

test("protect keeps a resource from being deleted, retainOnDelete lets it go; neither is told to anybody", async () => {
    declare({ own: own("5s") });
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp("--continue-on-error");
    expect(code).not.toBe(0);
    expect(output).toMatch(/guarded.*cannot be deleted|cannot be deleted[\s\S]*guarded/);
    expect(seen().requests).toEqual([]);
    const left = Object.keys(await stack.resources());
    expect(left).toContain("guarded");
    expect(left).not.toContain("retained");
});

test("customTimeouts end an acquisition that gets no answer, in their own time", async () => {
    const { guarded } = program("token-2", "https://two.example");
    const declareImpatient = (token: string) => {
        const options = { customTimeouts: { create: "3s", update: "2s" } };
        declare({ own: own("5s"), guarded, impatient: acquisition("impatient", { SecretToken: token }, options) });
    };
    for (const [token, seconds, step] of [
        ["token-1", 3, "create"],
        ["token-2", 2, "update"],
    ] as const) {
        emulator.faults.add({
            match: { method: "POST", path: `${principals.impatient.id}/synchronization/acquireAccessToken` },
            effect: { kind: "hang", when: "before" },
        });
        declareImpatient(token);
        const seen = watch(emulator);
        const startedMs = performance.now();
        const { code, output } = await stack.tryUp();
        // With all that the engine does around it; this package's own time would be minutes.
        expect(performance.now() - startedMs, step).toBeLessThan(60_000);
        expect(code, step).not.toBe(0);
        const [, within] = /no answer within ([\d.]+) s\..*\(OUTCOME_UNKNOWN\)/.exec(output) ?? [];
        // What the sign-in left of it.
        expect(Number(within), step).toBeGreaterThan(0);
        expect(Number(within), step).toBeLessThanOrEqual(seconds);
        expect(seen().posts, step).toMatchObject([{ status: 0, faulted: "hang" }]);
        expect(output, step).not.toContain(token);
        const after = watch(emulator);
        expect(await stack.upSteps()).toMatchObject({ impatient: [step] });
        expect(values(after, "impatient")).toEqual([{ SecretToken: token }]);
    }
});
