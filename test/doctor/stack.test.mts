import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { diagnoseApart } from "../environments/processes.mts";
import { Stack } from "../support/stack.mts";

/** With the real CLI: its words and its JSON are what doctor reads. */
let emulator: Emulator;
let stack: Stack;
let environment: Record<string, string>;

beforeAll(async () => {
    emulator = await startEmulator();
    stack = await Stack.open({ files: {}, emulator });
    await stack.config("azuread:clientSecret", emulator.clientSecret, "secret");
    await stack.config("azuread:clientId", emulator.clientId);
    const { ARM_CLIENT_SECRET: _, ARM_CLIENT_ID: __, ...rest } = stack.environment;
    environment = rest;
});

afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

test("doctor reads the selected stack's configuration, secrets included, also from a folder below, and shows none", async () => {
    const below = join(stack.folder, "below");
    mkdirSync(below);
    for (const folder of [stack.folder, below]) {
        const { report, code, output } = await diagnoseApart([], environment, folder);
        expect(report.problem).toBeUndefined();
        expect(report.signIn?.because).toEqual(["ARM_TENANT_ID", "azuread:clientId", "azuread:clientSecret"]);
        expect([report.allowed, code]).toEqual([true, 0]);
        expect(output).not.toContain(emulator.clientSecret);
    }
});

test("doctor --stack reads that stack's", async () => {
    const { report, code } = await diagnoseApart(["--stack", stack.name], environment, stack.folder);
    expect(report.stack).toBe(stack.name);
    expect([report.allowed, code]).toEqual([true, 0]);
});

test("doctor --stack of none that there is says so in Pulumi's words", async () => {
    const { report, code } = await diagnoseApart(["--stack", "nowhere"], environment, stack.folder);
    expect(report.problem?.message).toContain("no stack named 'nowhere' found");
    expect(code).toBe(1);
});

test("doctor that can't decrypt the selected stack's configuration says so, and goes by the environment", async () => {
    const locked = { ...environment, PULUMI_CONFIG_PASSPHRASE: "another", ARM_USE_CLI: "false" };
    const { report, code } = await diagnoseApart([], locked, stack.folder);
    expect(report.unread).toContain("incorrect passphrase");
    expect(report.problem?.message).toContain("no way to sign in");
    expect(code).toBe(1);
});

test("doctor in a project without a selected stack goes by the environment, and finds nothing odd in that", async () => {
    await stack.does(["stack", "unselect"]);
    const { report, code } = await diagnoseApart([], stack.environment, stack.folder);
    expect(report.unread).toBeUndefined();
    expect([report.allowed, code]).toEqual([true, 0]);
});
