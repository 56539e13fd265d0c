import { randomBytes } from "node:crypto";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { openStack, type Stack, type StateResource } from "../support/stack.mts";

/* What a stack of 200 acquisitions of two credentials costs: in state, in requests, and in what is loaded. In order. */

const emulator = await startEmulator();
const tenants = Array.from({ length: 200 }, (_, index) => ({
    name: `tenant-${String(index).padStart(3, "0")}`,
    id: emulator.createServicePrincipal(`Tenant ${index}`).id,
    token: randomBytes(24).toString("base64url"),
}));
const azure = ["@azure/identity", "@azure/core-rest-pipeline", "@azure/msal-node"];
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, project: "fleet", stack: "dev", emulator });
    stack.declare(
        tenants
            .map(
                ({ name, id, token }) => `new SynchronizationTokenAcquisition("${name}", {
                    servicePrincipalId: "${id}",
                    credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "${token}" } });`,
            )
            .join("\n"),
    );
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

test("up acquires for each of the 200 once, with one sign-in, over few connections", async () => {
    const seen = watch(emulator);
    const loads = await stack.watchLoads((environment) =>
        stack.does(["up", "--yes", "--skip-preview"], { environment }),
    );
    // The probe can see: who acquires loads all of these, and the program itself none.
    for (const name of azure)
        expect(loads.ofPackage(name), name).toEqual([expect.stringContaining("/dynamic-provider")]);
    const { acquisitions, posts } = seen();
    expect(posts).toHaveLength(tenants.length);
    expect(new Map(acquisitions.map(({ targetId, values }) => [targetId, values.SecretToken]))).toEqual(
        new Map(tenants.map(({ id, token }) => [id, token])),
    );
    expect(acquisitions).toHaveLength(tenants.length);
    const counts = emulator.counts();
    expect(counts.tokenRequests).toBe(1);
    expect(counts.graphRequests).toBe(tenants.length);
    console.log(`200 acquisitions: ${counts.connections} connections, ${seen().requests.length} requests in all`);
    expect(counts.connections).toBeLessThanOrEqual(20);
});

test("state holds at most 160 bytes of provider and 1,600 bytes for each resource", async () => {
    const resources = Object.values(await stack.resources());
    expect(resources).toHaveLength(tenants.length);
    const sizes = resources.map(bytesOf);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    const providers = new Set(resources.flatMap(({ inputs, outputs }) => [inputs?.__provider, outputs?.__provider]));
    const [provider] = [...providers];
    console.log(
        `state of one of 200 resources: ${Math.max(...sizes)} bytes at most, ${mean.toFixed(1)} on average; ` +
            `__provider: ${Buffer.byteLength(String(provider))} bytes`,
    );
    expect(providers.size).toBe(1);
    expect(provider).toBeTypeOf("string");
    expect(Buffer.byteLength(String(provider))).toBeLessThanOrEqual(160);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1600);
});

test("an up that changes nothing sends nothing and loads nothing of Azure in any process", async () => {
    const seen = watch(emulator);
    const countsBefore = emulator.counts();
    const loads = await stack.watchLoads((environment) =>
        stack.does(["up", "--yes", "--skip-preview"], { environment }),
    );
    expect(seen().requests).toEqual([]);
    expect(emulator.counts()).toEqual(countsBefore);
    expect(loads.ofFile("/dist/runtime.js")).toEqual([expect.stringContaining("/dynamic-provider")]);
    for (const name of azure) expect(loads.ofPackage(name), name).toEqual([]);
});

test("a refresh asks twice for each, with one sign-in, over few connections, and changes nothing", async () => {
    const before = await stack.contents();
    const countsBefore = emulator.counts();
    const seen = watch(emulator);
    await stack.refresh();
    const looks = seen().requests.filter(({ path }) => path.startsWith("/v1.0/"));
    expect(looks.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
        tenants
            .map(({ id }) => `GET /v1.0/servicePrincipals/${id}`)
            .flatMap((look) => [look, `${look}/synchronization/secrets`])
            .sort(),
    );
    const counts = emulator.counts();
    expect(counts.tokenRequests - countsBefore.tokenRequests).toBe(1);
    expect(counts.connections - countsBefore.connections).toBeLessThanOrEqual(20);
    expect(await stack.contents()).toEqual(before);
});

test("one credential changed in one of them is one request to Graph", async () => {
    const [first] = tenants;
    const program = tenants.map(
        ({ name, id, token }) => `new SynchronizationTokenAcquisition("${name}", {
            servicePrincipalId: "${id}",
            credentials: {
                BaseAddress: "https://scim.acme.example/v2",
                SecretToken: "${name === first?.name ? "rotated" : token}",
            } });`,
    );
    stack.declare(program.join("\n"));
    const seen = watch(emulator);
    await stack.up();
    expect(seen().acquisitions.map(({ targetId, values }) => [targetId, values.SecretToken])).toEqual([
        [first?.id, "rotated"],
    ]);
    expect(seen().requests.filter(({ path }) => path.startsWith("/v1.0/"))).toHaveLength(1);
});

/** As compact JSON, without the two properties that the engine adds for its own tracing. */
function bytesOf(resource: StateResource): number {
    const { stackTrace: _, sourcePosition: __, ...rest } = resource as StateResource & Record<string, unknown>;
    return Buffer.byteLength(JSON.stringify(rest));
}
