import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccessTokenOptions, type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

const hybridIdentityAdministrator = "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2";
const cloudApplicationAdministrator = "158c047a-c907-4556-b7ef-446551a6b5f7";
const globalReader = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

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

async function call(options: AccessTokenOptions, method: string, path: string, body?: unknown) {
    const authorization = `Bearer ${await emulator.issueToken(options)}`;
    return client.send(method, path, { headers: { authorization }, body });
}

function acquire(options: AccessTokenOptions) {
    const { id } = emulator.createServicePrincipal("Acme");
    const credentials = [{ key: "SecretToken", value: "x" }];
    return call(options, "POST", `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`, { credentials });
}

describe("a token issued for a test", () => {
    it("is the caller's unless it says otherwise", async () => {
        expect(decodeJwt(await emulator.issueToken())).toMatchObject({
            aud: emulator.url,
            appid: emulator.clientId,
            oid: emulator.store.caller.objectId,
            idtyp: "app",
            roles: emulator.store.callerRoles,
        });
        expect((await acquire({})).status).toBe(204);
        expect(graphError(await acquire({ roles: ["User.Read.All"] }))).toMatchObject({ status: 401 });
    });

    it("is a user's with scopes", async () => {
        const claims = decodeJwt(await emulator.issueToken({ scopes: ["User.Read", "Synchronization.ReadWrite.All"] }));
        expect(claims).toMatchObject({
            idtyp: "user",
            scp: "User.Read Synchronization.ReadWrite.All",
            wids: ["9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "b79fbf4d-3ef9-4689-8143-76b194e85509"],
            upn: "operator@emulator.example",
        });
        expect(claims).not.toHaveProperty("roles");
    });

    it("may have expired", async () => {
        const reply = await acquire({ expiresInSeconds: -60 });
        expect(graphError(reply).message).toBe("Lifetime validation failed, the token is expired.");
    });

    it("may not mix the two kinds, nor be for a Graph that isn't played", async () => {
        await expect(emulator.issueToken({ scopes: [], roles: [] })).rejects.toThrow(TypeError);
        await expect(emulator.issueToken({ directoryRoles: [] })).rejects.toThrow(TypeError);
        await expect(emulator.issueToken({ graph: "https://graph.microsoft.com" })).rejects.toThrow(TypeError);
    });
});

describe("a signed-in user", () => {
    const scopes = ["Synchronization.ReadWrite.All"];

    it.each([
        ["Application Administrator", undefined, 204],
        ["Cloud Application Administrator", [cloudApplicationAdministrator], 204],
        ["Hybrid Identity Administrator", [hybridIdentityAdministrator], 204],
        ["Global Reader", [globalReader], 401],
        ["nothing", [], 401],
    ])("who is %s acquires or is refused", async (_, directoryRoles, status) => {
        expect((await acquire({ scopes, ...(directoryRoles === undefined ? {} : { directoryRoles }) })).status).toBe(
            status,
        );
    });

    it("needs the permission as well as the role", async () => {
        const reply = await acquire({ scopes: ["Application.ReadWrite.All"] });
        expect(graphError(reply)).toEqual({ status: 401, code: "UnknownError", message: "" });
    });

    it("reads and writes the directory by permission and role, or what it owns", async () => {
        const { id } = emulator.createApplication("Acme");
        const path = `/v1.0/applications/${id}`;
        const all = { scopes: ["Application.ReadWrite.All"] };
        const plain = { ...all, directoryRoles: [], subject: "0f0e0d0c-0000-4000-8000-000000000000" };
        expect((await call({ scopes }, "GET", path)).status).toBe(403);
        expect((await call({ scopes: ["Application.Read.All"] }, "GET", path)).status).toBe(200);
        expect((await call(all, "PATCH", path, { notes: "a" })).status).toBe(204);
        expect((await call(plain, "PATCH", path, { notes: "b" })).status).toBe(403);
        const created = (await call(plain, "POST", "/v1.0/applications", { displayName: "Own" })).json;
        expect((await call(plain, "PATCH", `/v1.0/applications/${created.id}`, { notes: "c" })).status).toBe(204);
    });
});
