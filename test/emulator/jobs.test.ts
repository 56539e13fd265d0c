import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
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
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

const scim = [
    { key: "BaseAddress", value: "https://scim.example/v2" },
    { key: "SecretToken", value: "t0ken" },
];

describe("synchronization/templates", () => {
    it.each(["v1.0", "beta"] as const)("under %s are listed and shown, of either kind of target", async (version) => {
        const application = emulator.createApplication("Acme");
        const principal = emulator.createServicePrincipal(application.appId);
        for (const target of [`applications/${application.id}`, `servicePrincipals/${principal.id}`]) {
            const path = `/${version}/${target}/synchronization/templates`;
            const { value } = (await client.graph("GET", path)).json as { value: Record<string, unknown>[] };
            expect(value.map(({ id }) => id)).toEqual(["scim", "customappsso"]);
            expect(value[0]).toEqual({
                id: "scim",
                applicationId: application.appId,
                default: true,
                description: null,
                discoverable: true,
                factoryTag: "scim",
                metadata: [],
                schema: { directories: [], synchronizationRules: [] },
            });
            expect((await client.graph("GET", `${path}/customappsso`)).json).toEqual(value[1]);
            expect(graphError(await client.graph("GET", `${path}/slack`))).toMatchObject({
                status: 404,
                code: "Request_ResourceNotFound",
            });
        }
    });
});

describe("synchronization/jobs", () => {
    it.each(["v1.0", "beta"] as const)("under %s are created, listed, shown and deleted", async (version) => {
        const { id } = emulator.createServicePrincipal("Acme");
        const jobs = `/${version}/servicePrincipals/${id}/synchronization/jobs`;
        expect((await client.graph("GET", jobs)).json.value).toEqual([]);
        const created = await client.graph("POST", jobs, { templateId: "scim" });
        expect([created.status, created.json]).toMatchObject([
            201,
            {
                id: expect.stringMatching(/^scim\.[0-9a-f]{32}\.[0-9a-f-]{36}$/),
                templateId: "scim",
                schedule: { expiration: null, interval: "P10675199DT2H48M5.4775807S", state: "Disabled" },
                status: { code: "NotConfigured", quarantine: null },
            },
        ]);
        const path = `${jobs}/${created.json.id}`;
        expect((await client.graph("GET", path)).json).toEqual(created.json);
        expect((await client.graph("GET", jobs)).json.value).toEqual([created.json]);
        const deleted = await client.graph("DELETE", path);
        expect([deleted.status, deleted.text]).toEqual([204, ""]);
        for (const [method, gone] of [
            ["GET", path],
            ["DELETE", path],
            ["POST", `${path}/start`],
            ["POST", `${path}/pause`],
        ] as const) {
            expect(graphError(await client.graph(method, gone))).toMatchObject({
                status: 404,
                code: "Request_ResourceNotFound",
            });
        }
    });

    it("are configured by credentials, started and paused", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const { path, look, post } = await createJob(id);
        await client.graph("POST", `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`, {
            credentials: scim,
        });
        expect(await look()).toEqual(["Disabled", "NotRun"]);
        expect([(await post("start")).status, (await post("start")).text]).toEqual([204, ""]);
        expect(await look()).toEqual(["Active", "Active"]);
        expect((await client.graph("GET", path)).json.schedule).toMatchObject({ interval: "PT40M" });
        expect((await post("pause")).status).toBe(204);
        expect(await look()).toEqual(["Paused", "Paused"]);
        await post("start");
        emulator.store.expireToken("servicePrincipals", id);
        expect(await look()).toEqual(["Active", "Quarantine"]);
        expect((await client.graph("GET", path)).json.status).toMatchObject({
            quarantine: { reason: "EncounteredQuarantineException", error: { tenantActionable: true } },
        });
    });

    it("that are started without credentials wait for them", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const { look, post } = await createJob(id);
        await post("start");
        expect(await look()).toEqual(["Active", "NotConfigured"]);
        await client.graph("PUT", `/v1.0/servicePrincipals/${id}/synchronization/secrets`, { value: scim });
        expect(await look()).toEqual(["Active", "Active"]);
    });

    it.each([{}, { templateId: 5 }, { templateId: "dataBricks" }])("aren't made of %j", async (body) => {
        const { id } = emulator.createServicePrincipal("Acme");
        const reply = await client.graph("POST", `/v1.0/servicePrincipals/${id}/synchronization/jobs`, body);
        expect(graphError(reply)).toMatchObject({ status: 400, code: "RequestParameterInvalid" });
    });

    it("are one target's alone, and go with it", async () => {
        const { id, appId } = emulator.createServicePrincipal("Acme");
        const { path } = await createJob(id);
        const other = emulator.createServicePrincipal("Other").id;
        expect((await client.graph("GET", path.replace(id, other))).status).toBe(404);
        const application = emulator.store.find("applications", { by: "appId", value: appId });
        const principal = emulator.store.find("servicePrincipals", { by: "id", value: id });
        await client.graph("DELETE", `/v1.0/applications/${application?.id}`);
        expect((await client.graph("GET", path)).status).toBe(404);
        expect(principal === undefined ? undefined : emulator.store.jobs(principal)).toEqual([]);
    });

    it("give a caller without any of the permissions a 401 without words", async () => {
        emulator.store.callerRoles = ["User.Read.All"];
        const { id } = emulator.createServicePrincipal("Acme");
        const base = `/v1.0/servicePrincipals/${id}/synchronization`;
        for (const reply of [
            await client.graph("POST", `${base}/jobs`, { templateId: "scim" }),
            await client.graph("GET", `${base}/jobs`),
            await client.graph("GET", `${base}/templates`),
        ]) {
            expect(graphError(reply)).toEqual({ status: 401, code: "UnknownError", message: "" });
        }
    });
});

describe("applicationTemplates", () => {
    const databricks = "Azure Databricks SCIM Provisioning Connector";

    it("are listed, filtered by name and shown", async () => {
        const all = (await client.graph("GET", "/v1.0/applicationTemplates")).json.value;
        expect(all).toMatchObject([
            { displayName: "Custom" },
            { displayName: "AWS Single-Account Access" },
            { displayName: databricks },
        ]);
        const filter = encodeURIComponent(`displayName eq '${databricks}'`);
        const { value } = (await client.graph("GET", `/beta/applicationTemplates?$filter=${filter}`)).json as {
            value: { id: string }[];
        };
        expect(value).toMatchObject([{ displayName: databricks, supportedProvisioningTypes: ["sync"] }]);
        expect((await client.graph("GET", `/v1.0/applicationTemplates/${value[0]?.id}`)).json).toMatchObject(
            value[0] ?? {},
        );
        const unknown = "00000000-0000-4000-8000-000000000000";
        for (const reply of [
            await client.graph("GET", `/v1.0/applicationTemplates/${unknown}`),
            await client.graph("POST", `/v1.0/applicationTemplates/${unknown}/instantiate`, { displayName: "Acme" }),
        ]) {
            expect(graphError(reply)).toMatchObject({ status: 404, code: "Request_ResourceNotFound" });
        }
    });

    it("are instantiated: an application, its service principal, and the gallery's own way to provision", async () => {
        const templateId = "9c9818d2-2900-49e8-8ba4-22688be7c675";
        const instantiate = `/v1.0/applicationTemplates/${templateId}/instantiate`;
        const reply = await client.graph("POST", instantiate, { displayName: "Bricks" });
        const { application, servicePrincipal } = reply.json as Record<string, Record<string, unknown>>;
        expect([reply.status, application, servicePrincipal]).toMatchObject([
            201,
            { displayName: "Bricks", applicationTemplateId: templateId },
            { appId: application?.appId, displayName: "Bricks", applicationTemplateId: templateId },
        ]);
        const base = `/v1.0/servicePrincipals/${servicePrincipal?.id}/synchronization`;
        expect((await client.graph("GET", `${base}/templates`)).json.value).toMatchObject([
            { id: "dataBricks", default: true },
            { id: "scim", default: false },
            { id: "customappsso", default: false },
        ]);
        expect((await client.graph("POST", `${base}/jobs`, { templateId: "dataBricks" })).status).toBe(201);
        expect((await client.graph("POST", instantiate, {})).status).toBe(400);
        emulator.store.callerRoles = ["Application.Read.All"];
        client.forgetToken();
        expect((await client.graph("POST", instantiate, { displayName: "Bricks" })).status).toBe(403);
    });
});

/** A job as it is at first: disabled. */
async function createJob(id: string) {
    const jobs = `/v1.0/servicePrincipals/${id}/synchronization/jobs`;
    const path = `${jobs}/${(await client.graph("POST", jobs, { templateId: "scim" })).json.id}`;
    return {
        path,
        post: (action: string) => client.graph("POST", `${path}/${action}`),
        look: async () => {
            const { schedule, status } = (await client.graph("GET", path)).json as {
                schedule: { state: string };
                status: { code: string };
            };
            return [schedule.state, status.code];
        },
    };
}
