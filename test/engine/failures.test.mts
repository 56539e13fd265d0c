import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { openStack, type Stack } from "../support/stack.mts";

/*
 * Entra says no, or Graph does: what the user reads. What becomes of each way to fail, and of the next `up`, is in
 * `test/faults`.
 */

const emulator = await startEmulator();
const principal = emulator.createServicePrincipal("Acme");
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
    stack.declare(`new SynchronizationTokenAcquisition("acme", {
        servicePrincipalId: "${principal.id}", credentials: { SecretToken: "a-token" } });`);
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

test("a sign-in that Entra refuses fails with Entra's words, and nothing reaches Graph", async () => {
    const seen = watch(emulator);
    const { code, output } = await stack.run(["up", "--yes", "--skip-preview"], {
        environment: { ARM_CLIENT_SECRET: "not-the-secret-that-it-is" },
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(
        /Signing in to Microsoft Entra at https:\/\/localhost:\d+ as the application .*AADSTS7000215/,
    );
    expect(output).not.toContain("not-the-secret");
    expect(seen().posts).toEqual([]);
});

test("a permission that is missing is named, once, with its code and without a stack of ours", async () => {
    emulator.store.callerRoles = ["Directory.Read.All"];
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(output).toMatch(
        /error: Acquiring a token for \/servicePrincipals\/[\w-]{36}: Microsoft Graph answered 401 UnknownError \(request-id [\w-]{36}\)\. Nothing was acquired\..*the token has neither of the application permissions.*Synchronization\.ReadWrite\.All.*\(PERMISSION_DENIED\)$/m,
    );
    expect(output).not.toMatch(/\bat .*\.js:\d+/);
    expect(output).not.toContain("a-token");
    expect(seen().posts).toHaveLength(1);
    expect(await stack.resources()).toEqual({});
});
