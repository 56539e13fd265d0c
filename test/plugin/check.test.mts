import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { Sentinel } from "../support/sentinels.mts";
import { Plugin } from "./plugin.mts";
import { Tripwire } from "./tripwire.mts";
import { archive, asset, clear, isSecret, resource, secret, shown, unknown } from "./wire.mts";

/* What check takes, what it makes of it, and what it refuses. Nothing of it needs a network. */

const wire = await Tripwire.start();
const plugin = await Plugin.start({ environment: wire.environment });
const token = new Sentinel("SecretToken");
const password = new Sentinel("Password");
const id = randomUUID();
const credentials = { BaseAddress: "https://scim.acme.example/v2", SecretToken: token.value };
const inputs = { servicePrincipalId: id, credentials };

afterAll(async () => {
    expect(plugin.leaks(token, password)).toEqual([]);
    expect(plugin.surfaces).toMatchObject({ stdout: `${plugin.port}\n`, stderr: "" });
    expect(wire.connections).toBe(0);
    await plugin[Symbol.asyncDispose]();
    await wire[Symbol.asyncDispose]();
});

const reasonsOf = async (news: Readonly<Record<string, unknown>>) => {
    const { failures } = await plugin.check(news);
    expect(failures.map(({ property }) => property)).toEqual(failures.map(() => ""));
    return failures.map(({ reason }) => reason);
};

test("the credentials become one secret, with the key of the hashes among them, and nothing else is added", async () => {
    const checked = await plugin.checked(inputs);
    expect(shown(checked)).toEqual({ servicePrincipalId: id, credentials: "[secret]" });
    expect(clear(checked)).toEqual({
        ...inputs,
        credentials: { ...credentials, "@hashKey": expect.stringMatching(/^[\w-]{20,}$/) },
    });
});

test("in list form too", async () => {
    const list = Object.entries(credentials).map(([key, value]) => ({ key, value: secret(value) }));
    const checked = await plugin.checked({ ...inputs, credentials: list });
    expect(isSecret(checked.credentials)).toBe(true);
    expect(clear(checked.credentials)).toEqual([
        { key: "BaseAddress", value: credentials.BaseAddress },
        { key: "SecretToken", value: credentials.SecretToken },
        { "@hashKey": expect.any(String) },
    ]);
});

test("the key of the hashes is the resource's own, and stays", async () => {
    const keyIn = (checked: Readonly<Record<string, unknown>>) =>
        Reflect.get(Object(clear(checked.credentials)), "@hashKey");
    const first = await plugin.checked(inputs);
    const second = await plugin.checked(inputs);
    expect(keyIn(first)).not.toBe(keyIn(second));
    expect(keyIn(await plugin.checked({ ...inputs, credentials: { SecretToken: "another" } }, first))).toBe(
        keyIn(first),
    );
});

test("what the program marked as a secret comes back as one, where it stood, and the credentials as a whole", async () => {
    const checked = await plugin.checked({
        servicePrincipalId: secret(id),
        credentials: { SecretToken: secret(token.value), Password: password.value },
        triggers: { shown: "1", hidden: [secret(password.value)] },
        timeouts: { create: "1m" },
    });
    expect(shown(checked)).toEqual({
        servicePrincipalId: "[secret]",
        credentials: "[secret]",
        triggers: { shown: "1", hidden: ["[secret]"] },
        timeouts: { create: "1m" },
    });
    expect(clear(checked)).toMatchObject({ triggers: { shown: "1", hidden: [password.value] } });
});

test("unknown values are taken anywhere: one credential, the whole map, a key, the target, and all the rest", async () => {
    for (const news of [
        { ...inputs, credentials: { ...credentials, UserName: unknown } },
        { ...inputs, credentials: { ...credentials, UserName: secret(unknown) } },
        { ...inputs, credentials: unknown },
        { ...inputs, credentials: secret(unknown) },
        { ...inputs, credentials: [{ key: unknown, value: unknown }, unknown] },
        { servicePrincipalId: unknown, credentials },
        { ...inputs, triggers: unknown, maxAge: unknown, timeouts: unknown, apiVersion: unknown },
        { ...inputs, credentials: { NewKey: "x" }, allowUnknownKeys: unknown },
    ]) {
        const { inputs: checked, failures } = await plugin.check(news);
        expect(failures).toEqual([]);
        expect(isSecret(checked.credentials)).toBe(true);
    }
});

test("a file, an archive and a resource are refused where they stand, with what would be right", async () => {
    expect(
        await reasonsOf({ ...inputs, credentials: { ClientCertificate: asset, SecretToken: token.value } }),
    ).toContain("credentials.ClientCertificate is an asset, which has no place here: give its text");
    expect(await reasonsOf({ ...inputs, credentials: [{ key: "SecretToken", value: secret(archive) }] })).toContain(
        "credentials[0].value is an archive, which has no place here: give its text",
    );
    expect(await reasonsOf({ credentials, servicePrincipalId: resource })).toContain(
        "servicePrincipalId is a resource, which has no place here: give its text",
    );
    expect(await reasonsOf({ ...inputs, triggers: [asset] })).toContain(
        "triggers[0] is an asset, which has no place here: give its text",
    );
});

test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
        "a key that is near one",
        { credentials: { SecretTokn: token.value } },
        /^credentials\.SecretTokn .*"SecretToken"/,
    ],
    ["a key that is near none", { credentials: { Pear: password.value } }, /is not a key that Microsoft Graph/],
    ["key and value swapped", { credentials: { [token.value]: "SecretToken" } }, /swap the two$/],
    ["an empty value", { credentials: { SecretToken: "" } }, /^credentials\.SecretToken is empty/],
    ["a number", { credentials: { SecretToken: secret(7) } }, /^credentials\.SecretToken expected a string/],
    ["a mark of an import's", { credentials: { SecretToken: "*", UserName: "x" } }, /is \*, which stands for a value/],
    ["no credentials", { credentials: undefined }, /^credentials is missing/],
    ["text for credentials", { credentials: token.value }, /^credentials expected a map/],
    ["a property that is none", { crendentials: secret(token.value) }, /^crendentials .*did you mean "credentials"\?$/],
    ["both targets", { applicationId: id }, /^applicationId is given beside servicePrincipalId/],
    ["a target of the other kind", { servicePrincipalId: `/applications/${id}` }, /^servicePrincipalId /],
    ["a duration that is none", { maxAge: "soon" }, /^maxAge expected/],
    ["a version that is none", { apiVersion: "v2" }, /^apiVersion expected "v1.0" or "beta"/],
])("%s is refused by its path in words, and no property is named", async (_, changes, reason) => {
    const news: Record<string, unknown> = { ...inputs, ...changes };
    const { credentials: given, ...rest } = news;
    expect(await reasonsOf(given === undefined ? rest : news)).toEqual([expect.stringMatching(reason)]);
});

test("a cloud that there is not is a failure of the check's, without a stack", async () => {
    await using astray = await Plugin.start({ environment: { ARM_ENVIRONMENT: "german" } });
    const { failures } = await astray.check(inputs);
    expect(failures).toEqual([{ property: "", reason: expect.stringMatching(/^environment .*"german"/) }]);
});

test("an import's check, where nothing has been written down yet, passes as it stands", async () => {
    const imported = { servicePrincipalId: id, credentials: secret({ SecretToken: "*" }) };
    const { inputs: checked, failures } = await plugin.check(imported, imported);
    expect(failures).toEqual([]);
    expect(clear(checked)).toEqual(clear(imported));
    expect(isSecret(checked.credentials)).toBe(true);
});
