import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { openStack } from "../support/stack.mts";

/* A real `pulumi up` of real programs, as users write them: each language, by the command and by the Automation API. */

const emulator = await startEmulator();
afterAll(() => emulator.close());

const baseAddress = "https://scim.acme.example/v2";
const outputs = `
    export const id = token.id;
    export const acquiredAt = token.acquiredAt;
    export const credentialHashes = token.credentialHashes;
    export const requestId = token.requestId;
`;
const modern = `
    import * as pulumi from "@pulumi/pulumi";
    import { SynchronizationTokenAcquisition } from "pulumi-entrasync";

    const config = new pulumi.Config();
    const token = new SynchronizationTokenAcquisition("acme", {
        servicePrincipalId: config.require("principal"),
        credentials: [
            { key: "BaseAddress", value: "${baseAddress}" },
            { key: "SecretToken", value: config.requireSecret("token") },
        ],
    });
    ${outputs}
`;
const typed = `
    import * as pulumi from "@pulumi/pulumi";
    import { SynchronizationTokenAcquisition, type SynchronizationTokenAcquisitionArgs } from "pulumi-entrasync";

    const config = new pulumi.Config();
    const args: SynchronizationTokenAcquisitionArgs = {
        servicePrincipalId: config.require("principal"),
        credentials: { BaseAddress: "${baseAddress}", SecretToken: config.requireSecret("token") },
    };
    const token: SynchronizationTokenAcquisition = new SynchronizationTokenAcquisition("acme", args);
    ${outputs}
`;
const strict = JSON.stringify({
    compilerOptions: { strict: true, module: "nodenext", target: "es2022", types: ["node"], skipLibCheck: true },
});

const programs: { kind: string; files: Record<string, string>; runtimeOptions?: string[] }[] = [
    {
        kind: "a JavaScript program in CommonJS",
        files: {
            "index.js": `"use strict";
                const pulumi = require("@pulumi/pulumi");
                const { SynchronizationTokenAcquisition } = require("pulumi-entrasync");
                const config = new pulumi.Config();
                const token = new SynchronizationTokenAcquisition("acme", {
                    servicePrincipalId: config.require("principal"),
                    credentials: { BaseAddress: "${baseAddress}", SecretToken: config.requireSecret("token") },
                });
                const { id, acquiredAt, credentialHashes, requestId } = token;
                module.exports = { id, acquiredAt, credentialHashes, requestId };`,
        },
    },
    {
        kind: "a JavaScript program in ESM",
        files: {
            "package.json": JSON.stringify({ name: "fleet", type: "module", main: "index.js" }),
            "index.js": modern,
        },
    },
    { kind: "a TypeScript program in CommonJS", files: { "index.ts": typed } },
    {
        kind: "a TypeScript program in ESM",
        files: {
            "package.json": JSON.stringify({ name: "fleet", type: "module" }),
            "index.ts": typed,
            "tsconfig.json": strict,
        },
        runtimeOptions: ["nodeargs: --import tsx"],
    },
];

test.for(programs)("$kind acquires, by the command and by the Automation API", async ({ files, runtimeOptions }) => {
    await using stack = await openStack({ files, runtimeOptions: runtimeOptions ?? [], emulator });
    const byCommand = emulator.createServicePrincipal("By the command");
    await stack.config("principal", `/servicePrincipals/${byCommand.id}`);
    await stack.config("token", "handed-over-by-the-command", "secret");
    const seenOfCommand = watch(emulator);
    await stack.up();
    expectAcquired(seenOfCommand(), byCommand.id, "handed-over-by-the-command", await stack.outputs());

    const byApi = emulator.createServicePrincipal("By the Automation API");
    stack.write(
        "automate.mjs",
        `import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
        const stack = await LocalWorkspace.createStack({ stackName: "automated", workDir: import.meta.dirname });
        await stack.setConfig("principal", { value: "${byApi.id}" });
        await stack.setConfig("token", { value: process.env.TOKEN, secret: true });
        const { outputs } = await stack.up();
        console.log(JSON.stringify(outputs));`,
    );
    const seenOfApi = watch(emulator);
    const { stdout, output, code } = await stack.node("automate.mjs", { environment: { TOKEN: "handed-over-by-api" } });
    expect(code, output).toBe(0);
    expectAcquired(seenOfApi(), byApi.id, "handed-over-by-api", valuesOf(stdout));
});

const inline = `
    const program = async () => {
        const { id, acquiredAt, credentialHashes, requestId } = new SynchronizationTokenAcquisition("acme", {
            servicePrincipalId: process.env.PRINCIPAL,
            credentials: { BaseAddress: "${baseAddress}", SecretToken: process.env.TOKEN },
        });
        return { id, acquiredAt, credentialHashes, requestId };
    };
    const run = async () => {
        const stack = await LocalWorkspace.createStack({ stackName: "inline", projectName: "inline", program });
        console.log(JSON.stringify((await stack.up()).outputs));
        await stack.refresh();
        await stack.destroy();
    };
`;

test.for([
    {
        kind: "CommonJS",
        script: "inline.cjs",
        text: `const { LocalWorkspace } = require("@pulumi/pulumi/automation");
            const { SynchronizationTokenAcquisition } = require("pulumi-entrasync");
            ${inline} run();`,
    },
    {
        kind: "ESM",
        script: "inline.mjs",
        text: `import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
            import { SynchronizationTokenAcquisition } from "pulumi-entrasync";
            ${inline} await run();`,
    },
])("an inline program in $kind acquires, is refreshed and is destroyed", async ({ script, text }) => {
    await using stack = await openStack({ files: { [script]: text }, emulator });
    const principal = emulator.createServicePrincipal("Inline");
    const seen = watch(emulator);
    const { stdout, output, code } = await stack.node(script, {
        environment: { PRINCIPAL: principal.id, TOKEN: "handed-over-inline" },
    });
    expect(code, output).toBe(0);
    expectAcquired(seen(), principal.id, "handed-over-inline", valuesOf(stdout));
});

function expectAcquired(
    { acquisitions, posts }: ReturnType<ReturnType<typeof watch>>,
    principal: string,
    token: string,
    outputs: Readonly<Record<string, unknown>>,
): void {
    expect(posts).toHaveLength(1);
    expect(acquisitions).toEqual([
        expect.objectContaining({
            targetKind: "servicePrincipals",
            targetId: principal,
            values: { BaseAddress: baseAddress, SecretToken: token },
            apiVersion: "v1.0",
        }),
    ]);
    expect(outputs).toEqual({
        id: `/servicePrincipals/${principal}/synchronization/acquireAccessToken`,
        acquiredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        credentialHashes: {
            BaseAddress: expect.stringMatching(/^v1:[\w-]{16}$/),
            SecretToken: expect.stringMatching(/^v1:[\w-]{16}$/),
        },
        requestId: acquisitions[0]?.requestId,
    });
    expect(Date.parse(String(outputs.acquiredAt))).toBeGreaterThanOrEqual(Date.parse(acquisitions[0]?.at ?? ""));
}

/** The plain outputs in the last line that a script printed. */
function valuesOf(stdout: string): Record<string, unknown> {
    const outputs = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, { value: unknown }>;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
