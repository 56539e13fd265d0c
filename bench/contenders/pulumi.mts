import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { openStack, type StackOptions, theEngine } from "../../test/support/stack.mts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import type { Address } from "../emulator.mts";
import { measure } from "../processes.mts";
import type { Contender, Operation, Project, Run, Tenant } from "./contender.mts";

const commands: Readonly<Record<Operation, readonly string[]>> = {
    up: ["up", "--yes", "--skip-preview"],
    noOp: ["up", "--yes", "--skip-preview"],
    preview: ["preview"],
    rotated: ["up", "--yes", "--skip-preview"],
    refresh: ["refresh", "--yes", "--skip-preview"],
    destroy: ["destroy", "--yes", "--skip-preview"],
};

interface Way {
    readonly name: string;
    readonly acquires: boolean;
    /** Declares one `tenant`, for each of them. */
    readonly program: string;
    /** In the type of its resources, and of no others. */
    readonly type: string;
    /** In the command line of its provider's process. */
    readonly process?: string;
    readonly usesPlugin?: boolean;
}

/** Of a resource in state, without what the engine adds for tracing. */
const notCounted = ["stackTrace", "sourcePosition"];

function contender(way: Way): Contender {
    return { name: way.name, acquires: way.acquires, open: (tenants, emulator) => open(way, tenants, emulator) };
}

async function open(way: Way, given: readonly Tenant[], emulator: Address): Promise<Project> {
    let tenants = given;
    const { command } = await theEngine();
    const options: StackOptions = { files: {}, project: "bench", emulator };
    const stack = await openStack(options);
    const write = () => stack.write("tenants.json", JSON.stringify(tenants));
    write();
    if (way.usesPlugin) {
        const plugins = { providers: [{ name: "entrasync", path: join(repositoryRoot, "dist") }] };
        stack.write("Pulumi.yaml", JSON.stringify({ name: stack.project, runtime: "nodejs", plugins }));
    }
    stack.write(
        "index.js",
        [
            '"use strict";',
            'const pulumi = require("@pulumi/pulumi");',
            'const tenants = require("./tenants.json");',
            way.program,
            "",
        ].join("\n"),
    );
    if (way === naiveWay) {
        await build({
            entryPoints: [join(repositoryRoot, "bench/peers/naive/acquisition.ts")],
            outfile: join(stack.folder, "acquisition.js"),
            format: "cjs",
            platform: "node",
            target: "node22",
            logLevel: "error",
        });
        const place = join(stack.folder, "node_modules/@azure/identity");
        mkdirSync(dirname(place), { recursive: true });
        symlinkSync(join(repositoryRoot, "node_modules/@azure/identity"), place);
    }
    const own = { GRAPH_URL: emulator.url, AUTHORITY_HOST: emulator.url };
    return {
        async run(operation, environment = {}): Promise<Run> {
            const env = { ...stack.environment, ...own, ...environment };
            return measure({ file: command, args: commands[operation], cwd: stack.folder, env }, way.process);
        },
        rotate(secretToken) {
            tenants = tenants.map((tenant, index) => (index === 0 ? { ...tenant, secretToken } : tenant));
            write();
        },
        async stateBytes() {
            const { deployment } = await stack.exportState();
            return (deployment.resources ?? [])
                .filter(({ type }) => type === way.type)
                .map((resource) => {
                    const counted = Object.entries(resource).filter(([name]) => !notCounted.includes(name));
                    return Buffer.byteLength(JSON.stringify(Object.fromEntries(counted)));
                });
        },
        [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    };
}

/** The floor: what the engine and its program take, whatever the resources are. */
export const components = contender({
    name: "ComponentResources",
    acquires: false,
    type: "bench:index:Acquisition",
    program: `for (const { name, servicePrincipalId, baseAddress, secretToken } of tenants) {
    const args = { servicePrincipalId, credentials: pulumi.secret({ BaseAddress: baseAddress, SecretToken: secretToken }) };
    new pulumi.ComponentResource("bench:index:Acquisition", name, args);
}`,
});

/** What Pulumi's host of dynamic providers takes, whatever its hooks do. */
export const emptyHooks = contender({
    name: "empty dynamic hooks",
    acquires: false,
    type: "pulumi-nodejs:dynamic:Resource",
    process: "dynamic-provider",
    program: `const provider = {
    check: async (olds, news) => ({ inputs: news }),
    diff: async () => ({ changes: false }),
    create: async (inputs) => ({ id: inputs.servicePrincipalId, outs: {} }),
    update: async () => ({ outs: {} }),
    read: async (id, properties) => ({ id, props: properties }),
    delete: async () => {},
};
for (const { name, servicePrincipalId, baseAddress, secretToken } of tenants) {
    const credentials = pulumi.secret({ BaseAddress: baseAddress, SecretToken: secretToken });
    new pulumi.dynamic.Resource(provider, name, { servicePrincipalId, credentials });
}`,
});

const naiveWay: Way = {
    name: "naive dynamic provider",
    acquires: true,
    type: "pulumi-nodejs:dynamic:Resource",
    process: "dynamic-provider",
    program: `const { NaiveAcquisition } = require("./acquisition.js");
for (const { name, servicePrincipalId, baseAddress, secretToken } of tenants) {
    new NaiveAcquisition(name, { servicePrincipalId, credentials: { BaseAddress: baseAddress, SecretToken: secretToken } });
}`,
};
export const naive = contender(naiveWay);

export const dynamic = contender({
    name: "ours, dynamic",
    acquires: true,
    type: "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition",
    process: "dynamic-provider",
    program: `const { SynchronizationTokenAcquisition } = require("pulumi-entrasync");
for (const { name, servicePrincipalId, baseAddress, secretToken } of tenants) {
    new SynchronizationTokenAcquisition(name, {
        servicePrincipalId,
        credentials: { BaseAddress: baseAddress, SecretToken: secretToken },
    });
}`,
});

export const plugin = contender({
    name: "ours, plugin",
    acquires: true,
    type: "entrasync:index:SynchronizationTokenAcquisition",
    process: "pulumi-resource-entrasync",
    usesPlugin: true,
    program: `for (const { name, servicePrincipalId, baseAddress, secretToken } of tenants) {
    new pulumi.CustomResource("entrasync:index:SynchronizationTokenAcquisition", name, {
        servicePrincipalId,
        credentials: pulumi.secret({ BaseAddress: baseAddress, SecretToken: secretToken }),
        acquiredAt: undefined,
        credentialHashes: undefined,
        requestId: undefined,
        validatedAt: undefined,
    });
}`,
});
