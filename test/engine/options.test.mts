import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrincipals, of, watch } from "../support/observed.mts";
import { operations } from "../support/preview.mts";
import { openStack, type Stack } from "../support/stack.mts";

/* Pulumi's own resource options, each on a resource of its own in one stack. In order. */

const emulator = await startEmulator();
const names = [
    "twin",
    "otherTwin",
    "ignoresKey",
    "ignoresListKey",
    "ignoresAll",
    "replaces",
    "veiled",
    "guarded",
    "renamed",
    "retained",
] as const;
type Name = (typeof names)[number];
const principals = createPrincipals(emulator, names);
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

function acquisition(name: string, target: Name, credentials: string, options = "{}"): string {
    return `new SynchronizationTokenAcquisition("${name}", {
        servicePrincipalId: "${principals[target].id}", credentials: ${credentials} }, ${options});\n`;
}

function program(token: string, address: string): Record<Name, string> {
    const map = `{ BaseAddress: "${address}", SecretToken: "${token}" }`;
    const list = `[{ key: "BaseAddress", value: "${address}" }, { key: "SecretToken", value: "${token}" }]`;
    return {
        twin: acquisition("twin", "twin", map),
        otherTwin: acquisition("otherTwin", "otherTwin", map),
        ignoresKey: acquisition("ignoresKey", "ignoresKey", map, '{ ignoreChanges: ["credentials.SecretToken"] }'),
        ignoresListKey: acquisition(
            "ignoresListKey",
            "ignoresListKey",
            list,
            '{ ignoreChanges: ["credentials[1].value"] }',
        ),
        ignoresAll: acquisition("ignoresAll", "ignoresAll", map, '{ ignoreChanges: ["credentials"] }'),
        replaces: acquisition("replaces", "replaces", map, '{ replaceOnChanges: ["credentials"] }'),
        veiled: acquisition("veiled", "veiled", map, '{ additionalSecretOutputs: ["credentialHashes"] }'),
        guarded: acquisition("guarded", "guarded", map, "{ protect: true }"),
        renamed: acquisition("renamed", "renamed", map),
        retained: acquisition("retained", "retained", map, "{ retainOnDelete: true }"),
    };
}

const declare = (resources: Readonly<Record<string, string>>) => stack.declare(Object.values(resources).join(""));
const hashesOf = async (name: string) =>
    (await stack.resources())[name]?.outputs?.credentialHashes as Readonly<Record<string, string>>;
const seconds = (acquisitions: readonly { values: Readonly<Record<string, string | null>> }[]) =>
    acquisitions.map(({ values }) => values);

test("equal values of two resources have different hashes", async () => {
    declare(program("token-1", "https://one.example"));
    await stack.up();
    const twin = await hashesOf("twin");
    const other = await hashesOf("otherTwin");
    expect(Object.keys(twin)).toEqual(["BaseAddress", "SecretToken"]);
    expect(Object.keys(other)).toEqual(Object.keys(twin));
    expect(new Set([...Object.values(twin), ...Object.values(other)]).size).toBe(4);
    expect(emulator.store.acquisitions).toHaveLength(names.length);
});

test("additionalSecretOutputs encrypts what it names and changes nothing else", async () => {
    const { veiled } = await stack.resources();
    expect(veiled?.outputs?.credentialHashes).toMatchObject({ ciphertext: expect.any(String) });
    const seen = watch(emulator);
    expect(new Set(Object.values(operations(await stack.plan())))).toEqual(new Set(["same"]));
    expect(seen().requests).toEqual([]);
});

test("ignoreChanges ignores a credential, by its path in the map or in the list, or all of them", async () => {
    declare(program("token-2", "https://one.example"));
    const seen = watch(emulator);
    const plan = operations(await stack.plan());
    expect(plan).toMatchObject({ twin: "update", ignoresKey: "same", ignoresListKey: "same", ignoresAll: "same" });
    expect(seen().requests).toEqual([]);
});

test("what is not ignored is acquired with the value that is", async () => {
    declare(program("token-2", "https://two.example"));
    const seen = watch(emulator);
    await stack.up();
    const { acquisitions } = seen();
    expect(seconds(of(acquisitions, principals.twin))).toEqual([
        { BaseAddress: "https://two.example", SecretToken: "token-2" },
    ]);
    expect(seconds(of(acquisitions, principals.ignoresKey))).toEqual([
        { BaseAddress: "https://two.example", SecretToken: "token-1" },
    ]);
    expect(seconds(of(acquisitions, principals.ignoresListKey))).toEqual([
        { BaseAddress: "https://two.example", SecretToken: "token-1" },
    ]);
    expect(of(acquisitions, principals.ignoresAll)).toEqual([]);
    expect(of(acquisitions, principals.veiled)).toHaveLength(1);
    expect(of(acquisitions, principals.replaces)).toHaveLength(1);
    const after = watch(emulator);
    expect(new Set(Object.values(operations(await stack.plan())))).toEqual(new Set(["same"]));
    expect(after().requests).toEqual([]);
});

test("replaceOnChanges replaces where a credential changes, and only where it is asked for", async () => {
    declare(program("token-3", "https://two.example"));
    const plan = await stack.plan();
    expect(operations(plan)).toMatchObject({ replaces: "replace", twin: "update" });
});

test("an alias carries state over to a new name, and protect keeps it from being deleted", async () => {
    const { guarded: _, renamed: __, retained: ___, ...others } = program("token-2", "https://two.example");
    const credentials = '{ BaseAddress: "https://two.example", SecretToken: "token-2" }';
    declare({
        ...others,
        newName: acquisition("newName", "renamed", credentials, '{ aliases: [{ name: "renamed" }] }'),
    });
    const hashes = await hashesOf("renamed");
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp("--continue-on-error");
    expect(code).not.toBe(0);
    expect(output).toMatch(/guarded.*cannot be deleted|cannot be deleted[\s\S]*guarded/);
    expect(seen().requests).toEqual([]);
    const state = await stack.resources();
    expect(Object.keys(state).sort()).toEqual(
        [...names.filter((name) => name !== "renamed" && name !== "retained"), "newName"].sort(),
    );
    expect(await hashesOf("newName")).toEqual(hashes);
});
