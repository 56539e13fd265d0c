import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { inspect } from "node:util";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { Config } from "@pulumi/pulumi/cmd/dynamic-provider/config.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import type { TransportRequest } from "../../provider/graph/transport.ts";
import * as runtime from "../../provider/runtime.ts";

const createTransport = vi.hoisted(() => vi.fn());
vi.mock("../../provider/graph/transport.ts", () => ({ createTransport }));
vi.mock("../../provider/graph/ask.ts", () => ({ fetchMetadata: vi.fn(), askOverHttp: vi.fn() }));

const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const id = `/servicePrincipals/${uuid}/synchronization/acquireAccessToken`;
const secret = "sentinel-93c1-of-a-credential";
const credentials = { SecretToken: secret, "@hashKey": "" };
const args = { servicePrincipalId: uuid, credentials };
const signIn = { "azuread:tenantId": "t", "azuread:clientId": "c", "azuread:clientSecret": "s" };

let requests: TransportRequest[];
let status: number;
let shownKeys: readonly string[];
let refusesValidation: boolean;

const configure = (raw: Readonly<Record<string, string>>) =>
    runtime.configure({ config: new Config({ ...raw }, "a-project") });

beforeEach(async () => {
    for (const name of Object.keys(process.env).filter((variable) => variable.startsWith("ARM_"))) {
        vi.stubEnv(name, "");
    }
    requests = [];
    vi.spyOn(console, "log").mockReturnValue();
    status = 204;
    shownKeys = ["SecretToken"];
    refusesValidation = false;
    createTransport.mockReset().mockImplementation(async () => ({
        claims: () => undefined,
        async send(request: TransportRequest) {
            requests.push(request);
            const headers = createHttpHeaders({ "request-id": "r-1" });
            const asked = createPipelineRequest({ url: request.url });
            return { response: { ...answerTo(request), headers, request: asked }, isChallenge: false };
        },
    }));
    await configure(signIn);
});

afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
});

function answerTo({ method, url }: TransportRequest): { readonly status: number; readonly bodyAsText: string | null } {
    if (status === 404) {
        return { status, bodyAsText: '{"error":{"code":"Request_ResourceNotFound","message":"Gone."}}' };
    }
    if (status < 300 && method === "GET" && url.endsWith("/secrets")) {
        return { status: 200, bodyAsText: JSON.stringify({ value: shownKeys.map((key) => ({ key, value: "*" })) }) };
    }
    if (refusesValidation && url.endsWith("/validateCredentials")) {
        return { status: 400, bodyAsText: '{"error":{"code":"InvalidCredentials","message":"They are wrong."}}' };
    }
    return { status, bodyAsText: null };
}

/** The fields by which Pulumi's host knows a failure that left a resource behind. */
const resourceFieldsOf = (error: unknown) =>
    ["id", "properties", "reasons"].filter((field) => field in (error as object));

async function create(change: Readonly<Record<string, unknown>> = {}) {
    const { inputs, failures } = await runtime.check({}, { ...args, ...change });
    expect(failures).toEqual([]);
    return { inputs, ...(await runtime.create(inputs)) };
}

describe("the contract with every state file", () => {
    test("is these hooks, none of which ever goes away", () => {
        const hooks = ["check", "configure", "create", "delete", "diff", "read", "update"];
        expect(Object.keys(runtime)).toEqual(expect.arrayContaining(hooks));
        for (const hook of hooks) {
            expect(Reflect.get(runtime, hook)).toBeTypeOf("function");
        }
    });

    test("loads nothing of Azure and nothing of Pulumi, neither when it is required nor in check and diff", () => {
        const root = join(__dirname, "../..");
        // By the loader's hooks too: what is loaded as an ES module is in no require.cache.
        const script = `
            const loaded = [];
            require("node:module").registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
            const runtime = require("./provider/runtime.ts");
            runtime.check({}, ${JSON.stringify(args)})
                .then(({ inputs }) => runtime.diff(${JSON.stringify(id)}, inputs, inputs))
                .then(() => console.log(JSON.stringify([...loaded, ...Object.keys(require.cache)])));`;
        const out = execFileSync(process.execPath, ["--import", "tsx", "-e", script], { cwd: root, encoding: "utf8" });
        const loaded: string[] = JSON.parse(out);
        expect(loaded.join()).toContain("provider/graph/transport.ts");
        expect(loaded.filter((name) => /node_modules.(@azure|@pulumi|@typespec)./.test(name))).toEqual([]);
    });
});

describe("check", () => {
    const failuresOf = async (news: Readonly<Record<string, unknown>>) => (await runtime.check({}, news)).failures;

    test("adds what state carries", async () => {
        expect((await runtime.check({}, args)).inputs).toMatchObject({ cloud: "public", servicePrincipalId: uuid });
    });

    test("names the path of what is wrong inside a property", async () => {
        const reason = "credentials.SecretToken is empty: give a value, or leave the credential out";
        expect(await failuresOf({ ...args, credentials: { SecretToken: "" } })).toEqual([{ property: "", reason }]);
        expect(await failuresOf({ ...args, credentials: [{ key: "SecretToken" }] })).toEqual([
            { property: "", reason: expect.stringMatching(/^credentials\[0\]\.value has no value/) },
        ]);
    });

    test.each<[string, Record<string, unknown>]>([
        ["credentials", { ...args, credentials: secret }],
        ["credential", { ...args, credential: { SecretToken: secret } }],
        ["maxAge", { ...args, maxAge: 7 }],
        ["servicePrincipalId", { credentials }],
    ])("names %s in words only: the engine prints the value of a property that a failure names", async (path, news) => {
        const failures = (await failuresOf(news)) ?? [];
        expect(failures).toHaveLength(1);
        expect(failures[0]?.property).toBe("");
        expect(failures[0]?.reason).toMatch(new RegExp(`^${path} (is|expected) `));
        expect(JSON.stringify(failures)).not.toContain(secret);
    });

    test("says that a cloud is none, and does not throw", async () => {
        vi.stubEnv("ARM_ENVIRONMENT", "nowhere");
        const failures = await failuresOf(args);
        expect(failures).toEqual([{ property: "", reason: expect.stringMatching(/^environment \(.*"nowhere"/) }]);
    });
});

describe("the configuration", () => {
    test("is kept at once, for hooks that do not wait", async () => {
        const configured = configure({ "azuread:environment": "china" });
        expect((await runtime.check({}, args)).inputs.cloud).toBe("china");
        await configured;
    });

    test("is entrasync's over azuread's over the environment's, and an empty one is none", async () => {
        vi.stubEnv("ARM_ENVIRONMENT", "dod");
        const cloudOf = async (raw: Readonly<Record<string, string>>) => {
            await configure(raw);
            return (await runtime.check({}, args)).inputs.cloud;
        };
        expect(await cloudOf({})).toBe("usgovernmentl5");
        expect(await cloudOf({ "azuread:environment": "china" })).toBe("china");
        expect(await cloudOf({ "azuread:environment": "china", "entrasync:environment": "public" })).toBe("public");
        expect(await cloudOf({ "entrasync:environment": "" })).toBe("usgovernmentl5");
    });

    test("decides where the POST goes and for which scope", async () => {
        await configure({ ...signIn, "azuread:environment": "china" });
        await create();
        expect(createTransport).toHaveBeenCalledExactlyOnceWith(
            expect.anything(),
            "https://microsoftgraph.chinacloudapi.cn/.default",
        );
        expect(requests[0]?.url).toBe(`https://microsoftgraph.chinacloudapi.cn/v1.0${id}`);
    });

    test("that can't sign in fails the operation with what is missing, and is asked anew by the next one", async () => {
        await configure({ "azuread:useCli": "false" });
        const error = await create().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toMatch(/ \(INVALID_CONFIGURATION\)$/);
        expect(inspect(error, { showHidden: true })).not.toContain(secret);
        vi.stubEnv("ARM_TENANT_ID", "t");
        vi.stubEnv("ARM_CLIENT_ID", "c");
        vi.stubEnv("ARM_CLIENT_SECRET", "s");
        expect((await create()).id).toBe(id);
    });
});

describe("the operations", () => {
    test("acquire, find nothing to do, acquire again, and look", async () => {
        const { inputs, outs } = await create();
        const state = outs ?? {};
        expect(state).toMatchObject({ requestId: "r-1", cloud: "public", credentialHashes: inputs.credentialHashes });
        expect(await runtime.diff(id, state, inputs)).toEqual({ changes: false });

        const { inputs: changed } = await runtime.check(inputs, { ...args, triggers: [1] });
        // No answer: the engine compares the inputs itself, and minds replaceOnChanges.
        expect(await runtime.diff(id, state, changed)).toEqual({});
        expect((await runtime.update(id, state, changed)).outs).toMatchObject({ triggers: [1] });

        const { inputs: aged } = await runtime.check(inputs, { ...args, maxAge: "1ms" });
        const old = { ...state, acquiredAt: "2020-01-01T00:00:00.000Z" };
        expect(await runtime.diff(id, old, aged)).toEqual({ changes: true });

        const { inputs: moved } = await runtime.check(inputs, { applicationId: uuid, credentials });
        expect(await runtime.diff(id, state, moved)).toEqual({ changes: true, replaces: ["applicationId"] });

        expect(await runtime.read(id, state)).toEqual({ id, props: state });
        expect(requests.map(({ method }) => method)).toEqual(["POST", "POST", "GET", "GET"]);
        expect(JSON.stringify(state)).not.toContain(secret);
    });

    test("tell of a key that is gone by their own answer: the inputs that the engine compares show nothing of it", async () => {
        vi.spyOn(console, "warn").mockReturnValue();
        const inform = vi.spyOn(console, "log").mockReturnValue();
        const { inputs, outs } = await create();
        shownKeys = [];
        const { props = {} } = await runtime.read(id, outs);
        expect(props).toEqual({ ...outs, credentialHashes: {}, keysNotShown: ["SecretToken"] });
        expect(await runtime.diff(id, props, inputs)).toEqual({ changes: true });
        expect(inform).toHaveBeenCalledExactlyOnceWith(
            `${id} acquires again: SecretToken not shown by Graph any more. Graph takes them as a whole: 1 credential is sent.`,
        );
        const again = await runtime.update(id, props, inputs);
        expect(again.outs).toMatchObject({ credentialHashes: inputs.credentialHashes, keysNotShown: ["SecretToken"] });
        // That is how this application is: no loop.
        const { props: next = {} } = await runtime.read(id, again.outs);
        expect(await runtime.diff(id, next, inputs)).toEqual({ changes: false });
        expect(requests.filter(({ method }) => method === "POST")).toHaveLength(2);
    });

    test("leave a key that is gone to the engine where the inputs show another change beside it", async () => {
        vi.spyOn(console, "warn").mockReturnValue();
        vi.spyOn(console, "log").mockReturnValue();
        const two = { SecretToken: secret, BaseAddress: "https://scim.example", "@hashKey": "" };
        const { inputs, outs } = await create({ credentials: two });
        const { props = {} } = await runtime.read(id, outs);
        expect(props).toMatchObject({ keysNotShown: ["BaseAddress"] });
        const changed = { ...two, SecretToken: "another-one" };
        const { inputs: news } = await runtime.check(inputs, { ...args, credentials: changed });
        expect(await runtime.diff(id, props, news)).toEqual({});
        const { inputs: triggered } = await runtime.check(inputs, { ...args, credentials: two, triggers: [1] });
        expect(await runtime.diff(id, props, triggered)).toEqual({});
    });

    test("keep in state what was acquired and then refused, which the next update validates, whatever was taken back", async () => {
        refusesValidation = true;
        const validation = { templateId: "scim" };
        const failure = await create({ validation }).catch((thrown: unknown) => thrown);
        expect(String(failure)).toMatch(
            /Graph says: InvalidCredentials: They are wrong \(request-id r-1\)\. .* \(VALIDATION_FAILED\)$/,
        );
        const { properties: state, ...kept } = failure as { properties: Record<string, unknown> };
        expect(kept).toMatchObject({ id, reasons: [expect.stringMatching(/\(VALIDATION_FAILED\)$/)] });
        expect(state).toMatchObject({ requestId: "r-1", validation, validationPendingSince: expect.any(String) });
        const { inputs: same } = await runtime.check({}, { ...args, validation });
        const news = { ...same, credentialHashes: state.credentialHashes };
        expect(await runtime.diff(id, state, news)).toEqual({ changes: true });
        // After a failed update the engine has the inputs of before: a credential that is taken back looks like none.
        expect(await runtime.diff(id, state, same)).toEqual({ changes: true });
        refusesValidation = false;
        const { outs = {} } = await runtime.update(id, state, news);
        expect(outs).toMatchObject({ acquiredAt: state.acquiredAt, validatedAt: expect.any(String) });
        expect(outs).not.toHaveProperty("validationPendingSince");
        expect(requests.map(({ url }) => url.split("/").at(-1))).toEqual([
            "acquireAccessToken",
            "validateCredentials",
            "validateCredentials",
        ]);
    });

    test("share one Graph, and with it one token, until the configuration is another", async () => {
        await Promise.all([create(), create(), create()]);
        expect(createTransport).toHaveBeenCalledTimes(1);
        await configure(signIn);
        await create();
        expect(createTransport).toHaveBeenCalledTimes(2);
    });

    test("take a target that is gone out of state", async () => {
        const { outs } = await create();
        status = 404;
        expect(await runtime.read(id, outs)).toEqual({});
    });

    test("keep state with a warning where Graph may not be asked", async () => {
        const warn = vi.spyOn(console, "warn").mockReturnValue();
        const { outs } = await create();
        status = 403;
        expect(await runtime.read(id, outs)).toEqual({ id, props: outs });
        expect(warn).toHaveBeenCalledExactlyOnceWith(
            expect.stringMatching(/^warning: .* is kept in state as it was: /),
        );
    });

    test("end a failure's message with its code, once for all that share it, and give it no field of a resource's", async () => {
        await configure({ "azuread:useCli": "false" });
        const failures = await Promise.all(
            [create(), create(), create()].map((one) => one.catch((thrown: unknown) => thrown)),
        );
        for (const failure of failures) {
            expect(String(failure)).toMatch(/ \(INVALID_CONFIGURATION\)$/);
            expect(String(failure).match(/INVALID_CONFIGURATION/g)).toHaveLength(1);
            expect(resourceFieldsOf(failure)).toEqual([]);
        }
    });

    test.each([
        [400, "REQUEST_REJECTED"],
        [401, "PERMISSION_DENIED"],
    ])("end Graph's refusal with its code: %d", async (refused, code) => {
        status = refused;
        const failure = await create().catch((thrown: unknown) => thrown);
        expect(String(failure)).toMatch(new RegExp(` \\(${code}\\)$`));
        expect(resourceFieldsOf(failure)).toEqual([]);
    });

    test("read state that holds nothing at all", async () => {
        vi.spyOn(console, "warn").mockReturnValue();
        expect(await runtime.read(id)).toEqual({ id, props: {} });
    });

    test("delete nothing: no network, no configuration, no word", async () => {
        await configure({});
        const said = [vi.spyOn(console, "log"), vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
        const { delete: forget } = runtime;
        expect(await forget()).toBeUndefined();
        expect(requests).toEqual([]);
        for (const spy of said) {
            expect(spy).not.toHaveBeenCalled();
        }
    });
});
