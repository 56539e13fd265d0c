import { connect } from "node:net";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";
import { signInApart } from "./signIn.ts";

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator({ imds: true });
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

const path = "/metadata/identity/oauth2/token";

function ask(query: Record<string, string> = {}, headers: Record<string, string> = { metadata: "true" }) {
    const search = new URLSearchParams({ "api-version": "2018-02-01", resource: emulator.url, ...query });
    return fetch(`${emulator.imdsUrl}${path}?${search}`, { headers });
}

describe("the metadata service", () => {
    it("hands out a token of the machine's own identity, its numbers as strings", async () => {
        const response = await ask();
        const answer = (await response.json()) as Record<string, string>;
        expect([response.status, answer]).toEqual([
            200,
            {
                access_token: expect.any(String),
                client_id: emulator.systemAssignedIdentity.clientId,
                expires_in: "3599",
                expires_on: expect.stringMatching(/^\d{10}$/),
                ext_expires_in: "3600",
                not_before: expect.stringMatching(/^\d{10}$/),
                resource: emulator.url,
                token_type: "Bearer",
            },
        ]);
        expect(decodeJwt(String(answer.access_token))).toMatchObject({
            appid: emulator.systemAssignedIdentity.clientId,
            oid: emulator.systemAssignedIdentity.objectId,
            idtyp: "app",
            aud: emulator.url,
        });
        const headers = { authorization: `Bearer ${answer.access_token}` };
        expect((await client.send("GET", "/v1.0/applications", { headers })).status).toBe(200);
    });

    it("hands out that of another identity by its client id", async () => {
        const { clientId } = emulator.registerManagedIdentity();
        expect(await (await ask({ client_id: clientId.toUpperCase() })).json()).toMatchObject({ client_id: clientId });
        emulator.reset();
        expect((await ask({ client_id: clientId })).status).toBe(400);
    });

    it.each<[string, Record<string, string>, Record<string, string>, object]>([
        ["no Metadata header", {}, {}, { error_description: "Required metadata header not specified" }],
        ["a proxy's header", {}, { metadata: "true", "x-forwarded-for": "192.0.2.1" }, { error: "invalid_request" }],
        ["an unknown client id", { client_id: "x" }, { metadata: "true" }, { error_description: "Identity not found" }],
        ["another version", { "api-version": "2017-01-01" }, { metadata: "true" }, { error: "invalid_request" }],
        ["another resource", { resource: "https://x.example" }, { metadata: "true" }, { error: "invalid_resource" }],
    ])("refuses %s", async (_, query, headers, answer) => {
        const response = await ask(query, headers);
        expect([response.status, await response.json()]).toEqual([400, expect.objectContaining(answer)]);
    });

    it("is logged with its host, meets faults, and serves nothing else", async () => {
        emulator.faults.add({ match: { path }, effect: { kind: "respond", status: 429 } });
        expect([(await ask()).status, (await ask()).status]).toEqual([429, 200]);
        expect(emulator.requests).toMatchObject([
            { host: new URL(String(emulator.imdsUrl)).host, path, faulted: "respond" },
            { path, status: 200 },
        ]);
        for (const other of ["/v1.0/applications", "/_emulator/requests", "/metadata/endpoints", "/"]) {
            expect((await fetch(`${emulator.imdsUrl}${other}`)).status).toBe(404);
        }
    });

    it("is there over TLS as well, whether or not it has a socket of its own", async () => {
        const { pathname } = new URL(emulator.msiEndpoint);
        const query = `?api-version=2018-02-01&resource=${emulator.url}`;
        const reply = await client.send("GET", pathname + query, { headers: { metadata: "true" } });
        expect(reply.json).toMatchObject({ expires_in: "3599" });
        const other = await startEmulator();
        expect([other.imdsUrl, other.msiEndpoint]).toEqual([undefined, `${other.url}${pathname}`]);
        await other.close();
    });

    it("ends with the emulator", async () => {
        const other = await startEmulator({ imds: true });
        const { port } = new URL(String(other.imdsUrl));
        await other.close();
        const refused = await new Promise((resolve) => {
            connect(Number(port), "127.0.0.1").on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
        });
        expect(refused).toBe("ECONNREFUSED");
    });
});

describe("an unmodified ManagedIdentityCredential", () => {
    const task = { credential: "managedIdentity", tenantId: "", path: "/v1.0/applications" } as const;
    const environment = () => ({
        AZURE_POD_IDENTITY_AUTHORITY_HOST: String(emulator.imdsUrl),
        NODE_EXTRA_CA_CERTS: emulator.caCertificatePath,
    });

    it("gets a token that Graph takes", async () => {
        const result = await signInApart({ ...task, graph: emulator.url }, environment());
        expect(result).toMatchObject({ status: 200 });
        expect(result.expiresInSeconds).toBeGreaterThan(3500);
    });

    it("gets one of the identity that it names", async () => {
        const { clientId } = emulator.registerManagedIdentity({ clientId: "6b1d1b5e-6f4d-4a52-8f0c-4b1f6a9d2c11" });
        expect(await signInApart({ ...task, clientId, graph: emulator.url }, environment())).toMatchObject({
            status: 200,
        });
    });

    it("hears that there is no such identity", async () => {
        const result = await signInApart({ ...task, clientId: emulator.clientId, graph: emulator.url }, environment());
        expect(result.error).toMatch(/Identity not found/);
    });
});
