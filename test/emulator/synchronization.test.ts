import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

const type = "microsoft.graph.synchronizationSecretKeyStringValuePair";
const scim = [
    { "@odata.type": type, key: "BaseAddress", value: "https://scim.example/v2" },
    { "@odata.type": `#${type}`, key: "SecretToken", value: "t0ken" },
];

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

describe("acquireAccessToken", () => {
    it.each(["v1.0", "beta"] as const)(
        "under %s accepts the credentials of either kind of target",
        async (apiVersion) => {
            const application = emulator.createApplication("Acme");
            const principal = emulator.createServicePrincipal(application.appId);
            const targets = [
                ["applications", application],
                ["servicePrincipals", principal],
            ] as const;
            for (const [kind, { id, appId }] of targets) {
                for (const target of [
                    `/${id}`,
                    `(appId='${appId}')`,
                    `(appId%3D%27${appId}%27)`,
                    `%28appId='${appId}'%29`,
                ]) {
                    const path = `/${apiVersion}/${kind}${target}/synchronization/acquireAccessToken`;
                    const reply = await client.graph("POST", path, { credentials: scim });
                    expect([reply.status, reply.text]).toEqual([204, ""]);
                    expect(emulator.store.acquisitions.at(-1)).toMatchObject({
                        targetKind: kind,
                        targetId: id,
                        keys: ["BaseAddress", "SecretToken"],
                        values: { BaseAddress: "https://scim.example/v2", SecretToken: "t0ken" },
                        requestId: reply.headers["request-id"],
                        apiVersion,
                    });
                }
            }
            expect(emulator.counts().acquisitions).toBe(8);
        },
    );

    it("takes credentials without the annotation, and a null value", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const credentials = [{ key: "UserName", value: "u" }, { key: "Password", value: null }, { key: "Domain" }];
        expect((await acquire(id, { credentials })).status).toBe(204);
        expect(emulator.store.acquisitions[0]?.values).toEqual({ UserName: "u", Password: null, Domain: null });
    });

    it("leaves the credentials on synchronization/secrets, masked", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, { credentials: scim });
        expect((await client.graph("GET", `/v1.0/servicePrincipals/${id}/synchronization/secrets`)).json).toEqual({
            value: [
                { key: "BaseAddress", value: "https://scim.example/v2" },
                { key: "SecretToken", value: "*" },
            ],
        });
    });

    it.each([
        ["no credentials", {}, "'credentials' must be a list"],
        ["a map of credentials", { credentials: { SecretToken: "v4lue" } }, "'credentials' must be a list"],
        ["an empty list", { credentials: [] }, "is empty"],
        ["another member", { credentials: scim, v4lue: 1 }, "a property other than 'credentials'"],
        ["a credential that is a string", { credentials: ["v4lue"] }, "'credentials[0]' must be an object"],
        [
            "a credential with another member",
            { credentials: [{ key: "Url", v4lue: "" }] },
            "'credentials[0]' has a property other",
        ],
        [
            "another type",
            { credentials: [{ "@odata.type": "v4lue", key: "Url" }] },
            "'credentials[0]' must be of the type",
        ],
        ["a null key", { credentials: [{ key: null, value: "v4lue" }] }, "'credentials[0].key' must be a string"],
        ["no key", { credentials: [{ "@odata.type": type }] }, "'credentials[0].key' must be a string"],
        [
            "an unknown key",
            { credentials: [{ key: "SecretTokn", value: "v4lue" }] },
            "Requested value 'SecretTokn' was not found.",
        ],
        [
            "a key of Object.prototype",
            { credentials: [{ key: "constructor", value: "v4lue" }] },
            "Requested value 'constructor'",
        ],
        [
            "a number for a value",
            { credentials: [{ key: "Url", value: 5 }] },
            "'credentials[0].value' must be a string or null",
        ],
        [
            "a key twice",
            {
                credentials: [
                    { key: "Url", value: "v4lue" },
                    { key: "Url", value: "v4lue" },
                ],
            },
            "'credentials' holds the key 'Url' twice",
        ],
    ])("refuses %s and keeps nothing", async (_, body, words) => {
        const { id } = emulator.createServicePrincipal("Acme");
        const reply = await acquire(id, body);
        expect(graphError(reply)).toMatchObject({ status: 400, code: "RequestParameterInvalid" });
        expect(graphError(reply).message).toContain(words);
        expect(reply.text).not.toContain("v4lue");
        expect(emulator.store.acquisitions).toEqual([]);
        expect(emulator.store.servicePrincipals.get(id)?.secrets.size).toBe(0);
    });

    it.each(["", "{", "[]", "null", '"v4lue"'])("refuses the body '%s'", async (body) => {
        const { id } = emulator.createServicePrincipal("Acme");
        const path = `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`;
        const reply = await client.graph("POST", path, body, { "content-type": "application/json" });
        expect(graphError(reply)).toMatchObject({ status: 400, code: "BadRequest" });
    });

    it("refuses another content type", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const path = `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`;
        const body = JSON.stringify({ credentials: scim });
        expect((await client.graph("POST", path, body, { "content-type": "text/plain" })).status).toBe(415);
        expect((await client.graph("POST", path, body)).status).toBe(415);
        const charset = { "content-type": "application/json; charset=utf-8" };
        expect((await client.graph("POST", path, body, charset)).status).toBe(204);
    });

    it("says that a target isn't there, in Graph's words", async () => {
        const missing = "00000000-0000-4000-8000-000000000000";
        const { id } = emulator.createApplication("Acme");
        for (const target of [`/${missing}`, `/${id}`, `(appId='${missing}')`]) {
            const path = `/v1.0/servicePrincipals${target}/synchronization/acquireAccessToken`;
            expect(graphError(await client.graph("POST", path, { credentials: scim }))).toEqual({
                status: 404,
                code: "Request_ResourceNotFound",
                message: `Resource '${target === `/${id}` ? id : missing}' does not exist or one of its queried reference-property objects are not present.`,
            });
        }
    });

    it("redeems an authorization code once, for whichever target", async () => {
        const first = emulator.createServicePrincipal("One").id;
        const second = emulator.createServicePrincipal("Two").id;
        const credentials = [{ key: "Oauth2AuthorizationCode", value: "c0de" }];
        expect((await acquire(first, { credentials })).status).toBe(204);
        for (const target of [first, second]) {
            const reply = await acquire(target, { credentials });
            expect(graphError(reply).status).toBe(400);
            expect(graphError(reply).code).toMatch(/CredentialValidationUnavailable/);
            expect(reply.text).not.toContain("c0de");
        }
        expect(emulator.counts().acquisitions).toBe(1);
    });

    it("gives a caller without any of the permissions a 401 without words", async () => {
        emulator.store.callerRoles = ["User.Read.All"];
        const { id } = emulator.createServicePrincipal("Acme");
        const reply = await acquire(id, { credentials: scim });
        expect(graphError(reply)).toEqual({ status: 401, code: "UnknownError", message: "" });
        expect(reply.headers["www-authenticate"]).toBeUndefined();
    });

    it("with Application.ReadWrite.OwnedBy serves the owner and nobody else", async () => {
        emulator.store.callerRoles = ["Application.ReadWrite.OwnedBy"];
        const owned = emulator.createServicePrincipal("Mine").id;
        expect((await acquire(owned, { credentials: scim })).status).toBe(204);
        const { appId } = emulator.store.createApplication("Theirs");
        const others = emulator.store.createServicePrincipal(appId)?.id ?? "";
        expect(graphError(await acquire(others, { credentials: scim }))).toMatchObject({
            status: 401,
            code: "UnknownError",
        });
    });

    it("is served on one connection, however often it is called", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        for (let count = 0; count < 20; count += 1) {
            await acquire(id, { credentials: scim });
        }
        expect(emulator.counts()).toMatchObject({
            tokenRequests: 1,
            graphRequests: 20,
            acquisitions: 20,
            connections: 1,
        });
    });
});

describe("synchronization/secrets", () => {
    it("replaces the list, drops what is empty, and masks what is secret", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const path = `/v1.0/servicePrincipals/${id}/synchronization/secrets`;
        const put = (value: unknown) => client.graph("PUT", path, { value });
        const get = async () => (await client.graph("GET", path)).json.value;

        expect(await get()).toEqual([]);
        expect(
            (
                await put([
                    { key: "UserName", value: "u" },
                    { key: "Password", value: "p" },
                ])
            ).status,
        ).toBe(204);
        expect(await get()).toEqual([
            { key: "UserName", value: "u" },
            { key: "Password", value: "*" },
        ]);
        await put([{ key: "Domain", value: "d" }]);
        expect(await get()).toEqual([{ key: "Domain", value: "d" }]);
        await put([{ key: "Domain", value: "" }]);
        expect(await get()).toEqual([]);
    });

    it("is gone with its parent", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await client.graph("DELETE", `/v1.0/servicePrincipals/${id}`);
        const reply = await client.graph("GET", `/v1.0/servicePrincipals/${id}/synchronization/secrets`);
        expect(graphError(reply)).toMatchObject({ status: 404, code: "Request_ResourceNotFound" });
    });

    it("doesn't know an unknown key", async () => {
        const { id } = emulator.createApplication("Acme");
        const body = { value: [{ key: "Passwort", value: "p" }] };
        const reply = await client.graph("PUT", `/v1.0/applications/${id}/synchronization/secrets`, body);
        expect(graphError(reply)).toMatchObject({ status: 400, message: "Requested value 'Passwort' was not found." });
    });
});

describe("validateCredentials", () => {
    it("accepts saved credentials, of a template or of a job", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, { credentials: scim });
        const byTemplate = await validate(id, "", { templateId: "scim", useSavedCredentials: true });
        const job = await createJob(id);
        const byJob = await validate(id, `/${job}`, { useSavedCredentials: true });
        expect([byTemplate.status, byTemplate.text, byJob.status]).toEqual([204, "", 204]);
        expect(emulator.store.validations).toMatchObject([
            { targetId: id, templateId: "scim", usedSavedCredentials: true },
            { targetId: id, jobId: job, usedSavedCredentials: true },
        ]);
    });

    it("accepts credentials that are passed", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const job = await createJob(id);
        expect((await validate(id, `/${job}`, { credentials: scim })).status).toBe(204);
    });

    it("says that credentials are missing", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const job = await createJob(id);
        for (const body of [{ useSavedCredentials: true }, { useSavedCredentials: false }, { credentials: [] }, {}]) {
            expect(graphError(await validate(id, `/${job}`, body))).toMatchObject({
                status: 400,
                code: "CredentialsMissing",
            });
        }
    });

    it("refuses where the store says so", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        emulator.store.validation = "refuse";
        const error = graphError(await validate(id, `/${await createJob(id)}`, { credentials: scim }));
        expect(error.code).toBe("SystemForCrossDomainIdentityManagementCredentialValidationUnavailable");
        expect(error.message).toMatch(/^You appear to have entered invalid credentials/);
        expect(emulator.store.validations).toEqual([]);
    });

    it("knows no job and no template that isn't there", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        await acquire(id, { credentials: scim });
        const other = await createJob(emulator.createServicePrincipal("Other").id);
        for (const reply of [
            await validate(id, "/scim.1", { useSavedCredentials: true }),
            await validate(id, `/${other}`, { useSavedCredentials: true }),
            await validate(id, "", { templateId: "slack", useSavedCredentials: true }),
        ]) {
            expect(graphError(reply)).toMatchObject({ status: 404, code: "Request_ResourceNotFound" });
        }
        expect(emulator.store.validations).toEqual([]);
    });

    it("without a job needs a template", async () => {
        const { id } = emulator.createServicePrincipal("Acme");
        const reply = await validate(id, "", { credentials: scim });
        expect(graphError(reply)).toMatchObject({ status: 400, code: "RequestParameterInvalid" });
    });
});

describe("an unknown path", () => {
    it("under synchronization is answered as the backend does", async () => {
        const path = "/v1.0/servicePrincipals/x/synchronization/acquireAccesToken";
        expect(graphError(await client.graph("POST", path, {}))).toEqual({
            status: 404,
            code: "UnknownError",
            message: `{"Message":"No HTTP resource was found that matches the request URI '${emulator.url}${path}'."}`,
        });
    });

    it.each(["/", "/v1.0", "/v1.0/users", "/v2.0/applications", "/v1.0/applications//owners", "/%E0%A4%A"])(
        "'%s' is a 404 in Graph's shape",
        async (path) => {
            expect(graphError(await client.graph("GET", path))).toMatchObject({ status: 404, code: "BadRequest" });
        },
    );

    it("is a 405 where only the method is wrong", async () => {
        const reply = await client.graph("GET", "/v1.0/servicePrincipals/x/synchronization/acquireAccessToken");
        expect([reply.status, reply.headers.allow]).toEqual([405, "POST"]);
    });
});

describe("every answer of Graph", () => {
    it("has Graph's headers, and the same ids in its error", async () => {
        const own = "11111111-1111-4111-8111-111111111111";
        const reply = await client.graph("GET", "/v1.0/applications/x", undefined, { "client-request-id": own });
        expect(reply.headers).toMatchObject({
            "client-request-id": own,
            date: expect.any(String),
            "request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
            "strict-transport-security": expect.any(String),
            "x-ms-ags-diagnostic": expect.stringContaining("ServerInfo"),
        });
        expect(reply.json.error).toMatchObject({
            innerError: {
                date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
                "request-id": reply.headers["request-id"],
                "client-request-id": own,
            },
        });
    });

    it("repeats its own request id for a client that sent none", async () => {
        const { headers } = await client.graph("GET", "/v1.0/applications");
        expect(headers["client-request-id"]).toBe(headers["request-id"]);
    });
});

function acquire(id: string, body: unknown) {
    return client.graph("POST", `/v1.0/servicePrincipals/${id}/synchronization/acquireAccessToken`, body);
}

async function createJob(id: string): Promise<string> {
    const path = `/v1.0/servicePrincipals/${id}/synchronization/jobs`;
    return String((await client.graph("POST", path, { templateId: "scim" })).json.id);
}

function validate(id: string, job: string, body: unknown) {
    return client.graph("POST", `/v1.0/servicePrincipals/${id}/synchronization/jobs${job}/validateCredentials`, body);
}
