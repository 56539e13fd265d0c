import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
    client.forgetToken();
    vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
    vi.useRealTimers();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

const credentials = [{ key: "SecretToken", value: "t0ken" }];

describe("a new object", () => {
    it("is not there for the directory until the delay has passed", async () => {
        emulator.store.visibilityDelayMs = 30_000;
        const { id, appId } = (await client.graph("POST", "/v1.0/applications", { displayName: "Acme" })).json;
        const path = `/v1.0/applications/${id}`;
        const list = async () => (await client.graph("GET", "/v1.0/applications?$filter=displayName eq 'Acme'")).json;
        for (const [method, at, body] of [
            ["GET", path, undefined],
            ["GET", `/beta/applications(appId='${appId}')`, undefined],
            ["PATCH", path, { displayName: "x" }],
            ["GET", `${path}/owners`, undefined],
            ["DELETE", path, undefined],
        ] as const) {
            expect(graphError(await client.graph(method, at, body))).toMatchObject({
                status: 404,
                code: "Request_ResourceNotFound",
            });
        }
        expect((await list()).value).toEqual([]);
        const early = await client.graph("POST", "/v1.0/servicePrincipals", { appId });
        expect(graphError(early)).toMatchObject({
            status: 400,
            message: expect.stringContaining("does not reference a valid application object"),
        });

        vi.setSystemTime(Date.now() + 29_000);
        expect((await client.graph("GET", path)).status).toBe(404);
        vi.setSystemTime(Date.now() + 1000);
        expect((await client.graph("GET", path)).status).toBe(200);
        expect((await list()).value).toHaveLength(1);
        expect((await client.graph("POST", "/v1.0/servicePrincipals", { appId })).status).toBe(201);
    });

    it("is refused by the provisioning service in each way that has been seen, in turn", async () => {
        const { id } = emulator.createServicePrincipal("Acme", { visibilityDelayMs: 30_000 });
        const base = `/v1.0/servicePrincipals/${id}/synchronization`;
        const acquire = () => client.graph("POST", `${base}/acquireAccessToken`, { credentials });
        expect(graphError(await acquire())).toMatchObject({ status: 404, code: "Request_ResourceNotFound" });
        expect(graphError(await acquire())).toEqual({ status: 401, code: "UnknownError", message: "" });
        expect(graphError(await client.graph("GET", `${base}/secrets`))).toMatchObject({ status: 403 });
        expect(graphError(await client.graph("GET", `${base}/jobs`))).toMatchObject({ status: 409 });
        expect((await acquire()).status).toBe(404);
        expect(emulator.store.acquisitions).toEqual([]);
        vi.setSystemTime(Date.now() + 30_000);
        expect((await acquire()).status).toBe(204);
    });

    it("made of a template is late too, and its jobs are", async () => {
        emulator.store.visibilityDelayMs = 30_000;
        const template = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
        const made = (
            await client.graph("POST", `/v1.0/applicationTemplates/${template}/instantiate`, { displayName: "Acme" })
        ).json as Record<string, { id: string }>;
        expect((await client.graph("GET", `/v1.0/applications/${made.application?.id}`)).status).toBe(404);
        const principal = `/v1.0/servicePrincipals/${made.servicePrincipal?.id}`;
        expect((await client.graph("GET", principal)).status).toBe(404);
        vi.setSystemTime(Date.now() + 30_000);
        expect((await client.graph("GET", principal)).status).toBe(200);
        const jobs = `${principal}/synchronization/jobs`;
        const job = (await client.graph("POST", jobs, { templateId: "scim" })).json;
        expect((await client.graph("GET", `${jobs}/${job.id}`)).status).toBe(404);
        expect((await client.graph("GET", jobs)).json.value).toEqual([]);
        vi.setSystemTime(Date.now() + 30_000);
        expect((await client.graph("POST", `${jobs}/${job.id}/start`)).status).toBe(204);
    });

    it("that is seeded is there at once, unless a delay is asked for", async () => {
        emulator.store.visibilityDelayMs = 30_000;
        const now = emulator.createServicePrincipal("Now");
        const late = emulator.createApplication("Late", { visibilityDelayMs: 10 });
        expect((await client.graph("GET", `/v1.0/servicePrincipals/${now.id}`)).status).toBe(200);
        expect((await client.graph("GET", `/v1.0/applications/${late.id}`)).status).toBe(404);
        expect(emulator.store.applications.get(late.id)?.id).toBe(late.id);
        vi.setSystemTime(Date.now() + 10);
        expect((await client.graph("GET", `/v1.0/applications/${late.id}`)).status).toBe(200);
    });
});

describe("the delay", () => {
    it("is set over HTTP", async () => {
        const path = "/_emulator/visibility";
        expect((await client.send("GET", path)).json).toEqual({ visibilityDelayMs: 0 });
        expect((await client.send("PUT", path, { body: { visibilityDelayMs: 5000 } })).status).toBe(204);
        expect(emulator.store.visibilityDelayMs).toBe(5000);
        for (const body of [{}, { visibilityDelayMs: -1 }, { visibilityDelayMs: "1" }, "x"]) {
            expect((await client.send("PUT", path, { body })).status).toBe(400);
        }
        const body = { displayName: "Acme", visibilityDelayMs: 5000 };
        const { id } = (await client.send("POST", "/_emulator/servicePrincipals", { body })).json;
        expect((await client.graph("GET", `/v1.0/servicePrincipals/${id}`)).status).toBe(404);
        for (const visibilityDelayMs of ["1", -1]) {
            const wrong = { displayName: "Acme", visibilityDelayMs };
            expect((await client.send("POST", "/_emulator/applications", { body: wrong })).status).toBe(400);
        }
    });

    it("makes sense or is refused", async () => {
        await expect(startEmulator({ visibilityDelayMs: -1 })).rejects.toMatchObject({ code: "InvalidOption" });
        expect(() => {
            emulator.store.visibilityDelayMs = Number.NaN;
        }).toThrow(TypeError);
        expect(() => emulator.createServicePrincipal("Acme", { visibilityDelayMs: -1 })).toThrow(TypeError);
    });

    it("is what the emulator was started with, again after a reset", async () => {
        const slow = await startEmulator({ visibilityDelayMs: 60_000 });
        const slowClient = new Client(slow);
        const create = () => slowClient.graph("POST", "/v1.0/applications", { displayName: "Acme" });
        const { id } = (await create()).json;
        expect((await slowClient.graph("GET", `/v1.0/applications/${id}`)).status).toBe(404);
        expect((await slowClient.graph("GET", `/v1.0/applications(appId='${slow.clientId}')`)).status).toBe(200);
        slow.store.visibilityDelayMs = 0;
        const now = (await create()).json;
        expect((await slowClient.graph("GET", `/v1.0/applications/${now.id}`)).status).toBe(200);
        slow.reset();
        expect(slow.store.visibilityDelayMs).toBe(60_000);
        slowClient.close();
        await slow.close();
    });
});
