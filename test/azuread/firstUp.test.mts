import { readFileSync } from "node:fs";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, afterEach, expect, test } from "vitest";
import { openStack, type Stack } from "../support/stack.mts";
import { type Example, examplesFor } from "./examples.mts";

/*
 * The first `up` of the examples while Graph shows every new object late, on a real engine. azuread's plugin is stood in
 * for by its recorded requests, which the program sends itself at the place where the example declares the resource; the
 * plugin itself has test/azuread/plugin.test.mts, where it is installed.
 */

const delayMs = 3000;
const emulator = await startEmulator({ visibilityDelayMs: delayMs });
const [scim, oauth] = examplesFor(emulator.saas);
const traffic = readFileSync(new URL("traffic.cjs", import.meta.url), "utf8");
let stack: Stack;

afterEach(async () => {
    emulator.reset();
    await stack[Symbol.asyncDispose]();
});
afterAll(() => emulator.close());

test("azuread-scim: secrets are stored, the token is acquired, and the job runs with it", async () => {
    stack = await open(
        scim,
        `const credentials = [
    { key: "BaseAddress", value: config.require("scimAddress") },
    { key: "SecretToken", value: config.require("scimToken") },
];
const created = (async () => {
    const graph = await connect();
    const { clientId } = await graph.createApplication("Acme");
    const principal = await graph.createServicePrincipal(clientId);
    await graph.storeSecrets(principal, credentials);
    return { graph, principal };
})();
const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: created.then(({ principal }) => principal), credentials });
exports.job = token.acquiredAt.apply(async () => {
    const { graph, principal } = await created;
    return graph.createJob(principal, "scim");
});`,
    );
    await stack.up();
    expect(await stack.outputs()).toEqual({ job: "Active" });
    expect(acquisitions()).toEqual([{ keys: [...scim.keys].sort(), token: "current" }]);
    expect(order()).toEqual(["PUT secrets", "POST acquireAccessToken", "POST jobs"]);
});

test("azuread-oauth: an acquisition meets a service principal that is too new, says so, waits, and succeeds", async () => {
    stack = await open(
        oauth,
        `const created = (async () => {
    const graph = await connect();
    const { clientId } = await graph.createApplication("Acme");
    // Longer than an engine takes, on a slow machine, from here to the acquisition.
    await fetch("https://" + process.env.ARM_METADATA_HOSTNAME + "/_emulator/visibility", {
        method: "PUT", body: JSON.stringify({ visibilityDelayMs: 12000 }) });
    return graph.createServicePrincipal(clientId, { isPatient: false });
})();
const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: created,
    credentials: {
        BaseAddress: config.require("scimAddress"),
        AuthenticationType: "OAuth2ClientCredentialsGrant",
        Oauth2TokenExchangeUri: config.require("tokenAddress"),
        Oauth2ClientId: config.require("oauthClientId"),
        Oauth2ClientSecret: config.requireSecret("oauthClientSecret"),
    },
    validation: { templateId: "scim" },
});`,
    );
    const { output } = await stack.up();
    const refused = emulator.requests
        .filter(({ path, status }) => path.endsWith("/acquireAccessToken") && status !== 204)
        .map(({ status }) => status);
    expect(refused.length).toBeGreaterThan(0);
    expect(output).toMatch(/Acquiring .+: .*404.*, waiting \d+/);
    expect(acquisitions()).toEqual([{ keys: [...oauth.keys].sort(), token: "current" }]);
    expect(emulator.store.acquisitions).toMatchObject([{ exchange: "client_credentials" }]);
    expect(emulator.store.validations).toMatchObject([{ templateId: "scim", usedSavedCredentials: true }]);
});

async function open({ name, config, secretConfig }: Example, statements: string): Promise<Stack> {
    const opened = await openStack({ files: { "traffic.cjs": traffic }, emulator, project: name });
    for (const [key, value] of Object.entries(config)) {
        await opened.config(key, value);
    }
    for (const [key, value] of Object.entries(secretConfig)) {
        await opened.config(key, value, "secret");
    }
    opened.declare(`const config = new pulumi.Config();\nconst { connect } = require("./traffic.cjs");\n${statements}`);
    return opened;
}

/** What was handed over, and what the service holds of it. */
function acquisitions() {
    const held = emulator.provisioning();
    return emulator.store.acquisitions.map(({ keys, targetId }) => ({
        keys: [...keys].sort(),
        token: held.find((target) => target.targetId === targetId)?.token?.state,
    }));
}

/** The accepted calls that change something at the provisioning service, in their order. */
function order(): string[] {
    return emulator.requests
        .filter(({ method, path, status }) => method !== "GET" && status < 300 && path.includes("/synchronization/"))
        .map(({ method, path }) => `${method} ${path.split("/").at(-1)}`)
        .filter((call) => !call.endsWith("start"));
}
