import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { Plugin } from "./plugin.mts";
import { Tripwire } from "./tripwire.mts";
import { secret, unknown, type Wire } from "./wire.mts";

/* What the engine is told of each kind of change, down to the very place. Nothing of it needs a network. */

const tripwire = await Tripwire.start();
const plugin = await Plugin.start({ environment: tripwire.environment });
const target = randomUUID();
const id = `/servicePrincipals/${target}/synchronization/acquireAccessToken`;

const map = { BaseAddress: "https://scim.acme.example/v2", SecretToken: "token-1" };
const list = [
    { key: "BaseAddress", value: "https://scim.acme.example/v2" },
    { key: "SecretToken", value: "token-1" },
];
const asMap: Wire = { servicePrincipalId: target, credentials: map };
const asList: Wire = { servicePrincipalId: target, credentials: list };

afterAll(async () => {
    expect(tripwire.connections).toBe(0);
    expect(plugin.surfaces).toMatchObject({ stdout: `${plugin.port}\n` });
    await plugin[Symbol.asyncDispose]();
    await tripwire[Symbol.asyncDispose]();
});

interface Case {
    readonly before?: Wire;
    readonly after: Wire;
    /** What state holds as outputs, other than what an update just now leaves. */
    readonly outputs?: Wire;
    readonly detailed: Readonly<Record<string, string>>;
    readonly replaces?: readonly string[];
}

const nothing = {};
const cases: Readonly<Record<string, Case>> = {
    nothing: { after: asMap, detailed: nothing },
    "a value in a map": {
        after: { ...asMap, credentials: { ...map, SecretToken: "token-2" } },
        detailed: { "credentials.SecretToken": "UPDATE" },
    },
    "two values": {
        after: { ...asMap, credentials: { BaseAddress: "https://other.example", SecretToken: "token-2" } },
        detailed: { "credentials.BaseAddress": "UPDATE", "credentials.SecretToken": "UPDATE" },
    },
    "a key more in a map": {
        after: { ...asMap, credentials: { ...map, UserName: "scim" } },
        detailed: { "credentials.UserName": "ADD" },
    },
    "a key less in a map": {
        after: { ...asMap, credentials: { SecretToken: "token-1" } },
        detailed: { "credentials.BaseAddress": "DELETE" },
    },
    "one key for another": {
        after: { ...asMap, credentials: { BaseAddress: map.BaseAddress, Password: "token-1" } },
        detailed: { "credentials.Password": "ADD", "credentials.SecretToken": "DELETE" },
    },
    "a key that no path can have as it is": {
        before: { ...asMap, credentials: { ...map, "new.key": "1" }, allowUnknownKeys: true },
        after: { ...asMap, credentials: { ...map, "new.key": "2" }, allowUnknownKeys: true },
        detailed: { 'credentials["new.key"]': "UPDATE" },
    },
    "a value in a list": {
        before: asList,
        after: { ...asList, credentials: [list[0], { key: "SecretToken", value: "token-2" }] },
        detailed: { "credentials[1].value": "UPDATE" },
    },
    "a pair more in a list": {
        before: asList,
        after: { ...asList, credentials: [...list, { key: "UserName", value: "scim" }] },
        detailed: { "credentials[2].value": "ADD" },
    },
    "a pair less in a list": {
        before: asList,
        after: { ...asList, credentials: [list[1]] },
        detailed: { "credentials[0].value": "DELETE" },
    },
    "another order in a list": {
        before: asList,
        after: { ...asList, credentials: [...list].reverse() },
        detailed: nothing,
    },
    "another order and a value in a list": {
        before: asList,
        after: { ...asList, credentials: [{ key: "SecretToken", value: "token-2" }, list[0]] },
        detailed: { "credentials[0].value": "UPDATE" },
    },
    "a map for a list": { before: asList, after: asMap, detailed: nothing },
    "a list for a map": { after: asList, detailed: nothing },
    "a list for a map, and a value": {
        after: { ...asList, credentials: [list[0], { key: "SecretToken", value: "token-2" }] },
        detailed: { "credentials[1].value": "UPDATE" },
    },
    "a mark as a secret": {
        after: { ...asMap, credentials: { ...map, SecretToken: secret("token-1") } },
        detailed: nothing,
    },
    "time-outs, a version, a flag": {
        after: { ...asMap, timeouts: { create: "9m" }, apiVersion: "beta", allowUnknownKeys: true },
        detailed: nothing,
    },
    "the same target in azuread's words": {
        after: { ...asMap, servicePrincipalId: `/servicePrincipals/${target}` },
        detailed: nothing,
    },
    "triggers where there were none": {
        after: { ...asMap, triggers: { run: 1 } },
        detailed: { triggers: "ADD" },
    },
    "other triggers": {
        before: { ...asMap, triggers: { run: 1 } },
        after: { ...asMap, triggers: { run: 2 } },
        detailed: { triggers: "UPDATE" },
    },
    "triggers in another order": {
        before: { ...asMap, triggers: { run: 1, of: "x" } },
        after: { ...asMap, triggers: { of: "x", run: 1 } },
        detailed: nothing,
    },
    "no triggers any more": {
        before: { ...asMap, triggers: { run: 1 } },
        after: asMap,
        detailed: { triggers: "DELETE" },
    },
    "triggers that are not known yet": {
        before: { ...asMap, triggers: { run: 1 } },
        after: { ...asMap, triggers: { run: unknown } },
        detailed: { triggers: "UPDATE" },
    },
    "an age that has passed": {
        after: { ...asMap, maxAge: "30d" },
        outputs: { acquiredAt: "2020-01-01T00:00:00.000Z" },
        detailed: { acquiredAt: "UPDATE (output)" },
    },
    "an age that has not": { after: { ...asMap, maxAge: "30d" }, detailed: nothing },
    "a credential that is not known yet": {
        after: { ...asMap, credentials: { ...map, SecretToken: unknown } },
        detailed: { "credentials.SecretToken": "UPDATE" },
    },
    "credentials of which nothing is known yet": {
        after: { ...asMap, credentials: unknown },
        detailed: { credentials: "UPDATE" },
    },
    "another target": {
        after: { ...asMap, servicePrincipalId: "00000000-0000-0000-0000-000000000007" },
        detailed: { servicePrincipalId: "UPDATE_REPLACE" },
        replaces: ["servicePrincipalId"],
    },
    "a target that is not known yet": {
        after: { ...asMap, servicePrincipalId: unknown },
        detailed: { servicePrincipalId: "UPDATE_REPLACE" },
        replaces: ["servicePrincipalId"],
    },
    "an application for a service principal": {
        after: { applicationId: target, credentials: map },
        detailed: { servicePrincipalId: "DELETE_REPLACE", applicationId: "ADD_REPLACE" },
        replaces: ["applicationId", "servicePrincipalId"],
    },
    "another cloud": {
        after: asMap,
        outputs: { cloud: "china" },
        detailed: { cloud: "UPDATE_REPLACE (output)" },
        replaces: ["cloud"],
    },
    "an answer that was lost": {
        after: asMap,
        outputs: { outcomeUnknownSince: "2026-01-01T00:00:00.000Z" },
        detailed: { outcomeUnknownSince: "DELETE (output)" },
    },
    "a validation more": {
        after: { ...asMap, validation: { templateId: "scim" } },
        detailed: { validation: "ADD" },
    },
    "a validation that is still to come": {
        before: { ...asMap, validation: { templateId: "scim" } },
        after: { ...asMap, validation: { templateId: "scim" } },
        outputs: { validationPendingSince: "2026-01-01T00:00:00.000Z" },
        detailed: { validationPendingSince: "DELETE (output)" },
    },
    "no looks of a refresh any more": { after: { ...asMap, drift: { credentials: false } }, detailed: nothing },
    "a key that a refresh has missed": {
        after: asMap,
        outputs: { credentialHashes: {} },
        detailed: { "credentials.BaseAddress": "UPDATE", "credentials.SecretToken": "UPDATE" },
    },
    "an import": {
        before: { ...asMap, credentials: { SecretToken: "*" } },
        after: asMap,
        outputs: { credentialHashes: {}, acquiredAt: "" },
        detailed: { "credentials.BaseAddress": "ADD", "credentials.SecretToken": "UPDATE" },
    },
};

test.each(Object.entries(cases))("%s", async (_, { before = asMap, after, outputs = {}, detailed, replaces = [] }) => {
    // What state holds after the first: inputs as check made them, outputs as the preview of an update knows them.
    const isImport = outputs.acquiredAt === "";
    const oldInputs = isImport ? before : await plugin.checked(before);
    const { properties } = isImport
        ? { properties: {} }
        : await plugin.update(id, { olds: {}, oldInputs, news: oldInputs }, { preview: true });
    const olds = { ...properties, acquiredAt: new Date().toISOString(), requestId: randomUUID(), ...outputs };
    const news = await plugin.checked(after, oldInputs);
    const diff = await plugin.diff({ id, olds, oldInputs, news });
    expect(diff.detailed).toEqual(detailed);
    expect(diff.changes).toBe(Object.keys(detailed).length === 0 ? "none" : "some");
    expect([...diff.replaces].sort()).toEqual(replaces);
    expect([...diff.diffs].sort()).toEqual(
        [...new Set(Object.keys(detailed).map((path) => path.replace(/[.[].*/, "")))].sort(),
    );
});
