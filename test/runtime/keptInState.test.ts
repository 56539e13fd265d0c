import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { Config } from "@pulumi/pulumi/cmd/dynamic-provider/config.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AuthenticationError } from "../../provider/core/errors.ts";
import type { Sent, TransportRequest } from "../../provider/graph/transport.ts";
import * as runtime from "../../provider/runtime.ts";

const createTransport = vi.hoisted(() => vi.fn());
vi.mock("../../provider/graph/transport.ts", () => ({ createTransport }));

const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const otherUuid = "ffffffff-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const id = `/servicePrincipals/${uuid}/synchronization/acquireAccessToken`;
const code = "sentinel-93c1-of-a-code";
const withCode = { Oauth2AuthorizationCode: code, "@hashKey": "" };
const providerText = "exports.handler = () => require('pulumi-entrasync/runtime')";

/** What Pulumi's host reads of a failure, to know whether it left a resource behind. */
interface Failure extends Error {
    readonly id?: string;
    readonly properties?: Record<string, unknown>;
    readonly reasons?: readonly string[];
}

let machine: string;
let requests: TransportRequest[];
let answer: (request: TransportRequest) => Sent;

const response = (status: number, bodyAsText: string | null = null): Sent => ({
    response: {
        status,
        headers: createHttpHeaders({ "request-id": "r-1" }),
        bodyAsText,
        request: createPipelineRequest({ url: "https://graph.example" }),
    },
    isChallenge: false,
});
const lost: Sent = { reached: true, why: "ECONNRESET" };

beforeEach(async () => {
    machine = await mkdtemp(join(tmpdir(), "entrasync-runtime-"));
    vi.stubEnv("PULUMI_HOME", machine);
    for (const name of Object.keys(process.env).filter((variable) => variable.startsWith("ARM_"))) {
        vi.stubEnv(name, "");
    }
    vi.spyOn(console, "log").mockReturnValue();
    requests = [];
    answer = ({ method }) => (method === "GET" ? response(200, '{"value":[]}') : lost);
    createTransport.mockReset().mockImplementation(async () => ({
        claims: () => undefined,
        async send(request: TransportRequest) {
            await request.beforeSending?.();
            requests.push(request);
            return answer(request);
        },
    }));
    const signIn = { "azuread:tenantId": "t", "azuread:clientId": "c", "azuread:clientSecret": "s" };
    await runtime.configure({ config: new Config(signIn, "a-project") });
});

afterEach(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await rm(machine, { recursive: true });
});

async function inputsOf(credentials: object, servicePrincipalId = uuid, olds = {}) {
    const args = { servicePrincipalId, credentials, __provider: providerText };
    const { inputs, failures } = await runtime.check(olds, args);
    expect(failures).toEqual([]);
    return inputs;
}

const failureOf = (operation: Promise<unknown>): Promise<Failure> =>
    operation.then(
        () => {
            throw new Error("it did not fail");
        },
        (error: Failure) => error,
    );

const posts = () => requests.filter(({ method }) => method === "POST");

test("an unknown outcome of a one-time code has what makes the engine keep it: id, properties with the provider's text, reasons", async () => {
    const inputs = await inputsOf(withCode);
    const failure = await failureOf(runtime.create(inputs));
    expect(failure.message).toMatch(/ \(OUTCOME_UNKNOWN\)$/);
    expect(failure).toMatchObject({
        id,
        properties: {
            __provider: providerText,
            acquiredAt: "",
            credentialHashes: inputs.credentialHashes,
            outcomeUnknownSince: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
        },
        reasons: [failure.message],
    });
    expect(inspect(failure, { showHidden: true, depth: 10 })).not.toContain(code);
    expect(posts()).toHaveLength(1);
});

test("what is kept in state is an update for the next preview, and that one sends nothing and fails the same way", async () => {
    const inputs = await inputsOf(withCode);
    const { properties: state = {} } = await failureOf(runtime.create(inputs));
    expect(await runtime.diff(id, state, inputs)).toEqual({ changes: true });
    const again = await failureOf(runtime.update(id, state, inputs));
    expect(again.properties).toEqual(state);
    expect(again).toMatchObject({ id, reasons: [again.message] });
    expect(again.message).toMatch(/ \(OUTCOME_UNKNOWN\)$/);
    expect(posts()).toHaveLength(1);
});

test("a refresh of it keeps every property, and warns", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const { properties: state = {} } = await failureOf(runtime.create(await inputsOf(withCode)));
    expect(await runtime.read(id, state)).toEqual({ id, props: state });
    expect(warn).toHaveBeenCalledExactlyOnceWith(
        expect.stringContaining("whether its last acquisition worked is not known"),
    );
});

test("a code that an earlier run sent, and that state knows nothing of, is kept in state as of unknown outcome", async () => {
    const inputs = await inputsOf(withCode);
    await failureOf(runtime.create(inputs));
    const failure = await failureOf(runtime.create(inputs));
    expect(failure).toMatchObject({ id, properties: { outcomeUnknownSince: expect.any(String) } });
    expect(failure.message).toContain("an earlier run on this machine");
    expect(posts()).toHaveLength(1);
});

test("a failure that is kept in state marks no other resource's, though they share it", async () => {
    vi.useFakeTimers();
    const credentials = { SecretToken: "a", "@hashKey": "" };
    const olds = await inputsOf(credentials);
    const news = await inputsOf({ SecretToken: "b", "@hashKey": "" }, uuid, olds);
    const shared = new AuthenticationError("The sign-in has ended.");
    answer = ({ url }) => {
        if (url.includes(uuid) && posts().length === 1) {
            return lost;
        }
        throw shared;
    };
    const state = { acquiredAt: "2026-01-01T00:00:00.000Z", credentialHashes: olds.credentialHashes, cloud: "public" };
    const updated = failureOf(runtime.update(id, state, news));
    await vi.runAllTimersAsync();
    const created = failureOf(runtime.create(await inputsOf(credentials, otherUuid)));
    await vi.runAllTimersAsync();
    expect(await updated).toMatchObject({ id, properties: { credentialHashes: news.credentialHashes } });
    const { id: itsId, properties, reasons, message } = await created;
    expect({ itsId, properties, reasons }).toEqual({ itsId: undefined, properties: undefined, reasons: undefined });
    expect(message).toBe("The sign-in has ended. (AUTHENTICATION_FAILED)");
});
