import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeEach, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { Sentinel } from "../support/sentinels.mts";
import { failureOf, Plugin } from "./plugin.mts";
import { asset, secret, unknown } from "./wire.mts";

/* The package's functions, which only ask. */

const emulator = await startEmulator();
const plugin = await Plugin.start({ environment: emulator.environment });
const token = new Sentinel("SecretToken");
const { id } = emulator.createServicePrincipal("Acme");
const target = { servicePrincipalId: id };
const job = emulator.store.createJob(
    emulator.store.find("servicePrincipals", { by: "id", value: id }) ?? expect.fail("not there"),
    "scim",
);
const credentials = { BaseAddress: "https://scim.acme.example/v2", SecretToken: secret(token.value) };

const storedKeys = (args: Readonly<Record<string, unknown>>) =>
    plugin.invoke("entrasync:index:getSynchronizationSecretKeys", args);
const validate = (args: Readonly<Record<string, unknown>>) =>
    plugin.invoke("entrasync:index:validateCredentials", args);
const refusal = (reason: unknown) => ({ result: {}, failures: [{ property: "", reason }] });

beforeEach(() => {
    emulator.store.validation = "accept";
});
afterAll(async () => {
    expect(plugin.leaks(token)).toEqual([]);
    expect(plugin.surfaces).toMatchObject({ stdout: `${plugin.port}\n`, stderr: "" });
    await plugin[Symbol.asyncDispose]();
    await emulator.close();
});

test("of a target that holds nothing there are no keys", async () => {
    expect(await storedKeys(target)).toEqual({ result: { keys: [], secrets: [] }, failures: [] });
});

test("of one that holds credentials the keys are told, with whether Graph masks them, and no value", async () => {
    await plugin.create(await plugin.checked({ ...target, credentials }));
    expect(await storedKeys({ servicePrincipalId: `/servicePrincipals/${id}` })).toEqual({
        result: {
            keys: ["BaseAddress", "SecretToken"],
            secrets: [
                { key: "BaseAddress", masked: false },
                { key: "SecretToken", masked: true },
            ],
        },
        failures: [],
    });
});

test("a target that is not there is an error with Graph's word", async () => {
    const { message } = await failureOf(storedKeys({ applicationId: "00000000-0000-0000-0000-000000000007" }));
    expect(message).toMatch(/^Looking at the credentials stored for \/applications\/.*\(TARGET_NOT_FOUND\)$/);
});

test("credentials that the application takes are valid: given ones, and saved ones; nothing is acquired by that", async () => {
    const seen = watch(emulator);
    expect(await validate({ ...target, templateId: "scim", credentials })).toEqual({
        result: { valid: true },
        failures: [],
    });
    expect(await validate({ ...target, jobId: job.id })).toEqual({ result: { valid: true }, failures: [] });
    expect(emulator.store.validations.slice(-2)).toMatchObject([
        { templateId: "scim", usedSavedCredentials: false },
        { jobId: job.id, usedSavedCredentials: true },
    ]);
    expect(seen().acquisitions).toEqual([]);
});

test("credentials that it turns down are not, and Graph's code and words say why", async () => {
    emulator.store.validation = "refuse";
    const { result, failures } = await validate({ ...target, templateId: "scim", credentials });
    expect(failures).toEqual([]);
    expect(result).toMatchObject({ valid: false, code: expect.any(String), message: expect.any(String) });
});

test.each<[string, Readonly<Record<string, unknown>>, unknown]>([
    ["no target", { templateId: "scim" }, expect.stringMatching(/^servicePrincipalId is missing/)],
    [
        "two targets",
        { ...target, applicationId: id, templateId: "a" },
        expect.stringMatching(/^applicationId is given/),
    ],
    ["no template and no job", target, expect.stringMatching(/^templateId is missing/)],
    [
        "a template and a job",
        { ...target, templateId: "a", jobId: "b" },
        expect.stringMatching(/^jobId is given beside/),
    ],
    [
        "a key that is none",
        { ...target, templateId: "a", credentials: { SecretTokn: token.value } },
        expect.stringMatching(/^credentials\.SecretTokn .*"SecretToken"/),
    ],
    [
        "a one-time code, which would be spent",
        { ...target, templateId: "a", credentials: { Oauth2AuthorizationCode: token.value } },
        expect.stringMatching(/^credentials\.Oauth2AuthorizationCode works once/),
    ],
    [
        "an asset",
        { ...target, templateId: "a", credentials: { ClientCertificate: asset } },
        "credentials.ClientCertificate is an asset, which has no place here: give its text",
    ],
    ["what is not known yet", { ...target, templateId: "a", credentials: unknown }, "an argument is not known yet"],
    [
        "a value that is not known yet",
        { ...target, templateId: "a", credentials: { SecretToken: secret(unknown) } },
        "an argument is not known yet",
    ],
])("%s is refused before anybody is asked, and no property is named", async (_, args, reason) => {
    const seen = watch(emulator);
    expect(await validate(args)).toEqual(refusal(reason));
    expect(seen().requests).toEqual([]);
});

test.each(["entrasync:index:getSecrets", "entrasync:index:constructor", "toString", ""])(
    "a function %j there is not",
    async (token_) => {
        const { message } = await failureOf(plugin.invoke(token_, {}));
        expect(message).toBe(`this package has no function ${token_} (INVALID_CONFIGURATION)`);
    },
);
