import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lookInto } from "../support/living.mts";
import { createPrincipals, watch } from "../support/observed.mts";
import { operations } from "../support/preview.mts";
import { openStack, pluginResourceType, type Result, type Stack } from "../support/stack.mts";

/*
 * What becomes of an acquisition over time, with the plugin in a YAML program: triggers and age with their reasons,
 * validation, what a refresh finds, and what changes without anything being sent. All of it said at the resource. One stack.
 * In order.
 */

const emulator = await startEmulator();
const names = [
    "triggered",
    "aged",
    "validated",
    "validatedCode",
    "cleared",
    "partly",
    "spent",
    "keysOnly",
    "targetOnly",
    "blind",
    "timed",
    "ordered",
    "several",
    "rewritten",
] as const;
type Name = (typeof names)[number];
const principals = createPrincipals(emulator, names);
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator, language: "yaml" });
}, 1_200_000);
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

const BaseAddress = "https://scim.acme.example/v2";
const scim = (name: Name, suffix = "token") => ({
    credentials: { BaseAddress, SecretToken: `${name}-${suffix}` },
});
const code = (name: Name) => ({ credentials: { BaseAddress, Oauth2AuthorizationCode: `${name}-code` } });
const listed = (name: Name) => Object.entries(scim(name).credentials).map(([key, value]) => ({ key, value }));
const validation = { templateId: "scim" };

const args: Readonly<Record<Name, object>> = {
    triggered: { ...scim("triggered"), triggers: { issued: "2026-11-01" } },
    aged: { ...scim("aged"), maxAge: "30d" },
    validated: { ...scim("validated"), validation },
    validatedCode: { ...code("validatedCode"), validation },
    cleared: scim("cleared"),
    partly: scim("partly"),
    spent: code("spent"),
    keysOnly: { ...scim("keysOnly"), drift: { target: false } },
    targetOnly: { ...scim("targetOnly"), drift: { credentials: false } },
    blind: { ...scim("blind"), drift: { target: false, credentials: false } },
    timed: { ...scim("timed"), timeouts: { create: "2m" } },
    ordered: { credentials: listed("ordered") },
    several: { ...scim("several"), drift: { credentials: false } },
    rewritten: scim("rewritten"),
};

function declare(changed: Partial<Record<Name, object>> = {}): void {
    const resources = Object.entries({ ...args, ...changed }).map(([name, properties]) => [
        name,
        {
            type: "entrasync:SynchronizationTokenAcquisition",
            properties: { servicePrincipalId: principals[name as Name].id, ...properties },
        },
    ]);
    stack.declareYaml({ resources: Object.fromEntries(resources) });
}

const same = Object.fromEntries(names.map((name) => [name, "same"]));
const sameSteps = Object.fromEntries(names.map((name) => [name, ["same"]]));

/**
 * What a command says at each resource, in the engine's list of what was said, by name. A message at no resource, or at
 * another than the one it is about, is not found. A refresh plans too, and says what the next up is going to do: only its
 * warnings are asked for.
 */
function said({ output }: Result, kind: "all" | "warnings" = "all"): Partial<Record<string, string>> {
    const found: Record<string, string> = {};
    let about: string | undefined;
    for (const line of output.slice(output.indexOf("Diagnostics:")).split("\n")) {
        const [, type, name] = /^ {2}(\S+) \((\S+)\):$/.exec(line) ?? [];
        if (name !== undefined) {
            about = type === pluginResourceType ? name : `${type} ${name}`;
        } else if (!line.startsWith("    ")) {
            about = undefined;
        } else if (about !== undefined && (kind === "all" || line.includes("warning: "))) {
            const words = line.trim().replace(/^warning: /, "");
            found[about] = found[about] === undefined ? words : `${found[about]} | ${words}`;
        }
    }
    return found;
}

const preview = () => stack.does(["preview"]);
const refresh = () => stack.does(["refresh", "--yes", "--skip-preview"]);
const { outputsOf, tokensOf, validationsOf, askedFor, change } = lookInto(emulator, principals, () => stack);

test("an application that does not take the credentials fails the up, and state has the acquisition", async () => {
    emulator.store.validation = "refuse";
    declare();
    const { code: exitCode, output } = await stack.tryUp("--continue-on-error");
    expect(exitCode).not.toBe(0);
    const failures = said({ output } as Result);
    for (const name of ["validated", "validatedCode"] as const) {
        expect(failures[name]).toMatch(
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
    const words = "validates, and acquires nothing: the last validation failed.";
    expect(said(await preview())).toEqual({ validated: words, validatedCode: words });
    expect(operations(await stack.plan())).toEqual({ ...same, validated: "update", validatedCode: "update" });
    const seen = watch(emulator);
    const { code: exitCode, output } = await stack.tryUp("--continue-on-error");
    expect(exitCode).not.toBe(0);
    for (const name of ["validated", "validatedCode"] as const) {
        expect(said({ output } as Result)[name]).toContain("(VALIDATION_FAILED)");
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
    expect(said(await preview())).toEqual({});
    expect(after().requests).toEqual([]);
});

test("a rotation that the application refuses can be taken back, even after a refresh: the old value is sent", async () => {
    emulator.store.validation = "refuse";
    declare({ validated: { ...scim("validated", "wrong"), validation } });
    const refused = watch(emulator);
    expect((await stack.tryUp()).code).not.toBe(0);
    expect(tokensOf("validated", refused)).toEqual(["validated-wrong"]);
    await refresh();
    expect(await outputsOf("validated")).toHaveProperty("validationPendingSince");
    emulator.store.validation = "accept";
    declare();
    const seen = watch(emulator);
    expect(await stack.upSteps()).toMatchObject({ validated: ["update"] });
    expect(tokensOf("validated", seen)).toEqual(["validated-token"]);
    expect(validationsOf("validated")).toHaveLength(2);
});

const later = { triggered: { ...scim("triggered"), triggers: { issued: "2026-12-01" } } };

test("a changed trigger and a passed age are told with their reason, and acquired for", async () => {
    const acquiredAt = new Date(Date.now() - 31 * 24 * 3600 * 1000).toISOString();
    await change("aged", { acquiredAt });
    declare(later);
    const seen = watch(emulator);
    const all = "Graph takes them as a whole: all 2 credentials are sent.";
    expect(said(await preview())).toEqual({
        triggered: `acquires again: triggers changed. ${all}`,
        aged: `acquires again: older than 30d (acquired ${acquiredAt}). ${all}`,
    });
    expect(seen().requests).toEqual([]);
    expect(await stack.upSteps()).toEqual({ ...sameSteps, triggered: ["update"], aged: ["update"] });
    expect(
        seen()
            .acquisitions.map(({ targetId }) => targetId)
            .sort(),
    ).toEqual([principals.triggered.id, principals.aged.id].sort());
    expect(said(await preview())).toEqual({});
});

test("what changes without anything being sent is said, once, and plans nothing", async () => {
    const unsent = {
        ...later,
        timed: { ...scim("timed"), timeouts: { create: "3m" } },
        ordered: { credentials: listed("ordered").reverse() },
        several: { ...scim("several"), maxAge: "365d", timeouts: { update: "2m" } },
        rewritten: { ...scim("rewritten"), servicePrincipalId: principals.rewritten.id.toUpperCase() },
    };
    declare(unsent);
    const seen = watch(emulator);
    expect(said(await preview())).toEqual({
        timed: "sends nothing: only timeouts changed.",
        ordered: "sends nothing: only the order or the form of the credentials changed.",
        several: expect.stringMatching(
            /^sends nothing: only (drift|maxAge|timeouts)(, (drift|maxAge|timeouts)){2} changed\.$/,
        ),
        rewritten: "sends nothing: only the way the target is written changed.",
    });
    expect(operations(await stack.plan())).toEqual(same);
    expect(await stack.upSteps()).toEqual(sameSteps);
    // State has it now.
    expect(said(await preview())).toEqual({});
    declare({ ...unsent, ordered: scim("ordered") });
    expect(said(await preview())).toEqual({
        ordered: "sends nothing: only the order or the form of the credentials changed.",
    });
    declare(later);
    await stack.up();
    expect(seen().requests).toEqual([]);
});

test("a refresh takes the looks that are on, and warns of keys that are gone", async () => {
    for (const name of ["cleared", "spent", "keysOnly", "targetOnly", "blind"] as const) {
        expect(emulator.store.clearCredentials("servicePrincipals", principals[name].id)).toBe(true);
    }
    const principal = emulator.store.servicePrincipals.get(principals.partly.id);
    if (principal === undefined) throw new Error("the emulator does not know the principal");
    emulator.store.setSecrets(principal, [["BaseAddress", BaseAddress]]);
    const seen = watch(emulator);
    const gone = (keys: string) =>
        expect.stringMatching(
            `: Graph does not show ${keys} among the target's credentials any more\\. Somebody cleared or replaced them; the ` +
                "next pulumi up acquires again\\.$",
        );
    expect(said(await refresh(), "warnings")).toEqual({
        cleared: gone("BaseAddress, SecretToken"),
        partly: gone("SecretToken"),
        keysOnly: gone("BaseAddress, SecretToken"),
        spent: expect.stringContaining("get a new code and set it"),
    });
    const looks = ["GET ", "GET /synchronization/secrets"];
    expect(askedFor("cleared", seen)).toEqual(looks);
    expect(askedFor("keysOnly", seen)).toEqual(looks.slice(1));
    expect(askedFor("targetOnly", seen)).toEqual(looks.slice(0, 1));
    expect(askedFor("blind", seen)).toEqual([]);
    expect(seen().posts).toEqual([]);
});

test("the preview says what is lost, and the up acquires exactly there", async () => {
    const lost = (keys: string) =>
        `acquires again: ${keys} not shown by Graph any more. Graph takes them as a whole: all 2 credentials are sent.`;
    expect(said(await preview())).toEqual({
        cleared: lost("BaseAddress, SecretToken"),
        partly: lost("SecretToken"),
        keysOnly: lost("BaseAddress, SecretToken"),
    });
    const seen = watch(emulator);
    expect(await stack.upSteps()).toEqual({
        ...sameSteps,
        cleared: ["update"],
        partly: ["update"],
        keysOnly: ["update"],
    });
    expect(seen().acquisitions).toHaveLength(3);
    expect(tokensOf("cleared", seen)).toEqual(["cleared-token"]);
    expect(await outputsOf("cleared")).not.toHaveProperty("keysNotShown");
    // The next refresh finds nothing but the code that is spent, of which it keeps saying so.
    expect(said(await refresh(), "warnings")).toEqual({ spent: expect.stringContaining("get a new code and set it") });
});

test("up --refresh sees what is gone and acquires in one command, however often it is cleared", async () => {
    for (const round of ["once", "again"]) {
        emulator.store.clearCredentials("servicePrincipals", principals.cleared.id);
        const seen = watch(emulator);
        await stack.up("--refresh");
        expect(tokensOf("cleared", seen), round).toEqual(["cleared-token"]);
        expect(seen().posts, round).toHaveLength(1);
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
        const words = said(await refresh(), "warnings");
        expect(words.cleared, role).toMatch(
            new RegExp(`was not looked at and is kept in state as it was: ${looksAt} .*answered 40[13]`),
        );
        expect(words.blind, role).toBeUndefined();
        expect(await stack.contents(), role).toEqual(before);
    }
    emulator.store.callerRoles = roles;
    expect(operations(await stack.plan())).toEqual(same);
});
