import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, expect, test } from "vitest";
import { Sentinel } from "../support/sentinels.mts";
import { FakeEngine } from "./engine.mts";
import { failureOf, Plugin, urn } from "./plugin.mts";
import { asset, clear, isSecret, secret, shown, unknown } from "./wire.mts";

/* What comes before any resource: the process, the handshake, the schema, and the provider's own configuration. */

const emulator = await startEmulator();
const sentinels = {
    secret: new Sentinel("clientSecret"),
    password: new Sentinel("clientCertificatePassword"),
    token: new Sentinel("oidcToken"),
};
const plugin = await Plugin.start();
afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    await emulator.close();
    expect(plugin.leaks(...Object.values(sentinels))).toEqual([]);
});

test("the first line on standard output is the port, and nothing else ever stands there", async () => {
    expect(plugin.port).toMatch(/^\d+$/);
    await plugin.pluginInfo();
    expect(plugin.surfaces).toMatchObject({ stdout: `${plugin.port}\n`, stderr: "" });
});

test("the handshake accepts secrets, and the plugin says its version", async () => {
    await using engine = await FakeEngine.start();
    expect(await plugin.handshake(engine.address)).toMatchObject({ acceptSecrets: true, acceptResources: false });
    expect(await plugin.pluginInfo()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(await plugin.configure()).toMatchObject({ acceptsecrets: true, supportspreview: true });
});

test("the schema has the resource, its functions, the settings and the plugin's own version; of another format there is none", async () => {
    const schema = await plugin.schema();
    expect(schema).toMatchObject({
        name: "entrasync",
        version: (await plugin.pluginInfo()).version,
        resources: {
            "entrasync:index:SynchronizationTokenAcquisition": {
                inputProperties: {
                    credentials: { secret: true },
                    servicePrincipalId: { replaceOnChanges: true },
                    applicationId: { replaceOnChanges: true },
                },
                aliases: [{ type: "pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition" }],
            },
        },
        functions: {
            "entrasync:index:getSynchronizationSecretKeys": {},
            "entrasync:index:validateCredentials": {},
        },
        config: { variables: { clientSecret: { secret: true }, tenantId: { type: "string" } } },
    });
    expect((await failureOf(plugin.schema(7))).message).toMatch(/format 0, not 7 \(INVALID_CONFIGURATION\)/);
});

test("what is not served is answered as such, and the process goes on", async () => {
    for (const rpc of ["call", "construct", "parameterize", "getMapping"] as const) {
        expect(await plugin.unserved(rpc), rpc).toBe("UNIMPLEMENTED");
    }
    expect(plugin.isRunning).toBe(true);
});

test("a setting that there is not is refused with the nearest one named, and its value is not repeated", async () => {
    const { failures } = await plugin.checkConfig({ clientSecrt: "a-value-of-whatever" });
    expect(failures).toEqual([
        { property: "", reason: 'clientSecrt is not a setting of this provider; did you mean "clientSecret"?' },
    ]);
    expect((await plugin.checkConfig({ somethingElse: "x" })).failures).toEqual([
        { property: "", reason: "somethingElse is not a setting of this provider" },
    ]);
});

test("a flag that is none, a cloud that is none and a duration that is none are refused, all at once", async () => {
    const { failures } = await plugin.checkConfig({
        useOidc: "perhaps",
        environment: "german",
        replicationTimeout: "soon",
    });
    const reasons = failures.map(({ reason }) => reason).sort();
    expect(reasons).toEqual([
        expect.stringMatching(/^entrasync:replicationTimeout is "soon": give a duration/),
        expect.stringMatching(/^entrasync:useOidc is "perhaps": give true or false/),
        expect.stringMatching(/^environment .* is "german", which is no cloud/),
    ]);
    expect(new Set(failures.map(({ property }) => property))).toEqual(new Set([""]));
});

test("an asset and a map have no place among the settings", async () => {
    const { failures } = await plugin.checkConfig({ clientId: asset, tenantId: { a: "b" } });
    expect(failures.map(({ reason }) => reason).sort()).toEqual([
        "clientId is an asset, which has no place here: give its text",
        "tenantId is not a text",
    ]);
});

test("secrets come back as secrets, whether or not the caller marked them; everything else as it was", async () => {
    const news = {
        version: "0.1.0",
        tenantId: "a-tenant",
        clientId: secret("a-client"),
        clientSecret: sentinels.secret.value,
        clientCertificatePassword: secret(sentinels.password.value),
        oidcToken: sentinels.token.value,
        useOidc: "true",
    };
    const { inputs, failures } = await plugin.checkConfig(news);
    expect(failures).toEqual([]);
    expect(clear(inputs)).toEqual(clear(news));
    expect(shown(inputs)).toEqual({
        version: "0.1.0",
        tenantId: "a-tenant",
        clientId: "[secret]",
        clientSecret: "[secret]",
        clientCertificatePassword: "[secret]",
        oidcToken: "[secret]",
        useOidc: "true",
    });
});

test("a setting that is not known yet is taken, a secret one as a secret, and counts as not set", async () => {
    const { inputs, failures } = await plugin.checkConfig({
        environment: unknown,
        useMsi: unknown,
        replicationTimeout: unknown,
        graphEndpoint: unknown,
        clientSecret: unknown,
    });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ environment: unknown, useMsi: unknown });
    expect(isSecret(inputs.clientSecret)).toBe(true);
});

test("diffConfig compares for real: what changed, and nothing where nothing did", async () => {
    const olds = { tenantId: "a", clientSecret: secret("one"), useOidc: "true", version: "0.1.0" };
    expect(await plugin.diffConfig(olds, { ...olds, version: "0.2.0" })).toEqual({
        changes: "none",
        replaces: [],
        diffs: [],
        detailed: {},
    });
    const { useOidc: _, ...without } = olds;
    const changed = { ...without, clientSecret: secret("two"), clientId: "new" };
    const diff = await plugin.diffConfig(olds, changed);
    expect(diff).toMatchObject({ changes: "some", replaces: [] });
    expect(Object.keys(diff.detailed).sort()).toEqual(["clientId", "clientSecret", "useOidc"]);
    expect([...diff.diffs].sort()).toEqual(["clientId", "clientSecret", "useOidc"]);
});

test("what is configured goes before the environment, secrets included", async () => {
    await using configured = await Plugin.start({
        environment: { ...emulator.environment, ARM_CLIENT_SECRET: "not-the-secret-that-it-is" },
    });
    const { inputs } = await configured.checkConfig({
        clientSecret: secret(emulator.clientSecret),
        tenantId: emulator.tenantId,
        useCli: false,
    });
    await configured.configure(inputs);
    const { id } = emulator.createServicePrincipal("configured");
    const news = await configured.checked({ servicePrincipalId: id, credentials: { SecretToken: "a-token" } });
    await configured.create(news);
    expect(emulator.store.acquisitions.map(({ targetId }) => targetId)).toEqual([id]);
    expect(JSON.stringify(configured.surfaces)).not.toContain(emulator.clientSecret);

    await configured.configure({ clientSecret: secret(sentinels.secret.value) });
    const refused = await failureOf(configured.create(news));
    expect(refused.message).toMatch(/AADSTS7000215.*\(AUTHENTICATION_FAILED\)$/);
    expect(configured.leaks(sentinels.secret)).toEqual([]);
});

test("what a plugin says stands in the engine's log at its resource: by the first argument, the handshake, or attach", async () => {
    await using engine = await FakeEngine.start();
    const ways = {
        argument: () => Plugin.start({ engine: engine.address, environment: emulator.environment }),
        handshake: async () => {
            const started = await Plugin.start({ environment: emulator.environment });
            await started.handshake(engine.address);
            return started;
        },
        attach: async () => {
            const started = await Plugin.start({ environment: emulator.environment });
            await started.attach(engine.address);
            return started;
        },
    };
    for (const [way, start] of Object.entries(ways)) {
        await using started = await start();
        await started.configure();
        await started.read("no/such/id", { properties: { acquiredAt: "x" }, inputs: {} }, { name: way });
        expect(await engine.says(/no\/such\/id was not looked at/, urn(way)), way).toMatchObject({
            severity: "warning",
        });
        expect(started.surfaces).toMatchObject({ stdout: `${started.port}\n`, stderr: "" });
    }
    await using alone = await Plugin.start({ environment: emulator.environment });
    await alone.read("no/such/id", { properties: { acquiredAt: "x" }, inputs: {} });
    expect(alone.surfaces).toMatchObject({
        stdout: `${alone.port}\n`,
        stderr: expect.stringContaining("no/such/id was not looked at"),
    });
});
