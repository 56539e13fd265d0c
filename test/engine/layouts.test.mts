import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { watch } from "../support/observed.mts";
import { javaScript, openStack, type Stack } from "../support/stack.mts";

/* How the package came onto the disk is nothing that state should know. */

const emulator = await startEmulator();
afterAll(() => emulator.close());

const target = emulator.createServicePrincipal("Acme");
const program = javaScript(
    `new SynchronizationTokenAcquisition("acme", { servicePrincipalId: "${target.id}", credentials: { SecretToken: "a-token" } });`,
);
const modules = join(repositoryRoot, "node_modules");

const layouts: { layout: string; arrange: (stack: Stack) => void }[] = [
    { layout: "linked, as in a workspace", arrange: () => {} },
    {
        layout: "installed beside its dependencies, as npm does",
        arrange(stack) {
            stack.unlink("pulumi-entrasync");
            install(join(stack.folder, "node_modules/pulumi-entrasync"));
            link(join(modules, "@azure"), join(stack.folder, "node_modules/@azure"));
            link(join(modules, "tslib"), join(stack.folder, "node_modules/tslib"));
        },
    },
    {
        layout: "in a store with a link to it, as pnpm does",
        arrange(stack) {
            stack.unlink("pulumi-entrasync");
            const store = join(stack.folder, "node_modules/.pnpm/pulumi-entrasync@1/node_modules");
            install(join(store, "pulumi-entrasync"));
            link(join(modules, "@azure"), join(store, "@azure"));
            link(join(modules, "@pulumi"), join(store, "@pulumi"));
            link(join(store, "pulumi-entrasync"), join(stack.folder, "node_modules/pulumi-entrasync"));
        },
    },
    {
        layout: "hoisted above a program in a subfolder",
        arrange(stack) {
            stack.write("Pulumi.yaml", `name: ${stack.project}\nruntime: nodejs\nmain: programs/acme\n`);
            stack.write("programs/acme/index.js", program);
            stack.write("programs/acme/package.json", "{}");
            rmSync(join(stack.folder, "index.js"));
        },
    },
];

const written = new Map<string, unknown>();

test.for(layouts)("$layout, it acquires", async ({ layout, arrange }) => {
    await using stack = await openStack({ files: { "index.js": program }, emulator });
    arrange(stack);
    const seen = watch(emulator);
    await stack.up();
    expect(seen().acquisitions).toHaveLength(1);
    const { acme } = await stack.resources();
    expect(acme?.inputs?.__provider).toBeTypeOf("string");
    expect(acme?.outputs?.__provider).toBe(acme?.inputs?.__provider);
    written.set(layout, acme?.inputs?.__provider);
});

test("state holds the same provider in every layout", () => {
    expect(written.size).toBe(layouts.length);
    expect(new Set(written.values()).size).toBe(1);
});

function install(folder: string): void {
    mkdirSync(folder, { recursive: true });
    cpSync(join(repositoryRoot, "dist"), join(folder, "dist"), { recursive: true });
    cpSync(join(repositoryRoot, "package.json"), join(folder, "package.json"));
}

function link(to: string, from: string): void {
    mkdirSync(dirname(from), { recursive: true });
    symlinkSync(to, from);
}
