import { type FaultEffect, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { openStack, type Stack } from "../support/stack.mts";

/*
 * Graph says no, or nothing: what the user reads, what state then knows, and that no POST is sent twice. One resource
 * for each way to fail, all of them in one stack, first on create and then on update. In order.
 */

const emulator = await startEmulator();

function answer(status: number, code: string, message: string): FaultEffect {
    return { kind: "respond", status, body: { error: { code, message } } };
}

const failures: Record<string, { effect: FaultEffect; says: RegExp; accepted?: true }> = {
    bad: {
        effect: answer(400, "RequestParameterInvalid", "The address is not one."),
        says: /Microsoft Graph answered 400 RequestParameterInvalid: The address is not one\. \(request-id [\w-]{36}\)\. Nothing was acquired\. Correct what Graph names/,
    },
    unauthorized: {
        effect: answer(401, "UnknownError", ""),
        says: /answered 401 UnknownError \(request-id .*Synchronization\.ReadWrite\.All/,
    },
    forbidden: {
        effect: answer(403, "Authorization_RequestDenied", "Insufficient privileges."),
        says: /answered 403 Authorization_RequestDenied: Insufficient privileges\..*Application\.ReadWrite\.OwnedBy/,
    },
    missing: {
        effect: answer(404, "Request_ResourceNotFound", "Resource does not exist."),
        says: /answered 404 Request_ResourceNotFound: .*object id/,
    },
    conflicting: {
        effect: answer(409, "Conflict", "Another operation is running."),
        says: /answered 409 Conflict: Another operation is running\./,
    },
    unavailable: {
        effect: answer(503, "ServiceUnavailable", "Try later."),
        says: /answered 503 ServiceUnavailable: .*Graph may or may not have acquired the token.*Oauth2AuthorizationCode/,
    },
    cut: {
        effect: { kind: "reset", when: "before" },
        says: /ECONNRESET.*Graph may or may not have acquired the token/,
    },
    lost: {
        effect: { kind: "reset", when: "after" },
        says: /ECONNRESET.*Graph may or may not have acquired the token/,
        accepted: true,
    },
};
const names = Object.keys(failures);
const principals = Object.fromEntries(
    [...names, "throttled"].map((name) => [name, emulator.createServicePrincipal(name)]),
);
const idOf = (name: string) => principals[name]?.id ?? "";
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

function declare(token: string): void {
    stack.declare(
        [...names, "throttled"]
            .map(
                (name) => `new SynchronizationTokenAcquisition("${name}", {
                    servicePrincipalId: "${idOf(name)}", credentials: { SecretToken: "${name}-${token}" } });`,
            )
            .join("\n"),
    );
}

function addFaults(): void {
    for (const [name, { effect }] of Object.entries(failures)) {
        emulator.faults.add({ match: { path: idOf(name) }, times: Number.POSITIVE_INFINITY, effect });
    }
    emulator.faults.add({ match: { path: idOf("throttled") }, effect: { kind: "throttle", retryAfter: "1" } });
}

/** Runs an up in which all but one fail, and holds what is the same for create and update. */
async function failingUp(operation: "created" | "updated"): Promise<string> {
    addFaults();
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp("--continue-on-error", "--parallel", "16");
    emulator.faults.clear();
    expect(code).not.toBe(0);
    const { posts, acquisitions } = seen();
    const postsTo = (name: string) => posts.filter(({ path }) => path.includes(idOf(name)));
    for (const [name, { says, accepted }] of Object.entries(failures)) {
        const target = `Acquiring a token for /servicePrincipals/${idOf(name)}: `;
        const lines = output.split("\n").filter((line) => line.includes(target));
        expect(lines.join("\n"), `${name} ${operation}`).toMatch(says);
        expect(lines.join("\n")).not.toContain(`${name}-`);
        expect(postsTo(name), name).toHaveLength(1);
        expect(acquisitions.filter(({ targetId }) => targetId === idOf(name))).toHaveLength(accepted ? 1 : 0);
    }
    expect(output).toContain("waiting 1 s before the next attempt");
    expect(postsTo("throttled").map(({ status }) => status)).toEqual([429, 204]);
    expect(acquisitions.filter(({ targetId }) => targetId === idOf("throttled"))).toHaveLength(1);
    return output;
}

/** The next up, with nothing wrong any more: acquires once for each that failed, and not for the one that did not. */
async function mendingUp(token: string): Promise<void> {
    const seen = watch(emulator);
    await stack.up();
    const acquired = seen().acquisitions.map(({ targetId, values }) => [targetId, values.SecretToken]);
    expect(acquired.sort()).toEqual(names.map((name) => [idOf(name), `${name}-${token}`]).sort());
    expect(seen().posts).toHaveLength(names.length);
}

test("a create that fails says why, leaves no resource behind, and a throttled one waits as long as Graph says", async () => {
    declare("first");
    const output = await failingUp("created");
    expect(output).not.toMatch(/\bat .*\.js:\d+/);
    expect(Object.keys(await stack.resources())).toEqual(["throttled"]);
});

test("the next up creates them", () => mendingUp("first"));

test("an update that fails says why, and state keeps what was acquired before", async () => {
    const before = await stack.resources();
    declare("second");
    await failingUp("updated");
    const after = await stack.resources();
    for (const name of names) {
        expect(after[name]?.outputs, name).toEqual(before[name]?.outputs);
    }
    expect(after.throttled?.outputs?.credentialHashes).not.toEqual(before.throttled?.outputs?.credentialHashes);
});

test("the next up updates them", () => mendingUp("second"));

test("a sign-in that Entra refuses fails with Entra's words, and nothing reaches Graph", async () => {
    declare("third");
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
