import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lookInto } from "../support/living.mts";
import { createPrincipals, watch } from "../support/observed.mts";
import { operations } from "../support/preview.mts";
import { openStack, type Result, type Stack } from "../support/stack.mts";

/*
 * What becomes of an acquisition over time: triggers and age with their reasons, validation, and what a refresh finds. The
 * dynamic face; one stack. In order.
 */

const emulator = await startEmulator();
const names = [
    "triggered",
    "aged",
    "validated",
    "validatedCode",
    "cleared",
    "partly",
    "hidden",
    "spent",
    "keysOnly",
    "targetOnly",
    "blind",
] as const;
type Name = (typeof names)[number];
const principals = createPrincipals(emulator, names);
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

const address = "https://scim.acme.example/v2";
const scim = (name: Name, suffix = "token") =>
    `credentials: { BaseAddress: "${address}", SecretToken: "${name}-${suffix}" }`;
const code = (name: Name) => `credentials: { BaseAddress: "${address}", Oauth2AuthorizationCode: "${name}-code" }`;
const template = 'validation: { templateId: "scim" }';

const args: Record<Name, string> = {
    triggered: `${scim("triggered")}, triggers: { issued: "2026-11-01" }`,
    aged: `${scim("aged")}, maxAge: "30d"`,
    validated: `${scim("validated")}, ${template}`,
    validatedCode: `${code("validatedCode")}, ${template}`,
    cleared: scim("cleared"),
    partly: scim("partly"),
    hidden: scim("hidden"),
    spent: code("spent"),
    keysOnly: `${scim("keysOnly")}, drift: { target: false }`,
    targetOnly: `${scim("targetOnly")}, drift: { credentials: false }`,
    blind: `${scim("blind")}, drift: { target: false, credentials: false }`,
};

function declare(changed: Partial<Record<Name, string>> = {}): void {
    const declared = Object.entries({ ...args, ...changed }).map(
        ([name, text]) => `new SynchronizationTokenAcquisition("${name}", {
            servicePrincipalId: "${principals[name as Name].id}", ${text} });`,
    );
    stack.declare(declared.join("\n"));
}

const resourceId = (name: Name) => `/servicePrincipals/${principals[name].id}/synchronization/acquireAccessToken`;
const same = Object.fromEntries(names.map((name) => [name, "same"]));
const sameSteps = Object.fromEntries(names.map((name) => [name, ["same"]]));

/**
 * What a command says of each of the resources, by name: the words behind its id. The engine says them as they come and
 * once more at the end. A refresh plans too, and says what the next up is going to do: only its warnings are asked for.
 */
function said({ output }: Result, kind: "all" | "warnings" = "all"): Partial<Record<Name, string>> {
    const found = names.map((name) => {
        const lines = output
            .split("\n")
            .filter((line) => line.includes(resourceId(name)) && (kind === "all" || line.includes("warning: ")));
        const words = lines.map((line) => line.slice(line.indexOf(resourceId(name)) + resourceId(name).length).trim());
        return [name, [...new Set(words)].join(" | ")] as const;
    });
    return Object.fromEntries(found.filter(([, words]) => words !== ""));
}

const { outputsOf, tokensOf, validationsOf, askedFor, change } = lookInto(emulator, principals, () => stack);

test("an application that does not take the credentials fails the up, and state has the acquisition", async () => {
    emulator.store.validation = "refuse";
    declare();
    const { code: exitCode, output } = await stack.tryUp("--continue-on-error");
    expect(exitCode).not.toBe(0);
    for (const name of ["validated", "validatedCode"] as const) {
        expect(output).toMatch(
            new RegExp(
                `Validating the credentials of /servicePrincipals/${principals[name].id}: the token was acquired at \\S+, but the ` +
                    "application did not take the credentials\\. Graph says: SystemForCross\\w+: You appear to have entered " +
                    "invalid credentials\\..*\\(request-id [\\w-]{36}\\)\\. State knows of the acquisition.*\\(VALIDATION_FAILED\\)",
            ),
        );
        expect(await outputsOf(name)).toMatchObject({
            acquiredAt: expect.stringMatching(/^\d{4}-/),
            validationPendingSince: expect.stringMatching(/^\d{4}-/),
        });
        expect(validationsOf(name)).toEqual([]);
    }
    expect(emulator.store.acquisitions).toHaveLength(names.length);
    expect(output).not.toMatch(/-token|-code/);
});

test("the preview says that it will validate and acquire nothing, and so does the up, which is refused again", async () => {
    const preview = await stack.does(["preview"]);
    const words = "validates, and acquires nothing: the last validation failed.";
    expect(said(preview)).toEqual({ validated: words, validatedCode: words });
    expect(operations(await stack.plan())).toEqual({ ...same, validated: "update", validatedCode: "update" });
    const seen = watch(emulator);
    const { code: exitCode, output } = await stack.tryUp("--continue-on-error");
    expect(exitCode).not.toBe(0);
    expect(output.match(/\(VALIDATION_FAILED\)/g)?.length).toBeGreaterThanOrEqual(2);
    for (const name of ["validated", "validatedCode"] as const) {
        expect(askedFor(name, seen)).toEqual(["POST /synchronization/jobs/validateCredentials"]);
    }
    expect(seen().acquisitions).toEqual([]);
});

test("accepted, it is done: also with a code that works once", async () => {
    emulator.store.validation = "accept";
    const { acquiredAt } = await outputsOf("validatedCode");
    const seen = watch(emulator);
    expect(await stack.upSteps()).toMatchObject({ ...sameSteps, validated: ["update"], validatedCode: ["update"] });
    expect(seen().acquisitions).toEqual([]);
    for (const name of ["validated", "validatedCode"] as const) {
        expect(validationsOf(name)).toEqual([
            expect.objectContaining({ templateId: "scim", usedSavedCredentials: true }),
        ]);
    }
    const outputs = await outputsOf("validatedCode");
    expect(outputs).toMatchObject({ acquiredAt, validatedAt: expect.stringMatching(/^\d{4}-/) });
    expect(outputs).not.toHaveProperty("validationPendingSince");
    const after = watch(emulator);
    const preview = await stack.does(["preview"]);
    expect(said(preview)).toEqual({});
    expect(after().requests).toEqual([]);
});

test("a rotation that the application refuses can be taken back, even after a refresh: the old value is sent", async () => {
    emulator.store.validation = "refuse";
    declare({ validated: `${scim("validated", "wrong")}, ${template}` });
    const refused = watch(emulator);
    expect((await stack.tryUp()).code).not.toBe(0);
    expect(tokensOf("validated", refused)).toEqual(["validated-wrong"]);
    await stack.refresh();
    expect(await outputsOf("validated")).toHaveProperty("validationPendingSince");
    emulator.store.validation = "accept";
    declare();
    const seen = watch(emulator);
    expect(await stack.upSteps()).toMatchObject({ validated: ["update"] });
    expect(tokensOf("validated", seen)).toEqual(["validated-token"]);
    expect(validationsOf("validated")).toHaveLength(2);
});

test("a changed trigger and a passed age are told with their reason, and acquired for", async () => {
    const acquiredAt = new Date(Date.now() - 31 * 24 * 3600 * 1000).toISOString();
    await change("aged", { acquiredAt });
    declare({ triggered: `${scim("triggered")}, triggers: { issued: "2026-12-01" }` });
    const seen = watch(emulator);
    const preview = await stack.does(["preview"]);
    const all = "Graph takes them as a whole: all 2 credentials are sent.";
    expect(said(preview)).toEqual({
        triggered: `acquires again: triggers changed. ${all}`,
        aged: `acquires again: older than 30d (acquired ${acquiredAt}). ${all}`,
    });
    expect(seen().requests).toEqual([]);
    expect(await stack.upSteps()).toMatchObject({ triggered: ["update"], aged: ["update"], cleared: ["same"] });
    expect(
        seen()
            .acquisitions.map(({ targetId }) => targetId)
            .sort(),
    ).toEqual([principals.triggered.id, principals.aged.id].sort());
});

test("a refresh takes the looks that are on, and warns of keys that are gone", async () => {
    for (const name of ["cleared", "spent", "keysOnly", "targetOnly", "blind"] as const) {
        expect(emulator.store.clearCredentials("servicePrincipals", principals[name].id)).toBe(true);
    }
    const principal = emulator.store.servicePrincipals.get(principals.partly.id);
    if (principal === undefined) throw new Error("the emulator does not know the principal");
    emulator.store.setSecrets(principal, [["BaseAddress", address]]);
    // An application of which Graph never shows the token.
    emulator.faults.add({
        match: { method: "GET", path: `${principals.hidden.id}/synchronization/secrets` },
        times: Number.POSITIVE_INFINITY,
        effect: { kind: "respond", status: 200, body: { value: [{ key: "BaseAddress", value: address }] } },
    });
    const seen = watch(emulator);
    const refresh = await stack.does(["refresh", "--yes", "--skip-preview"]);
    const gone = (keys: string) =>
        `: Graph does not show ${keys} among the target's credentials any more. Somebody cleared or replaced them; the ` +
        "next pulumi up acquires again.";
    expect(said(refresh, "warnings")).toEqual({
        cleared: gone("BaseAddress, SecretToken"),
        partly: gone("SecretToken"),
        hidden: gone("SecretToken"),
        keysOnly: gone("BaseAddress, SecretToken"),
        spent: expect.stringContaining("get a new code and set it"),
    });
    const looks = ["GET ", "GET /synchronization/secrets"];
    expect(askedFor("cleared", seen)).toEqual(looks);
    expect(askedFor("keysOnly", seen)).toEqual(looks.slice(1));
    expect(askedFor("targetOnly", seen)).toEqual(looks.slice(0, 1));
    expect(askedFor("blind", seen)).toEqual([]);
});

test("the preview says what is lost, and the up acquires exactly there", async () => {
    declare({ triggered: `${scim("triggered")}, triggers: { issued: "2026-12-01" }` });
    const preview = await stack.does(["preview"]);
    const lost = (keys: string) =>
        `acquires again: ${keys} not shown by Graph any more. Graph takes them as a whole: all 2 credentials are sent.`;
    expect(said(preview)).toEqual({
        cleared: lost("BaseAddress, SecretToken"),
        partly: lost("SecretToken"),
        hidden: lost("SecretToken"),
        keysOnly: lost("BaseAddress, SecretToken"),
    });
    const seen = watch(emulator);
    expect(await stack.upSteps()).toEqual({
        ...sameSteps,
        cleared: ["update"],
        partly: ["update"],
        hidden: ["update"],
        keysOnly: ["update"],
    });
    expect(seen().acquisitions).toHaveLength(4);
    expect(tokensOf("cleared", seen)).toEqual(["cleared-token"]);
});

test("then all is well again: up --refresh finds nothing to do, not even for a key that Graph never shows", async () => {
    const seen = watch(emulator);
    const up = await stack.does(["up", "--yes", "--skip-preview", "--refresh"]);
    expect(said(up, "warnings")).toEqual({
        hidden: expect.stringContaining("did not after acquiring again either"),
        spent: expect.stringContaining("get a new code and set it"),
    });
    expect(seen().posts).toEqual([]);
    expect(await outputsOf("cleared")).not.toHaveProperty("keysNotShown");
    expect(await outputsOf("hidden")).toMatchObject({ keysNotShown: ["SecretToken"] });
});

test("up --refresh sees what is gone and acquires in one command, however often it is cleared", async () => {
    for (const round of ["once", "again"]) {
        emulator.store.clearCredentials("servicePrincipals", principals.cleared.id);
        const seen = watch(emulator);
        await stack.does(["up", "--yes", "--skip-preview", "--refresh"]);
        expect(
            seen().acquisitions.map(({ targetId }) => targetId),
            round,
        ).toEqual([principals.cleared.id]);
    }
});

test("with no right to the keys, or to the targets, state is kept with a warning", async () => {
    const before = await stack.contents();
    const roles = emulator.store.callerRoles;
    for (const [role, looksAt] of [
        ["Application.Read.All", "Looking at the credentials stored for"],
        ["Directory.Read.All", "Looking for"],
    ] as const) {
        emulator.store.callerRoles = [role];
        const refresh = await stack.does(["refresh", "--yes", "--skip-preview"]);
        expect(said(refresh, "warnings").cleared, role).toMatch(
            new RegExp(`^was not looked at and is kept in state as it was: ${looksAt} .*answered 40[13]`),
        );
        expect(said(refresh).blind, role).toBeUndefined();
        expect(await stack.contents(), role).toEqual(before);
    }
    emulator.store.callerRoles = roles;
    expect(operations(await stack.plan())).toEqual(same);
});
