import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrincipals, watch } from "../support/observed.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import { openStack, pluginResourceType, resourceType, type Stack } from "../support/stack.mts";

/*
 * From the dynamic resource to the plugin's: a TypeScript or JavaScript program's resources, taken over by a program in
 * YAML. One goes by the schema's own alias, which the host reads as every generated SDK has it; one says it itself.
 */

const emulator = await startEmulator();
const principals = createPrincipals(emulator, ["acme", "listed"]);
const token = new Sentinel("SecretToken");
const rotated = new Sentinel("rotated");
let stack: Stack;

const inYaml = (secretToken: Sentinel) => ({
    resources: {
        acme: {
            type: "entrasync:SynchronizationTokenAcquisition",
            properties: {
                servicePrincipalId: principals.acme.id,
                credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: secretToken.value },
                triggers: { run: 1 },
            },
        },
        listed: {
            type: "entrasync:SynchronizationTokenAcquisition",
            properties: {
                servicePrincipalId: `/servicePrincipals/${principals.listed.id}`,
                credentials: [{ key: "SecretToken", value: secretToken.value }],
                timeouts: { create: "2m" },
            },
            options: { aliases: [{ type: resourceType }] },
        },
    },
});

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator, language: "yaml" });
    stack.write("Pulumi.yaml", "name: fleet\nruntime: nodejs\n");
    stack.declare(`
        new SynchronizationTokenAcquisition("acme", {
            servicePrincipalId: "${principals.acme.id}",
            credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: ${token.literal} },
            triggers: { run: 1 },
        });
        new SynchronizationTokenAcquisition("listed", {
            servicePrincipalId: "/servicePrincipals/${principals.listed.id}",
            credentials: [{ key: "SecretToken", value: pulumi.secret(${token.literal}) }],
            timeouts: { create: "2m" },
        });
    `);
    await stack.up();
}, 1_200_000);
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

test("the plugin takes over what the dynamic resource acquired: nothing is created, updated or sent", async () => {
    const before = await stack.contents();
    expect(Object.values(await stack.resources()).map(({ type }) => type)).toEqual([resourceType, resourceType]);
    const seen = watch(emulator);
    stack.declareYaml(inYaml(token));
    expect(await stack.upSteps()).toEqual({ acme: ["same"], listed: ["same"] });
    expect(seen().requests).toEqual([]);
    const after = await stack.contents();
    for (const [name, { id, outputs }] of Object.entries(before)) {
        const { __provider: _, ...kept } = outputs ?? {};
        expect({ id: after[name]?.id, outputs: after[name]?.outputs }).toMatchObject({ id, outputs: kept });
    }
});

test("from then on it is the plugin's: a refresh looks, a change is named and acquired once, a destroy forgets", async () => {
    expect(Object.values(await stack.resources()).map(({ type }) => type)).toEqual([
        pluginResourceType,
        pluginResourceType,
    ]);
    await stack.refresh();
    const seen = watch(emulator);
    stack.declareYaml(inYaml(rotated));
    const { stdout } = await stack.does(["preview", "--diff"]);
    expect(stdout).toMatch(/~ credentials: \{\s+~ SecretToken: \[secret\] => \[secret\]\s+\}/);
    expect(await stack.upSteps()).toEqual({ acme: ["update"], listed: ["update"] });
    expect(seen().posts).toHaveLength(2);
    const { stdout: state } = await stack.does(["stack", "export"]);
    expect(leaks({ stdout, state }, [token, rotated])).toEqual([]);
    expect(state).not.toContain("__provider");
    await stack.destroy();
    expect(seen().posts).toHaveLength(2);
    expect(await stack.resources()).toEqual({});
});
