import { join } from "node:path";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { createPrincipals, watch } from "../support/observed.mts";
import { operations } from "../support/preview.mts";
import { javaScript, openStack, type Stack } from "../support/stack.mts";

/* Looking and leaving: what refresh believes, and that destroy needs nothing at all. In order. */

const emulator = await startEmulator();
const names = ["there", "gone", "forbidden", "anonymous", "proxied", "down", "bare", "packageless"] as const;
type Name = (typeof names)[number];
const principals = createPrincipals(emulator, names);
const noConfiguration = Object.fromEntries(Object.keys(emulator.environment).map((name) => [name, undefined]));
const dist = join(repositoryRoot, "dist/index.js");
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
    // A target that is gone is waited for as one that is new: not for two minutes here.
    await stack.config("entrasync:replicationTimeout", "2s");
    stack.declare(
        names
            .map(
                (name) => `new SynchronizationTokenAcquisition("${name}", {
                    servicePrincipalId: "${principals[name].id}", credentials: { SecretToken: "${name}-token" } });`,
            )
            .join("\n"),
    );
    await stack.up();
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

function faultOnRead(name: Name, status: number, body: { error: { code: string; message: string } } | string): void {
    emulator.faults.add({
        match: { method: "GET", path: principals[name].id },
        effect: { kind: "respond", status, body },
    });
}

async function destroyOne(name: Name, environment: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
    const [urn] = await urnsOf(name);
    await stack.does(["destroy", "--yes", "--skip-preview", "--target", urn ?? ""], { environment });
    expect(await urnsOf(name)).toEqual([]);
}

async function urnsOf(name: Name): Promise<string[]> {
    return Object.values(await stack.resources())
        .map(({ urn }) => urn)
        .filter((urn) => urn.endsWith(`::${name}`));
}

test("refresh looks at every target and its keys, changes nothing where all are there, and acquires nothing", async () => {
    const before = await stack.contents();
    const seen = watch(emulator);
    const { output } = await stack.refresh();
    expect(output).not.toMatch(/warning/i);
    expect(await stack.contents()).toEqual(before);
    const looks = seen().requests.filter(({ path }) => path.startsWith("/v1.0/"));
    expect(looks.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
        names
            .map((name) => `GET /v1.0/servicePrincipals/${principals[name].id}`)
            .flatMap((look) => [look, `${look}/synchronization/secrets`])
            .sort(),
    );
});

test("a target that is gone is gone from state, and what only could not be seen is kept with a warning", async () => {
    const before = await stack.contents();
    const principal = emulator.store.servicePrincipals.get(principals.gone.id);
    if (principal === undefined) throw new Error("the emulator does not know the principal");
    emulator.store.remove(principal);
    faultOnRead("forbidden", 403, {
        error: { code: "Authorization_RequestDenied", message: "Insufficient privileges." },
    });
    faultOnRead("anonymous", 401, { error: { code: "UnknownError", message: "" } });
    faultOnRead("proxied", 404, "<html>no such page</html>");
    const { output } = await stack.refresh();
    const { gone, ...others } = before;
    expect(gone).toBeDefined();
    expect(await stack.contents()).toEqual(others);
    for (const [name, status] of [
        ["forbidden", 403],
        ["anonymous", 401],
        ["proxied", 404],
    ] as const) {
        expect(output).toMatch(
            new RegExp(`warning: /servicePrincipals/${principals[name].id}/.* is kept in state.*answered ${status}`),
        );
    }
    expect(output).not.toContain(`warning: /servicePrincipals/${principals.there.id}`);
});

test("the next up acquires again for what is gone from state, once Graph knows its target again", async () => {
    expect(operations(await stack.plan())).toEqual({
        ...Object.fromEntries(names.map((name) => [name, "same"])),
        gone: "create",
    });
    // Graph's answer for a moment, from a replica that does not know it: gone from state, and there all the same.
    faultOnRead("there", 404, { error: { code: "Request_ResourceNotFound", message: "Resource does not exist." } });
    await stack.refresh();
    expect(await urnsOf("there")).toEqual([]);
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp("--continue-on-error");
    expect(code).not.toBe(0);
    expect(output).toContain(principals.gone.id);
    expect(seen().acquisitions.map(({ targetId, values }) => [targetId, values])).toEqual([
        [principals.there.id, { SecretToken: "there-token" }],
    ]);
});

test("destroy sends nothing", async () => {
    const seen = watch(emulator);
    await destroyOne("there");
    expect(seen().requests).toEqual([]);
});

test("without any configuration refresh keeps state and says why, and destroy works", async () => {
    const before = await stack.contents();
    const seen = watch(emulator);
    const { output } = await stack.does(["refresh", "--yes", "--skip-preview"], { environment: noConfiguration });
    expect(output).toMatch(
        /warning: .* is kept in state as it was: it was acquired in the cloud localhost:\d+, and public/,
    );
    expect(await stack.contents()).toEqual(before);
    await destroyOne("bare", noConfiguration);
    expect(seen().requests).toEqual([]);
});

test("with nobody listening refresh keeps state with a warning, and destroy works", async () => {
    await emulator.close();
    const before = await stack.contents();
    const { output } = await stack.refresh();
    expect(output).toMatch(/warning: .* is kept in state as it was: .*could not be/);
    expect(await stack.contents()).toEqual(before);
    await destroyOne("down");
});

test("with the package gone preview and up name it and change nothing, refresh and destroy work", async () => {
    const before = await stack.contents();
    expect(Object.keys(before)).toContain("packageless");
    stack.unlink("pulumi-entrasync");
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        const { code, output } = await stack.run(command);
        expect(code, command[0]).not.toBe(0);
        expect(output).toMatch(/Cannot find module 'pulumi-entrasync'/);
    }
    // A program that has the package bundled into it still runs; what its state requires is gone all the same.
    const text = javaScript(`new SynchronizationTokenAcquisition("packageless", {
        servicePrincipalId: "${principals.packageless.id}", credentials: { SecretToken: "changed" } });`);
    const bundled = text.replace('require("pulumi-entrasync")', `require(${JSON.stringify(dist)})`);
    expect(bundled).not.toBe(text);
    stack.write("index.js", bundled);
    const { code, output } = await stack.run(["preview"]);
    expect(code).not.toBe(0);
    expect(output).toMatch(/Cannot find module 'pulumi-entrasync\/runtime'/);
    expect(await stack.contents()).toEqual(before);

    await stack.refresh();
    expect(await stack.contents()).toEqual(before);
    await stack.destroy();
    expect(await stack.contents()).toEqual({});
});
