import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrincipals, of, watch } from "../support/observed.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import {
    nameOf,
    openStack,
    pluginResourceType,
    type Stack,
    type State,
    type StateResource,
} from "../support/stack.mts";
import { pluginFile } from "./plugin.mts";

/*
 * The plugin in a YAML program, by the real engine and the real host: one stack through its life, in order. After each step
 * no secret stands in state, nor in anything that a command said.
 */

const clientSecret = new Sentinel("client secret");
const token = new Sentinel("SecretToken");
const rotated = new Sentinel("rotated");
const fromConfig = new Sentinel("from the stack's configuration");
const trigger = new Sentinel("trigger");
const sentinels = [clientSecret, token, rotated, fromConfig, trigger];

const emulator = await startEmulator({ clientSecret: clientSecret.value });
const principals = createPrincipals(emulator, ["acme", "late", "listed", "small", "moved", "imported", "owned"]);
const baseAddress = "https://scim.acme.example/v2";
let stack: Stack;

beforeAll(async () => {
    const { ARM_CLIENT_SECRET: _, ...environment } = emulator.environment;
    stack = await openStack({ files: {}, emulator: { environment }, language: "yaml", project: "fleet" });
    // By the stack's configuration, as the dynamic face takes it too.
    await stack.config("entrasync:clientSecret", clientSecret.value, "secret");
    await stack.config("fleet:fromConfig", fromConfig.value, "secret");
}, 1_200_000);
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

/** What a YAML program takes from elsewhere. */
const ref = (expression: string) => `\${${expression}}`;

const acquisition = (name: keyof typeof principals, credentials: unknown, more: object = {}, options: object = {}) => ({
    type: "entrasync:SynchronizationTokenAcquisition",
    properties: { servicePrincipalId: principals[name].id, credentials, ...more },
    options,
});

const resources = {
    acme: acquisition("acme", { BaseAddress: baseAddress, SecretToken: token.value }),
    late: acquisition("late", { SecretToken: token.value, UserName: ref("acme.acquiredAt") }),
    listed: acquisition("listed", [{ key: "SecretToken", value: ref("fromConfig") }], {
        triggers: { hidden: { "fn::secret": trigger.value }, shown: "1" },
    }),
    small: acquisition("small", { BaseAddress: baseAddress, SecretToken: "0123456789abcdef0123456789abcdef" }),
};

function declare(declared: object) {
    const config = { fromConfig: { type: "string", secret: true } };
    const outputs = { acquiredAt: ref("acme.acquiredAt"), hashes: ref("acme.credentialHashes") };
    stack.declareYaml({ config, resources: declared, outputs });
}

/** Runs a command, and finds no secret in its words or in the state that it leaves; gives both. */
async function quietly(...args: string[]) {
    const { output, stdout } = await stack.does(args);
    const state = await stack.does(["stack", "export"]);
    expect(leaks({ [args.join(" ")]: output, [`state after ${args[0]}`]: state.output }, sentinels)).toEqual([]);
    const { deployment } = JSON.parse(state.stdout) as State;
    const ours = (deployment.resources ?? []).filter(({ type }) => type === pluginResourceType);
    return { stdout, resources: Object.fromEntries(ours.map((resource) => [nameOf(resource.urn), resource])) };
}

async function preview() {
    const seen = watch(emulator);
    const { output, stdout } = await stack.does(["preview", "--diff"]);
    expect(leaks({ output }, sentinels)).toEqual([]);
    expect(seen().requests).toEqual([]);
    return stdout;
}

const up = () => quietly("up", "--yes", "--skip-preview");
const refresh = () => quietly("refresh", "--yes", "--skip-preview");
const outputsOf = (of_: Readonly<Record<string, StateResource>>) =>
    Object.fromEntries(Object.entries(of_).map(([name, { outputs }]) => [name, outputs]));

test("a preview knows what is to come, unknown credentials included, and sends nothing", async () => {
    declare(resources);
    const said = await preview();
    expect(said).toMatch(/credentials\s*: \[secret\]/);
    // The stack, and the four.
    expect(said).toContain("+ 5 to create");
});

test("up acquires once for each, with exactly the declared values and one sign-in", async () => {
    const seen = watch(emulator);
    const { acme, small } = (await up()).resources;
    const { posts, acquisitions } = seen();
    expect(posts).toHaveLength(4);
    expect(emulator.counts().tokenRequests).toBe(1);
    const values = (name: keyof typeof principals) => of(acquisitions, principals[name]).map((one) => one.values);
    expect(values("acme")).toEqual([resources.acme.properties.credentials]);
    expect(values("late")).toEqual([{ SecretToken: token.value, UserName: acme?.outputs?.acquiredAt }]);
    expect(values("listed")).toEqual([{ SecretToken: fromConfig.value }]);
    expect(bytesOf(small)).toBeLessThanOrEqual(1_300);
});

test("up again: nothing is sent, and nothing changes", async () => {
    const before = outputsOf(await stack.resources());
    const seen = watch(emulator);
    const after = await up();
    expect(after.stdout).toContain("5 unchanged");
    expect(seen().requests).toEqual([]);
    expect({ ...outputsOf(after.resources), listed: {} }).toEqual({ ...before, listed: {} });
});

const changed = {
    ...resources,
    acme: acquisition("acme", { BaseAddress: baseAddress, SecretToken: rotated.value }),
    listed: acquisition("moved", [{ key: "SecretToken", value: ref("fromConfig") }], {
        triggers: { hidden: { "fn::secret": trigger.value }, shown: "1" },
    }),
};

test("of a rotated credential the preview names the key, of a moved target the place; up acquires once for each", async () => {
    declare(changed);
    const said = await preview();
    expect(said).toMatch(/~ credentials: \{\s+~ SecretToken: \[secret\] => \[secret\]\s+\}/);
    expect(said).not.toContain("BaseAddress: [secret]");
    expect(said).toContain(`~ servicePrincipalId: "${principals.listed.id}" => "${principals.moved.id}"`);

    const seen = watch(emulator);
    const { listed } = (await up()).resources;
    const { acquisitions, posts, requests } = seen();
    expect(of(acquisitions, principals.acme).map(({ values }) => values)).toEqual([
        changed.acme.properties.credentials,
    ]);
    // What another resource takes from it follows.
    expect(of(acquisitions, principals.late)).toHaveLength(1);
    expect(of(acquisitions, principals.moved)).toHaveLength(1);
    expect(posts).toHaveLength(3);
    expect(requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect(listed?.id).toBe(`/servicePrincipals/${principals.moved.id}/synchronization/acquireAccessToken`);
});

test("a refresh changes nothing, keeps every secret one, and notices what is gone", async () => {
    const before = await stack.resources();
    remove("late");
    const seen = watch(emulator);
    const { resources: after } = await refresh();
    expect(seen().posts).toEqual([]);
    const { late: _, listed, ...others } = outputsOf(before);
    expect(outputsOf(after)).toEqual({ ...others, listed: { ...listed, triggers: expect.anything() } });
    expect(after.listed?.outputs?.triggers).toEqual({
        hidden: expect.objectContaining({ ciphertext: expect.any(String) }),
        shown: "1",
    });
    expect(bytesOf(after.small)).toBeLessThanOrEqual(bytesOf(before.small));
});

const { late: _, ...withoutLate } = changed;

test("an import knows the target and the keys, and acquires nothing", async () => {
    const stored = emulator.store.find("servicePrincipals", { by: "id", value: principals.imported.id });
    if (stored === undefined) throw new Error("not there");
    emulator.store.setSecrets(stored, [["SecretToken", token.value]]);
    declare(withoutLate);
    const seen = watch(emulator);
    const id = `/servicePrincipals/${principals.imported.id}/synchronization/acquireAccessToken`;
    const type = "entrasync:index:SynchronizationTokenAcquisition";
    const { stdout } = await quietly("import", type, "imported", id, "--yes", "--protect=false");
    expect(stdout).toContain(`servicePrincipalId: ${principals.imported.id}`);
    expect(seen().posts).toEqual([]);
    const { imported } = await stack.resources("--show-secrets");
    expect(imported).toMatchObject({
        id,
        inputs: {
            servicePrincipalId: principals.imported.id,
            credentials: { plaintext: JSON.stringify({ SecretToken: "*" }) },
        },
    });
});

test("a program that keeps the import's marks for values is told what to do, before anything is sent", async () => {
    declare({ ...withoutLate, imported: acquisition("imported", { SecretToken: "*" }) });
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(output).toMatch(/credentials\.SecretToken:? is \*, which stands for a value that can't be read back/);
    expect(seen().posts).toEqual([]);
});

test("with the value up acquires once; and a provider of its own is configured by its properties", async () => {
    const own = {
        type: "pulumi:providers:entrasync",
        properties: { clientSecret: clientSecret.value, useCli: false, replicationTimeout: "0" },
    };
    declare({
        ...withoutLate,
        imported: acquisition("imported", { SecretToken: token.value }),
        own,
        owned: acquisition("owned", { SecretToken: token.value }, {}, { provider: ref("own") }),
    });
    await preview();
    const seen = watch(emulator);
    await up();
    expect(of(seen().acquisitions, principals.imported).map(({ values }) => values)).toEqual([
        { SecretToken: token.value },
    ]);
    expect(of(seen().acquisitions, principals.owned)).toHaveLength(1);
    expect(seen().posts).toHaveLength(2);
    await refresh();
    const steps = await stack.upSteps();
    expect(new Set(Object.values(steps).flat())).toEqual(new Set(["same"]));
    expect(Object.keys(steps).sort()).toEqual(["acme", "imported", "listed", "owned", "small"]);
    expect(seen().posts).toHaveLength(2);
});

test("a setting that there is not ends the preview, with its name", async () => {
    declare({ ...withoutLate, own: { type: "pulumi:providers:entrasync", properties: { tenantID: "x" } } });
    const { code, output } = await stack.run(["preview"]);
    expect(code).not.toBe(0);
    expect(output).toContain("tenantID");
});

test("destroy needs nobody: no network, and no settings", async () => {
    const seen = watch(emulator);
    const nothing = Object.fromEntries(Object.keys(emulator.environment).map((name) => [name, undefined]));
    const { output } = await stack.does(["destroy", "--yes", "--skip-preview"], { environment: nothing });
    expect(leaks({ output }, sentinels)).toEqual([]);
    expect(seen().requests).toEqual([]);
    expect(await stack.resources()).toEqual({});
});

test("the engine's own check of the schema finds nothing wrong with it", async () => {
    const { stdout } = await stack.does(["package", "get-schema", pluginFile]);
    stack.write("schema.json", stdout);
    const { output } = await stack.does(["schema", "check", "schema.json"]);
    expect(output).not.toMatch(/error|warning/i);
});

function remove(name: keyof typeof principals) {
    const object = emulator.store.find("servicePrincipals", { by: "id", value: principals[name].id });
    if (object !== undefined) emulator.store.remove(object);
}

/** As an export has it, without what only the engine's own tracing adds. */
function bytesOf(resource: StateResource | undefined): number {
    const { stackTrace: _, sourcePosition: __, ...rest } = Object(resource) as Record<string, unknown>;
    return Buffer.byteLength(JSON.stringify(rest));
}
