import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeEach, expect, test } from "vitest";
import { ensurePython } from "./python.mts";

/* Microsoft's own clients, unmodified, each in a process of its own as its users run it: Graph is where it is told. */

const emulator = await startEmulator();
let target: { readonly id: string };

beforeEach(() => {
    emulator.reset();
    target = emulator.createServicePrincipal("Acme");
});
afterAll(() => emulator.close());

/** What each client is to report of what it was answered. */
const report = {
    acquired: "accepted",
    secrets: { BaseAddress: "https://scim.acme.example/v2", UserName: "entra", SecretToken: "*" },
    validated: "accepted",
    refused: { status: 400, code: "RequestParameterInvalid", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
};

test("@microsoft/microsoft-graph-client acquires, reads the secrets, validates, and understands a refusal", async () => {
    expect(await run(process.execPath, "graphClient.mts", {})).toEqual(report);
    expectSeen();
});

test("msgraph-sdk for Python acquires, reads the secrets, validates, and understands a refusal", async (context) => {
    const python = await ensurePython();
    if ("missing" in python) {
        return context.skip(python.missing);
    }
    // Python's HTTP clients have a bundle of their own, and a variable each for another one.
    const trust = { REQUESTS_CA_BUNDLE: emulator.caCertificatePath };
    expect(await run(python.command, "graphClient.py", trust)).toEqual(report);
    expectSeen();
});

function expectSeen(): void {
    const values = { BaseAddress: "https://scim.acme.example/v2", UserName: "entra", SecretToken: "sentinel-token" };
    expect(emulator.store.acquisitions).toMatchObject([{ targetId: target.id, apiVersion: "v1.0", values }]);
    expect(emulator.store.validations).toMatchObject([
        { targetId: target.id, templateId: "scim", usedSavedCredentials: true },
    ]);
}

async function run(command: string, script: string, environment: Readonly<Record<string, string>>): Promise<unknown> {
    const child = spawn(command, [fileURLToPath(new URL(script, import.meta.url))], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...emulator.environment, ...environment },
        stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(JSON.stringify({ url: emulator.url, servicePrincipalId: target.id }));
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
        errors += chunk.toString();
    });
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    if (code !== 0) {
        throw new Error(`${script} ended with ${code}: ${output}${errors}`);
    }
    return JSON.parse(output) as unknown;
}
