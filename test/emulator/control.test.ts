import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

describe("the control API", () => {
    it("seeds, and shows acquisitions, requests and counts without a value", async () => {
        const application = (await client.send("POST", "/_emulator/applications", { body: { displayName: "Acme" } }))
            .json;
        const seeded = await client.send("POST", "/_emulator/servicePrincipals", {
            body: { appId: application.appId },
        });
        expect([seeded.status, seeded.json.appId]).toEqual([201, application.appId]);
        const { id } = seeded.json;
        const path = `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`;
        const { headers } = await client.graph("POST", `${path}?x=y`, {
            credentials: [{ key: "SecretToken", value: "t0ken" }],
        });
        const requestId = headers["request-id"];

        expect((await client.send("GET", "/_emulator/acquisitions")).json).toEqual({
            value: [
                {
                    targetKind: "servicePrincipals",
                    targetId: id,
                    keys: ["SecretToken"],
                    at: expect.any(String),
                    requestId,
                    apiVersion: "v1.0",
                },
            ],
        });
        expect((await client.send("GET", "/_emulator/requests")).json).toEqual({
            value: [
                {
                    at: expect.any(String),
                    host: emulator.host,
                    method: "POST",
                    path: `/${emulator.tenantId}/oauth2/v2.0/token`,
                    status: 200,
                    durationMs: expect.any(Number),
                    requestId: expect.any(String),
                    connection: expect.any(Number),
                },
                {
                    at: expect.any(String),
                    host: emulator.host,
                    method: "POST",
                    path,
                    status: 204,
                    durationMs: expect.any(Number),
                    keys: ["SecretToken"],
                    requestId,
                    connection: expect.any(Number),
                },
            ],
        });
        expect((await client.send("GET", "/_emulator/counts")).json).toEqual({
            tokenRequests: 1,
            graphRequests: 1,
            acquisitions: 1,
            claimsChallenges: 0,
            claimsAnswered: 0,
            connections: 1,
        });
    });

    it("takes, shows and clears faults", async () => {
        const fault = { match: { path: "/applications" }, times: 2, effect: { kind: "respond", status: 500 } };
        expect((await client.send("POST", "/_emulator/faults", { body: fault })).status).toBe(204);
        expect((await client.graph("GET", "/v1.0/applications")).status).toBe(500);
        expect((await client.send("GET", "/_emulator/faults")).json).toEqual({
            value: [{ ...fault, times: 1, skip: 0 }],
        });
        expect((await client.send("DELETE", "/_emulator/faults")).status).toBe(204);
        expect((await client.graph("GET", "/v1.0/applications")).status).toBe(200);
    });

    it("takes a list of faults, all or none", async () => {
        const good = { effect: { kind: "truncate" } };
        const reply = await client.send("POST", "/_emulator/faults", { body: [good, { effect: { kind: "hang" } }] });
        expect([reply.status, reply.json.error]).toEqual([
            400,
            'Not a fault: [1]: effect.when must be "before" or "after"',
        ]);
        expect((await client.send("GET", "/_emulator/faults")).json).toEqual({ value: [] });
        expect((await client.send("POST", "/_emulator/faults", { body: [good, good] })).status).toBe(204);
        expect((await client.send("GET", "/_emulator/faults")).json.value).toHaveLength(2);
    });

    it.each([
        ["nothing", "", "a fault is an object with an effect"],
        ["no effect", { times: 1 }, "effect must be an object with a kind"],
        ["an unknown effect", { effect: { kind: "explode" } }, "effect.kind must be respond, processThenRespond"],
        ["a bad header", { effect: { kind: "respond", status: 200, headers: { "a b": "c" } } }, "'a b' is no header"],
        [
            "a header with a line break",
            { effect: { kind: "throttle", retryAfter: "1\r\nx: y" } },
            "'retry-after' is no header",
        ],
        ["a negative delay", { effect: { kind: "delay", ms: -1 } }, "effect.ms must be"],
        ["a member too many", { effect: { kind: "truncate", when: "after" } }, "effect.when is unknown"],
    ])("refuses %s as a fault", async (_, body, words) => {
        const reply = await client.send("POST", "/_emulator/faults", { body });
        expect(reply.status).toBe(400);
        expect(reply.json.error).toContain(words);
    });

    it("refuses seeds that make no sense", async () => {
        const unknown = "00000000-0000-4000-8000-000000000000";
        for (const body of [{}, { displayName: 5 }, { displayName: "a", appId: "b" }, { appId: unknown }]) {
            expect((await client.send("POST", "/_emulator/servicePrincipals", { body })).status).toBe(400);
        }
        const { appId } = emulator.createServicePrincipal("Acme");
        expect((await client.send("POST", "/_emulator/servicePrincipals", { body: { appId } })).json).toEqual({
            error: `The application with the appId ${appId} already has its service principal.`,
        });
    });

    it("resets", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        emulator.faults.add({ effect: { kind: "truncate" } });
        expect((await client.send("POST", "/_emulator/reset")).status).toBe(204);
        expect(emulator.requests).toEqual([]);
        expect(Object.values(emulator.counts())).toEqual([0, 0, 0, 0, 0, 0]);
        expect((await client.graph("GET", `/v1.0/servicePrincipals/${id}`)).status).toBe(404);
    });

    it("says what there is to whoever asks for something else", async () => {
        const reply = await client.send("GET", "/_emulator/secrets");
        expect(reply.status).toBe(404);
        expect(reply.json.error).toContain("GET /_emulator/acquisitions");
        expect((await client.send("PUT", "/_emulator/reset")).status).toBe(405);
    });
});
