import { type FaultEffect, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { filesUnder, leaks, Sentinel } from "../support/sentinels.mts";
import { openStack, type Stack } from "../support/stack.mts";

/* What goes wrong is told in words of others, or about what the user wrote: the value is in none of it. */

const clientSecret = new Sentinel("client secret");
const emulator = await startEmulator({ clientSecret: clientSecret.value });
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

const dotNet = (text: string) =>
    JSON.stringify(text)
        .slice(1, -1)
        .replaceAll('\\"', "\\u0022")
        .replaceAll(
            /[^ -~]|[<>&'+`]/g,
            (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
        );

const graphSays = (message: string, code = "RequestParameterInvalid"): FaultEffect => ({
    kind: "respond",
    status: 400,
    body: { error: { code, message } },
});

/** How Graph, or what stands in front of it, says a value back. */
const echoes: Record<string, (value: string) => FaultEffect> = {
    plain: (value) => graphSays(`The value ${value} is not valid.`),
    urlEncoded: (value) => graphSays(`Bad request: secret=${encodeURIComponent(value)}&more=1`),
    formEncoded: (value) => graphSays(`Bad request: ${new URLSearchParams({ secret: value })}`),
    base64: (value) => graphSays(`Bad header: ${Buffer.from(value).toString("base64")}`),
    jsonEscaped: (value) => graphSays(`Body was ${JSON.stringify({ key: "SecretToken", value })}`),
    jsonInJson: (value) => graphSays(JSON.stringify({ Message: `Body was ${JSON.stringify({ value })}` })),
    dotNet: (value) => graphSays(`Body was {"value":"${dotNet(value)}"}`),
    code: (value) => graphSays("It is in the code.", value),
    requestId: (value) => ({
        kind: "respond",
        status: 400,
        headers: { "request-id": encodeURIComponent(value) },
        body: { error: { code: "BadRequest", message: "It is in the header." } },
    }),
    page: (value) => ({
        kind: "respond",
        status: 502,
        headers: { "content-type": "text/html" },
        body: `<html><body><h1>502</h1>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")}</body></html>`,
    }),
    cutPage: (value) => ({ kind: "respond", status: 400, body: `${"x".repeat(100)}${value}` }),
};

test("what Graph says back of a value, in any form, is taken out of every message and log", async () => {
    const echoed = Object.keys(echoes).map((name) => ({ name, sentinel: new Sentinel(name) }));
    stack.declare(
        echoed
            .map(({ name, sentinel }) => {
                const { id } = emulator.createServicePrincipal(name);
                const effect = echoes[name]?.(sentinel.value);
                // What a gateway says is asked for again.
                if (effect !== undefined) emulator.faults.add({ match: { path: id }, times: Infinity, effect });
                return `new SynchronizationTokenAcquisition("${name}", {
                    servicePrincipalId: "${id}", credentials: { SecretToken: ${sentinel.literal} } });`;
            })
            .join("\n"),
    );
    const seen = watch(emulator);
    const { code, stdout, stderr } = await stack.tryUp(
        ...["--continue-on-error", "--parallel", "16", "--logtostderr", "--logflow", "-v=7"],
    );
    expect(code).not.toBe(0);
    const { posts, acquisitions } = seen();
    expect(new Set(posts.map(({ path }) => path)).size).toBe(echoed.length);
    expect(new Set(posts.map(({ faulted }) => faulted))).toEqual(new Set(["respond"]));
    expect(acquisitions).toEqual([]);
    // In plain, code and page at the least: where it stood there is our mark now.
    expect(stdout.split("[removed]").length).toBeGreaterThan(echoed.length);
    expect(stdout).toContain("It is in the header.");
    const sentinels = [...echoed.map(({ sentinel }) => sentinel), clientSecret];
    expect(leaks({ stdout, stderr, ...filesUnder(stack.backend) }, sentinels)).toEqual([]);
    expect(await stack.resources()).toEqual({});
});

/** A validation sends none of the values: Graph has them from the acquisition. */
test("what Graph says back of a value at a validation is taken out too, and state has none of it in clear", async () => {
    // What is asked for again is told while it waits, by the client, which knows what it sent and no more.
    const echoed = Object.keys(echoes)
        .filter((name) => name !== "page")
        .map((name) => ({ name, sentinel: new Sentinel(name) }));
    stack.declare(
        echoed
            .map(({ name, sentinel }) => {
                const { id } = emulator.createServicePrincipal(name);
                const effect = echoes[name]?.(sentinel.value);
                if (effect !== undefined)
                    emulator.faults.add({ match: { path: `${id}/.*/validateCredentials` }, effect });
                return `new SynchronizationTokenAcquisition("${name}", {
                    servicePrincipalId: "${id}",
                    credentials: { SecretToken: ${sentinel.literal} },
                    validation: { templateId: "scim" } });`;
            })
            .join("\n"),
    );
    const { code, stdout, stderr } = await stack.tryUp(
        ...["--continue-on-error", "--parallel", "16", "--logtostderr", "--logflow", "-v=7"],
    );
    expect(code).not.toBe(0);
    // Of a page that is no JSON nothing is quoted; where another value stood there is our mark now.
    expect(stdout.split("[removed]").length).toBeGreaterThanOrEqual(echoed.length);
    const sentinels = echoed.map(({ sentinel }) => sentinel);
    const exported = (await stack.does(["stack", "export"])).stdout;
    expect(leaks({ stdout, stderr, exported, ...filesUnder(stack.backend) }, sentinels)).toEqual([]);
    const resources = Object.values(await stack.resources());
    expect(resources).toHaveLength(echoed.length);
    for (const { outputs } of resources) expect(outputs).toHaveProperty("validationPendingSince");
    await stack.destroy();
});

test("what Entra says back of the client secret is taken out", async () => {
    const { id } = emulator.createServicePrincipal("Acme");
    stack.declare(`new SynchronizationTokenAcquisition("acme", {
        servicePrincipalId: "${id}", credentials: { SecretToken: "a-token" } });`);
    for (const [form, text] of Object.entries({
        plain: clientSecret.value,
        urlEncoded: encodeURIComponent(clientSecret.value),
        jsonEscaped: JSON.stringify(clientSecret.value),
    })) {
        emulator.faults.add({
            match: { method: "POST", path: "/oauth2/v2.0/token" },
            effect: {
                kind: "respond",
                status: 401,
                body: {
                    error: "invalid_client",
                    error_description: `AADSTS7000215: Invalid secret ${text} was given.`,
                },
            },
        });
        const { code, stdout, stderr } = await stack.tryUp("--logtostderr", "--logflow", "-v=7");
        expect(code, form).not.toBe(0);
        expect(stdout).toContain("AADSTS7000215");
        expect(leaks({ stdout, stderr }, [clientSecret]), form).toEqual([]);
    }
});

/** Mistakes that put a value where it does not belong; the engine ends at the first resource that has any. */
const misuses: Record<string, (literal: string) => string> = {
    "in a list": (literal) => `
        SecretToken: ${literal},
        credential: { SecretToken: ${literal} },
        credentials: [
            { key: ${literal}, value: "SecretToken" },
            ${literal},
            { key: "UserName", value: "x", [${literal}]: ${literal} },
            { key: "SecretToken", value: ${literal} },
            { key: "SecretToken", value: ${literal} },
            { key: "Password", value: { value: ${literal} } },
            { key: "ClientSecret", value: [${literal}] },
        ]`,
    "in a map": (literal) => `
        credentials: {
            [${literal}]: "SecretToken",
            SecretTokn: ${literal},
            SecretToken: { value: ${literal} },
            Password: [${literal}],
        }`,
    "in place of the map": (literal) => `credentials: ${literal}`,
    "as an unknown key, twice": (literal) =>
        `allowUnknownKeys: true, credentials: [{ key: ${literal}, value: "x" }, { key: ${literal}, value: "x" }]`,
    "beside another mistake": (literal) => `credentials: { SecretToken: ${literal} }, maxAge: "soon"`,
};

test.for(Object.keys(misuses))("a value %s of wrong inputs is not repeated", async (name) => {
    const sentinel = new Sentinel(name);
    const { id } = emulator.createServicePrincipal("Acme");
    stack.declare(`new SynchronizationTokenAcquisition("wrong", {
        servicePrincipalId: "${id}", ${misuses[name]?.(sentinel.literal)} });`);
    const seen = watch(emulator);
    const { code, stdout, stderr } = await stack.run(["preview", "--logtostderr", "--logflow", "-v=7"]);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/wrong.*has a problem/);
    expect(leaks({ stdout, stderr, ...filesUnder(stack.backend) }, [sentinel])).toEqual([]);
    expect(seen().requests).toEqual([]);
});
