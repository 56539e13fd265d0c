import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

const user = "22222222-2222-4222-8222-222222222222";

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

describe("applications", () => {
    it("are created, shown, changed and deleted", async () => {
        const created = await client.graph("POST", "/v1.0/applications", { displayName: "Acme", tags: ["a"] });
        expect(created.status).toBe(201);
        expect(created.json).toMatchObject({
            "@odata.context": `${emulator.url}/v1.0/$metadata#applications/$entity`,
            displayName: "Acme",
            tags: ["a"],
            signInAudience: "AzureADMyOrg",
        });
        const path = `/v1.0/applications/${created.json.id}`;
        const changes = { displayName: "Acme 2", web: { homePageUrl: "https://acme.example" }, description: null };
        expect((await client.graph("PATCH", path, changes)).status).toBe(204);
        expect((await client.graph("GET", path)).json).toMatchObject({
            id: created.json.id,
            appId: created.json.appId,
            displayName: "Acme 2",
            web: { homePageUrl: "https://acme.example", redirectUris: [] },
        });
        expect((await client.graph("DELETE", path)).status).toBe(204);
        for (const method of ["GET", "PATCH", "DELETE"]) {
            const reply = await client.graph(method, path, method === "PATCH" ? {} : undefined);
            expect(graphError(reply)).toMatchObject({ status: 404, code: "Request_ResourceNotFound" });
        }
    });

    it("need a name", async () => {
        expect(graphError(await client.graph("POST", "/v1.0/applications", {})).status).toBe(400);
    });

    it("keep their ids", async () => {
        const { id } = emulator.createApplication("Acme");
        const reply = await client.graph("PATCH", `/v1.0/applications/${id}`, { appId: user });
        expect(graphError(reply)).toMatchObject({ status: 400, code: "Request_BadRequest" });
    });

    it("survive a property called __proto__", async () => {
        const { id } = emulator.createApplication("Acme");
        const body = '{"web":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}';
        await client.graph("PATCH", `/v1.0/applications/${id}`, body, { "content-type": "application/json" });
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    });

    it("show what was selected", async () => {
        const { id } = emulator.createApplication("Acme");
        const reply = await client.graph("GET", `/beta/applications/${id}?$select=id,displayName`);
        expect(reply.json).toEqual({
            "@odata.context": `${emulator.url}/beta/$metadata#applications(id,displayName)/$entity`,
            id,
            displayName: "Acme",
        });
    });

    it("are reached by appId too", async () => {
        const { id, appId } = emulator.createApplication("Acme");
        expect((await client.graph("GET", `/v1.0/applications(appId='${appId}')`)).json).toMatchObject({ id });
        expect((await client.graph("GET", `/v1.0/applications('${id}')`)).json).toMatchObject({ appId });
    });

    it("take their service principal with them", async () => {
        const application = emulator.createApplication("Acme");
        const principal = emulator.createServicePrincipal(application.appId);
        await client.graph("DELETE", `/v1.0/applications/${application.id}`);
        expect((await client.graph("GET", `/v1.0/servicePrincipals/${principal.id}`)).status).toBe(404);
    });
});

describe("service principals", () => {
    it("need an application", async () => {
        const reply = await client.graph("POST", "/v1.0/servicePrincipals", { appId: user });
        expect(graphError(reply)).toEqual({
            status: 400,
            code: "Request_BadRequest",
            message: `The appId '${user}' of the service principal does not reference a valid application object.`,
        });
    });

    it("are one to an application", async () => {
        const { appId } = emulator.createServicePrincipal("Acme");
        expect((await client.graph("POST", "/v1.0/servicePrincipals", { appId })).status).toBe(409);
    });

    it("leave their application behind", async () => {
        const application = emulator.createApplication("Acme");
        const principal = emulator.createServicePrincipal(application.appId);
        await client.graph("DELETE", `/v1.0/servicePrincipals/${principal.id}`);
        expect((await client.graph("GET", `/v1.0/applications/${application.id}`)).status).toBe(200);
        expect((await client.graph("POST", "/v1.0/servicePrincipals", { appId: application.appId })).status).toBe(201);
    });

    it("are filtered by several properties at once, and by nothing that isn't known", async () => {
        const { id } = emulator.createServicePrincipal("Acme and Sons");
        emulator.createServicePrincipal("Other");
        const list = (filter: string) =>
            client.graph("GET", `/v1.0/servicePrincipals?$filter=${encodeURIComponent(filter)}`);
        const template = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
        const both = `displayName eq 'Acme and Sons' and applicationTemplateId eq '${template}'`;
        expect((await list(both)).json.value).toEqual([]);
        await client.graph("PATCH", `/v1.0/servicePrincipals/${id}`, { applicationTemplateId: template });
        expect((await list(both)).json.value).toMatchObject([{ id }]);
        for (const filter of [
            "",
            "displayName eq 'a' or displayName eq 'b'",
            "displayName eq 'a' and",
            "displayName eq 'a' and accountEnabled eq 'true'",
            "displayName eq 'a' displayName eq 'b'",
            "displayName eq 'a",
            "not displayName eq 'a'",
        ]) {
            expect(graphError(await list(filter))).toMatchObject({ status: 400, code: "Request_UnsupportedQuery" });
        }
    });

    it("are filtered by appId and by name", async () => {
        const { id, appId } = emulator.createServicePrincipal("O'Acme");
        for (const filter of [`appId eq '${appId}'`, "displayName eq 'O''Acme'"]) {
            const reply = await client.graph(
                "GET",
                `/v1.0/servicePrincipals?$filter=${encodeURIComponent(filter)}&$select=id`,
            );
            expect(reply.json).toMatchObject({ value: [{ id }] });
            expect(reply.headers["content-type"]).toMatch(/^application\/json/);
        }
        const reply = await client.graph("GET", "/v1.0/servicePrincipals?$filter=accountEnabled%20eq%20true");
        expect(graphError(reply)).toMatchObject({ status: 400, code: "Request_UnsupportedQuery" });
    });

    it("hold the caller's from the start", async () => {
        const reply = await client.graph("GET", `/v1.0/servicePrincipals(appId='${emulator.clientId}')`);
        expect(reply.json).toMatchObject({ id: emulator.store.caller.objectId });
    });
});

describe("owners", () => {
    it("are bound, listed, added and removed", async () => {
        const caller = emulator.store.caller.objectId;
        const reference = (id: string) => `${emulator.url}/v1.0/directoryObjects/${id}`;
        const { json } = await client.graph("POST", "/v1.0/applications", {
            displayName: "Acme",
            "owners@odata.bind": [reference(caller)],
        });
        const owners = `/v1.0/applications/${json.id}/owners`;
        const list = async () => (await client.graph("GET", `${owners}?$select=id`)).json.value;

        expect(await list()).toEqual([{ id: caller }]);
        expect((await client.graph("POST", `${owners}/$ref`, { "@odata.id": reference(user) })).status).toBe(204);
        expect((await client.graph("POST", `${owners}/$ref`, { "@odata.id": reference(user) })).status).toBe(400);
        expect(await list()).toEqual([{ id: caller }, { id: user }]);
        expect((await client.graph("DELETE", `${owners}/${caller}/$ref`)).status).toBe(204);
        expect((await client.graph("DELETE", `${owners}/${caller}/$ref`)).status).toBe(404);
        expect(await list()).toEqual([{ id: user }]);
        expect(json).not.toHaveProperty("owners@odata.bind");
    });

    it("must be references", async () => {
        const body = { displayName: "Acme", "owners@odata.bind": ["x"] };
        expect((await client.graph("POST", "/v1.0/applications", body)).status).toBe(400);
    });
});

describe("the caller's roles", () => {
    const denied = {
        status: 403,
        code: "Authorization_RequestDenied",
        message: "Insufficient privileges to complete the operation.",
    };

    it("that have nothing to do with applications open nothing", async () => {
        emulator.store.callerRoles = ["User.Read.All"];
        const { id } = emulator.createApplication("Acme");
        expect(graphError(await client.graph("GET", `/v1.0/applications/${id}`))).toEqual(denied);
        expect(graphError(await client.graph("PATCH", `/v1.0/applications/${id}`, {}))).toEqual(denied);
        expect(graphError(await client.graph("POST", "/v1.0/applications", { displayName: "x" }))).toEqual(denied);
    });

    it("with Synchronization.ReadWrite.All alone provision and don't read", async () => {
        emulator.store.callerRoles = ["Synchronization.ReadWrite.All"];
        const { id } = emulator.createApplication("Acme");
        expect(graphError(await client.graph("GET", `/v1.0/applications/${id}`))).toEqual(denied);
        expect((await client.graph("GET", `/v1.0/applications/${id}/synchronization/secrets`)).status).toBe(200);
    });

    it("with Application.Read.All read and don't write", async () => {
        emulator.store.callerRoles = ["Application.Read.All"];
        const { id } = emulator.createApplication("Acme");
        expect((await client.graph("GET", `/v1.0/applications/${id}`)).status).toBe(200);
        expect(graphError(await client.graph("DELETE", `/v1.0/applications/${id}`))).toEqual(denied);
    });

    it("with Application.ReadWrite.OwnedBy write what the caller created, and nothing else", async () => {
        emulator.store.callerRoles = ["Application.ReadWrite.OwnedBy"];
        const own = (await client.graph("POST", "/v1.0/applications", { displayName: "Mine" })).json;
        const ownPrincipal = await client.graph("POST", "/v1.0/servicePrincipals", { appId: own.appId });
        expect(ownPrincipal.status).toBe(201);
        expect((await client.graph("DELETE", `/v1.0/applications/${own.id}`)).status).toBe(204);
        const { id } = emulator.store.createApplication("Theirs");
        expect((await client.graph("GET", `/v1.0/applications/${id}`)).status).toBe(200);
        expect(graphError(await client.graph("DELETE", `/v1.0/applications/${id}`))).toEqual(denied);
    });
});
