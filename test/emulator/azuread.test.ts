import { afterAll, beforeAll, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";

/**
 * The requests that were recorded from the real plugin, or, of a template and a job, are in its source, in their order:
 * facts of azuread's, so nothing here may be made nicer.
 */

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

const recorded = { accept: "application/json; charset=utf-8; IEEE754Compatible=false", "odata-version": "4.0" };
const ask = (method: string, path: string, body?: unknown) =>
    client.graph(method, path, body === undefined ? undefined : JSON.stringify(body), {
        ...recorded,
        ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    });

it("serves what @pulumi/azuread asks for, from the metadata to five 404s", async () => {
    // 1
    const metadata = await client.send("GET", "/metadata/endpoints?api-version=2022-09-01");
    expect(metadata.status).toBe(200);
    expect(metadata.json).toMatchObject({
        name: expect.any(String),
        resourceManager: expect.any(String),
        microsoftGraphResourceId: emulator.url,
        authentication: { loginEndpoint: emulator.url },
    });

    // 2
    const [, payload = ""] = (await client.token()).split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { oid: string };
    expect(claims.oid).toMatch(/^[0-9a-f-]{36}$/);
    const owners = { "owners@odata.bind": [`${emulator.url}/v1.0/directoryObjects/${claims.oid}`] };

    // 3
    const application = await ask("POST", "/v1.0/applications", {
        "@odata.type": "#microsoft.graph.application",
        displayName: "Acme",
        ...owners,
    });
    expect(application.status).toBe(201);
    const applicationPath = `applications/${application.json.id}`;

    // 4
    for (const displayName of ["TERRAFORM_UPDATE_33333333-3333-4333-8333-333333333333", "Acme"]) {
        expect((await ask("PATCH", `/v1.0/${applicationPath}`, { displayName })).status).toBe(204);
        expect((await ask("GET", `/v1.0/${applicationPath}`)).json.displayName).toBe(displayName);
    }

    // 5
    expect((await ask("DELETE", `/v1.0/${applicationPath}/owners/${claims.oid}/$ref`)).status).toBe(204);

    // 6
    expect((await ask("GET", `/v1.0/${applicationPath}`)).json).toMatchObject({ appId: application.json.appId });
    const post = await ask("GET", `/beta/${applicationPath}?%24select=oauth2RequirePostResponse`);
    expect(post.json).toMatchObject({ oauth2RequirePostResponse: false });
    expect((await ask("GET", `/v1.0/${applicationPath}/owners`)).json.value).toEqual([]);

    // 7
    const filter = `%24filter=appId+eq+%27${application.json.appId}%27`;
    expect((await ask("GET", `/v1.0/servicePrincipals?${filter}`)).json.value).toEqual([]);

    // 8
    const principal = await ask("POST", "/v1.0/servicePrincipals", { appId: application.json.appId, ...owners });
    expect(principal.status).toBe(201);
    const principalPath = `servicePrincipals/${principal.json.id}`;
    expect((await ask("PATCH", `/v1.0/${principalPath}`, { description: null })).status).toBe(204);
    expect((await ask("DELETE", `/v1.0/${principalPath}/owners/${claims.oid}/$ref`)).status).toBe(204);

    // 9
    expect((await ask("GET", `/v1.0/${principalPath}`)).json).toMatchObject({
        appId: application.json.appId,
        displayName: "Acme",
        servicePrincipalType: "Application",
    });
    expect((await ask("GET", `/beta/${principalPath}?%24select=samlMetadataUrl`)).json).toHaveProperty(
        "samlMetadataUrl",
    );
    expect((await ask("GET", `/v1.0/${principalPath}/owners`)).json.value).toEqual([]);

    // 10
    const secrets = `/v1.0/${principalPath}/synchronization/secrets`;
    const value = [
        { key: "BaseAddress", value: "https://scim.example/v2" },
        { key: "SecretToken", value: "t0ken" },
    ];
    expect((await ask("PUT", secrets, { value })).status).toBe(204);

    // 11
    for (let count = 0; count < 6; count += 1) {
        expect((await ask("GET", secrets)).json.value).toHaveLength(2);
    }

    // Destroy
    expect((await ask("PUT", secrets, { value: value.map(({ key }) => ({ key, value: "" })) })).status).toBe(204);
    expect((await ask("GET", secrets)).json.value).toEqual([]);
    for (const path of [principalPath, applicationPath]) {
        expect((await ask("DELETE", `/v1.0/${path}`)).status).toBe(204);
        for (let count = 0; count < 5; count += 1) {
            expect((await ask("GET", `/v1.0/${path}`)).status).toBe(404);
        }
    }
});

it("serves an Application with a templateId, its ServicePrincipal and a SynchronizationJob", async () => {
    // getApplicationTemplate
    const named = `%24filter=${encodeURIComponent("displayName eq 'Azure Databricks SCIM Provisioning Connector'").replaceAll("%20", "+")}`;
    const templates = (await ask("GET", `/v1.0/applicationTemplates?${named}`)).json.value as { id: string }[];
    expect(templates).toHaveLength(1);
    const templateId = templates[0]?.id;

    // Application: the template is looked at and instantiated under a name of its own, then looked for.
    expect((await ask("GET", `/v1.0/applicationTemplates/${templateId}`)).status).toBe(200);
    const displayName = "TERRAFORM_INSTANTIATE_33333333-3333-4333-8333-333333333333";
    const instantiated = await ask("POST", `/v1.0/applicationTemplates/${templateId}/instantiate`, { displayName });
    expect(instantiated.status).toBe(201);
    const list = async (kind: string, filter: string) =>
        (await ask("GET", `/v1.0/${kind}?%24filter=${encodeURIComponent(filter).replaceAll("%20", "+")}`)).json
            .value as Record<string, string>[];
    const [application] = await list(
        "applications",
        `applicationTemplateId eq '${templateId}' and displayName eq '${displayName}'`,
    );
    expect(application).toMatchObject({ displayName, applicationTemplateId: templateId });
    const [principal] = await list("servicePrincipals", `appId eq '${application?.appId}'`);
    expect(principal).toMatchObject({ appId: application?.appId, applicationTemplateId: templateId });
    const path = `/v1.0/applications/${application?.id}`;
    expect((await ask("PATCH", path, { displayName: "Acme" })).status).toBe(204);
    expect((await ask("GET", path)).json).toMatchObject({ displayName: "Acme", applicationTemplateId: templateId });

    // SynchronizationJob
    const principalPath = `/v1.0/servicePrincipals/${principal?.id}`;
    expect((await ask("GET", principalPath)).status).toBe(200);
    const jobs = `${principalPath}/synchronization/jobs`;
    const job = await ask("POST", jobs, { templateId: "dataBricks" });
    expect(job.status).toBe(201);
    const jobPath = `${jobs}/${job.json.id}`;
    for (let count = 0; count < 5; count += 1) {
        expect((await ask("GET", jobPath)).status).toBe(200);
    }
    for (const [action, state] of [
        ["start", "Active"],
        ["pause", "Paused"],
    ]) {
        expect((await ask("POST", `${jobPath}/${action}`)).status).toBe(204);
        expect((await ask("GET", jobPath)).json).toMatchObject({ templateId: "dataBricks", schedule: { state } });
    }

    // Destroy
    expect((await ask("DELETE", jobPath)).status).toBe(204);
    for (let count = 0; count < 5; count += 1) {
        expect((await ask("GET", jobPath)).status).toBe(404);
    }
});
