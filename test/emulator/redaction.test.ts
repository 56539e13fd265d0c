import { afterAll, beforeAll, expect, it } from "vitest";
import { type Emulator, type RequestLogEntry, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";

const sentinel = "S3ntinel-that-must-not-be-seen";

let emulator: Emulator;
let client: Client;
const logged: RequestLogEntry[] = [];

beforeAll(async () => {
    emulator = await startEmulator({
        clientSecret: `${sentinel}-client`,
        imds: true,
        onRequest: (entry) => logged.push(entry),
    });
    client = new Client(emulator);
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

it("shows a credential's value, the token and the client secret nowhere", async () => {
    const { id } = emulator.createServicePrincipal("Acme");
    const synchronization = `/v1.0/servicePrincipals/${id}/synchronization`;
    const token = await client.token();
    const answers: string[] = [];
    const post = async (path: string, body: unknown, method = "POST") =>
        answers.push((await client.graph(method, path, body, { "content-type": "application/json" })).text);

    // Accepted, redeemed twice, and wrong in each way in which a value can end up where no value belongs.
    const pair = { key: "Oauth2AuthorizationCode", value: sentinel };
    for (const credentials of [
        [pair],
        [pair],
        [pair, pair],
        { SecretToken: sentinel },
        [sentinel],
        [{ ...pair, [sentinel]: 1 }],
    ]) {
        await post(`${synchronization}/acquireAccessToken`, { credentials });
        await post(`${synchronization}/secrets`, { value: credentials }, "PUT");
        await post(`${synchronization}/jobs/x/validateCredentials`, { credentials });
        await post(`${synchronization}/jobs/validateCredentials`, { templateId: "scim", credentials });
    }
    await post(`${synchronization}/acquireAccessToken`, { [sentinel]: 1 });
    await post(`${synchronization}/acquireAccessToken`, { credentials: [{ key: "Url", value: { [sentinel]: 1 } }] });
    await post(`${synchronization}/acquireAccessToken`, { credentials: [{ "@odata.type": sentinel, key: "Url" }] });
    await post(`${synchronization}/acquireAccessToken`, `{"credentials": ${sentinel}`);
    await post(`${synchronization}/acquireAccessToken?code=${sentinel}`, { credentials: [] });
    await post(`/v1.0/applications?$filter=${sentinel}`, undefined, "GET");
    await post(`${synchronization}/secrets`, undefined, "GET");

    // Where Graph itself echoes what was sent, a key, only the answer does.
    await client.graph("POST", `${synchronization}/acquireAccessToken`, {
        credentials: [{ key: sentinel, value: "SecretToken" }],
    });

    for (const parameter of ["client_id", "client_secret", "scope", "grant_type"]) {
        answers.push((await client.requestToken({ [parameter]: sentinel })).text);
    }
    const headers = { authorization: `Bearer ${sentinel}` };
    answers.push((await client.send("GET", "/v1.0/applications", { headers })).text);

    for (const name of ["requests", "acquisitions", "counts", "faults"]) {
        answers.push((await client.send("GET", `/_emulator/${name}`)).text);
    }
    const shown = JSON.stringify([answers, logged, emulator.requests, emulator.counts()]);
    expect(shown).not.toContain(sentinel);
    expect(shown).not.toContain(token);
    expect(shown).toContain("(unknown)");
    expect(emulator.store.acquisitions[0]?.values).toEqual({ Oauth2AuthorizationCode: sentinel });
    expect(answers.some((text) => text.includes("EmulatorFailure"))).toBe(false);
});

it("shows an assertion, an identity token, a request token and a machine's token nowhere but where they are asked for", async () => {
    const { github, azureDevOps } = emulator.oidc;
    const issuer = "https://cluster.example";
    const identity = await emulator.issueIdentityToken({ issuer, subject: "a", audience: "b" });
    const delegated = await emulator.issueToken({ scopes: ["User.Read"] });
    const application = await emulator.issueToken();
    emulator.revokeTokens({ claims: { access_token: { acrs: { essential: true, value: "c1" } } } });
    const handedOut: string[] = [];
    const answers: string[] = [];
    const show = async (answer: Promise<{ text: string; headers: object }>) => {
        const { text, headers } = await answer;
        answers.push(text, JSON.stringify(headers));
    };

    const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const [header, payload] = identity.split(".");
    for (const assertion of [identity, `${header}.${payload}.${sentinel}`, sentinel, `${sentinel}.${sentinel}.x`]) {
        for (const type of [assertionType, sentinel]) {
            await show(
                client.requestToken({
                    client_secret: undefined,
                    client_assertion: assertion,
                    client_assertion_type: type,
                }),
            );
        }
    }
    emulator.registerFederatedCredential({ issuer, subject: "other" });
    await show(client.requestToken({ client_assertion: identity, client_assertion_type: assertionType }));
    // A secret where a claim belongs.
    for (const about of [{ issuer: `${sentinel} secret` }, { issuer, subject: `${sentinel} secret` }]) {
        const assertion = await emulator.issueIdentityToken({ subject: "a", ...about });
        await show(client.requestToken({ client_assertion: assertion, client_assertion_type: assertionType }));
    }
    await show(client.requestToken({ claims: sentinel }));
    await show(client.requestToken({ claims: JSON.stringify({ access_token: { [sentinel]: { essential: true } } }) }));

    for (const token of [delegated, application, identity, github.requestToken]) {
        await show(client.send("GET", "/v1.0/applications", { headers: { authorization: `Bearer ${token}` } }));
    }
    const gitHub = new URL(github.requestUrl);
    const asGitHub = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    await show(client.send("GET", `${gitHub.pathname}?audience=${sentinel}`, asGitHub(sentinel)));
    await show(client.send("POST", new URL(azureDevOps.requestUrl).pathname, asGitHub(sentinel)));
    await show(
        client.send(
            "POST",
            `${new URL(azureDevOps.requestUrl).pathname}?api-version=7.1&serviceConnectionId=${sentinel}`,
            asGitHub(azureDevOps.requestToken),
        ),
    );
    handedOut.push(
        String((await client.send("GET", gitHub.pathname, asGitHub(github.requestToken))).json.value),
        String(
            (
                await client.send(
                    "POST",
                    `${new URL(azureDevOps.requestUrl).pathname}?api-version=7.1`,
                    asGitHub(azureDevOps.requestToken),
                )
            ).json.oidcToken,
        ),
    );
    const metadata = `${emulator.imdsUrl}/metadata/identity/oauth2/token?api-version=2018-02-01`;
    const machine = (query: string) => fetch(metadata + query, { headers: { metadata: "true" } });
    const { access_token } = (await (await machine(`&resource=${emulator.url}`)).json()) as { access_token: string };
    handedOut.push(access_token);
    for (const query of [`&resource=${sentinel}`, `&resource=${emulator.url}&client_id=${sentinel}`]) {
        answers.push(await (await machine(query)).text());
    }

    for (const name of ["requests", "acquisitions", "counts", "faults", "oidc", "metadata"]) {
        answers.push((await client.send("GET", `/_emulator/${name}`)).text);
    }
    const shown = JSON.stringify([answers, logged, emulator.requests, emulator.counts()]);
    const secrets = [sentinel, identity, delegated, application, github.requestToken, azureDevOps.requestToken];
    for (const secret of [...secrets, ...handedOut]) {
        expect(secret.length).toBeGreaterThan(20);
        expect(shown).not.toContain(secret);
        expect(shown).not.toContain(secret.split(".").at(-1));
    }
    expect(answers.some((text) => text.includes("EmulatorFailure"))).toBe(false);
});

it("shows a code, a token and the secret of the SaaS application nowhere but where they are handed out", async () => {
    emulator.reset();
    const { saas } = emulator;
    const { id } = emulator.createServicePrincipal("Provisioned");
    const synchronization = `/v1.0/servicePrincipals/${id}/synchronization`;
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const client = new Client(emulator);
    const answers: string[] = [];
    const handedOut: string[] = [];
    const show = async (answer: Promise<{ text: string; headers: object }>) => {
        const { text, headers } = await answer;
        answers.push(text, JSON.stringify(headers));
        return text;
    };
    const redirectUri = "https://portal.example/back";
    const asked = { response_type: "code", client_id: saas.clientId, redirect_uri: redirectUri, state: sentinel };
    const consentedCode = async () => {
        const page = await show(client.send("GET", `/saas/authorize?${new URLSearchParams(asked)}`));
        const request = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? "";
        const body = new URLSearchParams({ request, decision: "allow" }).toString();
        const { headers } = await client.send("POST", "/saas/authorize", { headers: form, body });
        const code = new URL(headers.location ?? "").searchParams.get("code") ?? "";
        handedOut.push(code);
        return code;
    };
    const token = (parameters: Record<string, string>) =>
        client.send("POST", "/saas/token", {
            headers: form,
            body: new URLSearchParams({
                client_id: saas.clientId,
                client_secret: saas.clientSecret,
                redirect_uri: redirectUri,
                ...parameters,
            }).toString(),
        });

    const { access_token } = (await token({ grant_type: "authorization_code", code: await consentedCode() })).json;
    handedOut.push(String(access_token));
    for (const parameter of ["client_id", "client_secret", "grant_type", "scope", "code", "code_verifier"]) {
        const right = { grant_type: "authorization_code", code: await consentedCode() };
        await show(
            token({
                ...right,
                grant_type: parameter === "scope" ? "client_credentials" : right.grant_type,
                [parameter]: sentinel,
            }),
        );
    }
    await show(client.send("GET", `/saas/authorize?client_id=${sentinel}`));
    await show(
        client.send("GET", `/saas/authorize?${new URLSearchParams({ ...asked, redirect_uri: `x:${sentinel}` })}`),
    );
    await show(client.send("POST", "/saas/authorize", { headers: form, body: `decision=allow&request=${sentinel}` }));
    await show(
        client.send("GET", "/saas/scim/v2/ServiceProviderConfig", { headers: { authorization: `Bearer ${sentinel}` } }),
    );

    // Redeemed, redeemed again, refused in each way, and a token endpoint that talks too much.
    const code = await consentedCode();
    const credentials = {
        BaseAddress: saas.baseAddress,
        Oauth2TokenExchangeUri: saas.tokenExchangeUri,
        Oauth2RedirectUri: redirectUri,
        Oauth2ClientId: saas.clientId,
        Oauth2ClientSecret: saas.clientSecret,
        Oauth2AuthorizationCode: code,
    };
    const acquire = (overrides: Record<string, string>) =>
        show(
            client.graph("POST", `${synchronization}/acquireAccessToken`, {
                credentials: Object.entries({ ...credentials, ...overrides }).map(([key, value]) => ({ key, value })),
            }),
        );
    expect(await acquire({})).toBe("");
    await acquire({});
    for (const key of ["Oauth2ClientId", "Oauth2ClientSecret", "Oauth2RedirectUri", "Oauth2AuthorizationCode"]) {
        await acquire({ [key]: sentinel });
    }
    const body = { error: sentinel, error_description: sentinel };
    emulator.faults.add({ match: { path: "/saas/token" }, effect: { kind: "respond", status: 400, body } });
    await acquire({});
    emulator.faults.add({ match: { path: "/saas/token" }, effect: { kind: "respond", status: 200, body: sentinel } });
    await acquire({});
    expect(await acquire({ AuthenticationType: "OAuth2ClientCredentialsGrant" })).toBe("");

    // Names in the wrong place, at the jobs too.
    await show(client.graph("POST", `${synchronization}/jobs`, { templateId: sentinel }));
    const validation = { templateId: sentinel, useSavedCredentials: true };
    await show(client.graph("POST", `${synchronization}/jobs/validateCredentials`, validation));
    const target = { targetKind: "servicePrincipals", targetId: sentinel, [sentinel]: sentinel };
    for (const action of ["clear", "expire"]) {
        await show(client.send("POST", `/_emulator/provisioning/${action}`, { body: target }));
    }
    await show(client.send("PUT", "/_emulator/visibility", { body: { visibilityDelayMs: sentinel } }));
    for (const name of ["requests", "acquisitions", "counts", "faults", "provisioning", "visibility"]) {
        await show(client.send("GET", `/_emulator/${name}`));
    }

    const shown = JSON.stringify([
        answers,
        logged,
        emulator.requests,
        emulator.counts(),
        emulator.provisioning(),
        emulator.store.saasTokens,
    ]);
    expect(emulator.provisioning()).toMatchObject([{ targetId: id, token: { state: "current" } }]);
    for (const secret of [sentinel, saas.clientSecret, ...handedOut]) {
        expect(secret.length).toBeGreaterThan(20);
        expect(shown).not.toContain(secret);
    }
    expect(answers.some((text) => text.includes("EmulatorFailure"))).toBe(false);
    client.close();
});
