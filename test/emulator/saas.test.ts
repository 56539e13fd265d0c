import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, type Reply } from "./client.ts";

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
});
afterEach(() => {
    vi.useRealTimers();
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

const redirectUri = "http://127.0.0.1:49152/callback";
type Parameters = Readonly<Record<string, string | undefined>>;

it("says all that credentials for it are made of, new at each start", async () => {
    const { saas, url } = emulator;
    expect(saas).toEqual({
        clientId: expect.stringMatching(/^saas-/),
        clientSecret: expect.stringMatching(/^[\w-]{40}$/),
        authorizationUri: `${url}/saas/authorize`,
        tokenExchangeUri: `${url}/saas/token`,
        baseAddress: `${url}/saas/scim/v2`,
        scopes: ["provisioning.read", "provisioning.write"],
    });
    const other = await startEmulator({ saas: { scopes: ["scim"] } });
    expect(other.saas.clientId).not.toBe(saas.clientId);
    expect(other.saas.clientSecret).not.toBe(saas.clientSecret);
    expect(other.saas.scopes).toEqual(["scim"]);
    await other.close();
    for (const wrong of [
        { scopes: [] },
        { scopes: ["a b"] },
        { codeLifetimeSeconds: 0 },
        { tokenLifetimeSeconds: -1 },
    ]) {
        await expect(startEmulator({ saas: wrong })).rejects.toMatchObject({ code: "InvalidOption" });
    }
});

describe("the consent page", () => {
    it("says who asks for what, in plain HTML without a script, and is not kept", async () => {
        const reply = await authorize({ scope: "provisioning.read", state: "s<1>" });
        expect(reply.status).toBe(200);
        expect(reply.headers).toMatchObject({
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "content-security-policy": expect.stringContaining("default-src 'none'"),
        });
        expect(reply.text).toContain('<html lang="en">');
        expect(reply.text).toContain("<li>provisioning.read</li>");
        expect(reply.text).not.toContain("provisioning.write");
        expect(reply.text).toContain(redirectUri);
        expect(reply.text.match(/<button type="submit"[^>]*>(\w+)/g)).toHaveLength(2);
        expect(reply.text).not.toContain("<script");
    });

    it("leads back with a code and the state when it is allowed", async () => {
        const back = await answer(await authorize({ state: "a b&c" }), "allow");
        expect(back.status).toBe(302);
        const location = new URL(back.headers.location ?? "");
        expect(`${location.origin}${location.pathname}`).toBe(redirectUri);
        expect([...location.searchParams.keys()].sort()).toEqual(["code", "state"]);
        expect(location.searchParams.get("state")).toBe("a b&c");
    });

    it("leads back with access_denied and the state when it is denied", async () => {
        const back = await answer(await authorize({ state: "s", redirect_uri: `${redirectUri}?x=1` }), "deny");
        const location = new URL(back.headers.location ?? "");
        expect([back.status, Object.fromEntries(location.searchParams)]).toEqual([
            302,
            { x: "1", error: "access_denied", error_description: expect.any(String), state: "s" },
        ]);
    });

    it("is answered once", async () => {
        const page = await authorize({});
        expect((await answer(page, "maybe")).status).toBe(400);
        expect((await answer(page, "allow")).status).toBe(302);
        expect((await answer(page, "allow")).status).toBe(400);
    });

    it.each([
        ["another client", { client_id: "other" }],
        ["no address", { redirect_uri: undefined }],
        ["an address that is none", { redirect_uri: "callback" }],
        ["plain HTTP to another machine", { redirect_uri: "http://192.0.2.1/callback" }],
        ["a script", { redirect_uri: "javascript:alert(1)" }],
        ["a fragment", { redirect_uri: `${redirectUri}#x` }],
        ["a line break", { redirect_uri: `${redirectUri}\r\nx: y` }],
        ["a name and a password", { redirect_uri: "https://a:b@example.com/" }],
    ] as const)("leads nowhere for %s", async (_, wrong: Parameters) => {
        const reply = await authorize(wrong);
        expect([reply.status, reply.headers.location]).toEqual([400, undefined]);
        expect(reply.headers["content-type"]).toMatch(/^text\/html/);
    });

    it.each([
        [{ response_type: "token" }, "unsupported_response_type"],
        [{ response_type: undefined }, "unsupported_response_type"],
        [{ scope: "provisioning.read admin" }, "invalid_scope"],
        [{ code_challenge: challengeOf("x".repeat(43)) }, "invalid_request"],
        [{ code_challenge: "x".repeat(43), code_challenge_method: "plain" }, "invalid_request"],
        [{ code_challenge: "short", code_challenge_method: "S256" }, "invalid_request"],
        [{ code_challenge_method: "S256" }, "invalid_request"],
    ] as const)("leads back from %j with an error", async (wrong: Parameters, error) => {
        const reply = await authorize({ state: "s", ...wrong });
        const location = new URL(reply.headers.location ?? "");
        expect([reply.status, location.searchParams.get("error"), location.searchParams.get("state")]).toEqual([
            302,
            error,
            "s",
        ]);
    });

    it("takes HTTPS addresses, and no parameter twice", async () => {
        expect((await authorize({ redirect_uri: "https://portal.example/back" })).status).toBe(200);
        const twice = await client.send("GET", `${authorizePath({ state: "a" })}&state=b`);
        expect(new URL(twice.headers.location ?? "").searchParams.get("error")).toBe("invalid_request");
    });
});

describe("the token endpoint", () => {
    it("gives a token for a code, which opens SCIM", async () => {
        const code = await codeFor({ scope: "provisioning.write" });
        const reply = await redeem({ code });
        expect([reply.status, reply.headers["cache-control"], reply.json]).toEqual([
            200,
            "no-store",
            {
                access_token: expect.any(String),
                token_type: "Bearer",
                expires_in: 3600,
                scope: "provisioning.write",
            },
        ]);
        const { status, headers, json } = await scim(String(reply.json.access_token));
        expect([status, headers["content-type"], json.patch]).toEqual([
            200,
            "application/scim+json",
            { supported: false },
        ]);
        expect(emulator.store.saasTokens).toEqual([
            {
                grant: "authorization_code",
                scopes: ["provisioning.write"],
                issuedAt: expect.any(String),
                expiresAt: expect.any(String),
                revoked: false,
            },
        ]);
    });

    it("refuses a code that was used, and revokes the token that it gave", async () => {
        const code = await codeFor({});
        const { access_token } = (await redeem({ code })).json;
        const other = (await grant({ grant_type: "client_credentials" })).json;
        const again = await redeem({ code });
        expect([again.status, again.json.error]).toEqual([400, "invalid_grant"]);
        expect(emulator.store.saasTokens.map(({ revoked }) => revoked)).toEqual([true, false]);
        expect((await scim(String(access_token))).status).toBe(401);
        expect((await scim(String(other.access_token))).status).toBe(200);
    });

    it("binds a code to its client and its address", async () => {
        const code = await codeFor({});
        const stranger = await redeem({ code, client_id: "other" });
        expect([stranger.status, stranger.json.error]).toEqual([401, "invalid_client"]);
        for (const wrong of [undefined, `${redirectUri}/`, "https://portal.example/back"]) {
            expect((await redeem({ code, redirect_uri: wrong })).json.error).toBe("invalid_grant");
        }
        expect((await redeem({ code: "other" })).json.error).toBe("invalid_grant");
        expect((await redeem({ code })).status).toBe(200);
    });

    it("lets a code and a token expire", async () => {
        vi.useFakeTimers({ toFake: ["Date"] });
        const [used, late] = [await codeFor({}), await codeFor({})];
        vi.setSystemTime(Date.now() + 599_000);
        const { access_token } = (await redeem({ code: used })).json;
        vi.setSystemTime(Date.now() + 1000);
        expect((await redeem({ code: late })).json.error).toBe("invalid_grant");
        vi.setSystemTime(Date.now() + 3_598_000);
        expect((await scim(String(access_token))).status).toBe(200);
        vi.setSystemTime(Date.now() + 1000);
        expect((await scim(String(access_token))).status).toBe(401);
    });

    it("takes the lifetimes that it is started with", async () => {
        const quick = await startEmulator({ saas: { codeLifetimeSeconds: 5, tokenLifetimeSeconds: 7 } });
        const quickClient = new Client(quick);
        const code = await codeFor({}, quick, quickClient);
        expect((await redeem({ code }, quick, quickClient)).json.expires_in).toBe(7);
        vi.useFakeTimers({ toFake: ["Date"] });
        const late = await codeFor({}, quick, quickClient);
        vi.setSystemTime(Date.now() + 5000);
        expect((await redeem({ code: late }, quick, quickClient)).status).toBe(400);
        quickClient.close();
        await quick.close();
    });

    it("verifies PKCE, by the example of RFC 7636 too", async () => {
        const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        const code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        const code = await codeFor({ code_challenge, code_challenge_method: "S256" });
        for (const wrong of [undefined, "", verifier.slice(1), `${verifier}x`, code_challenge]) {
            expect((await redeem({ code, code_verifier: wrong })).json.error).toBe("invalid_grant");
        }
        expect((await redeem({ code, code_verifier: verifier })).status).toBe(200);

        // Right by its hash, and still not a verifier: 42 characters, 129 characters, a character that may not be.
        for (const bad of ["x".repeat(42), "x".repeat(129), `${"x".repeat(43)}+`]) {
            const code = await codeFor({ code_challenge: challengeOf(bad), code_challenge_method: "S256" });
            expect((await redeem({ code, code_verifier: bad })).json.error).toBe("invalid_grant");
        }
        const unasked = await codeFor({});
        expect((await redeem({ code: unasked, code_verifier: verifier })).json.error).toBe("invalid_grant");
    });

    it("gives a token for client credentials, in the body or as basic authentication", async () => {
        const inBody = await grant({ grant_type: "client_credentials", scope: "provisioning.read" });
        expect([inBody.status, inBody.json.scope]).toEqual([200, "provisioning.read"]);
        const { clientId, clientSecret } = emulator.saas;
        const basic = Buffer.from(`${encodeURIComponent(clientId)}:${clientSecret}`).toString("base64");
        const send = (authorization: string) =>
            client.send("POST", "/saas/token", {
                headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
                body: "grant_type=client_credentials",
            });
        expect((await send(`Basic ${basic}`)).status).toBe(200);
        const refused = await send(`Basic ${Buffer.from(`${clientId}:x`).toString("base64")}`);
        expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="saas"']);
        expect(emulator.store.saasTokens.map(({ grant }) => grant)).toEqual([
            "client_credentials",
            "client_credentials",
        ]);
    });

    it.each([
        [{ client_secret: "wrong" }, 401, "invalid_client"],
        [{ client_secret: undefined }, 401, "invalid_client"],
        [{ grant_type: undefined }, 400, "invalid_request"],
        [{ grant_type: "password" }, 400, "unsupported_grant_type"],
        [{ grant_type: "authorization_code" }, 400, "invalid_request"],
        [{ scope: "admin" }, 400, "invalid_scope"],
    ] as const)("answers %j with %s", async (wrong: Parameters, status, error) => {
        const reply = await grant({ grant_type: "client_credentials", ...wrong });
        expect([reply.status, reply.json.error]).toEqual([status, error]);
        expect(emulator.store.saasTokens).toEqual([]);
    });
});

it("turns away who comes to SCIM without a token of its own", async () => {
    const without = await client.send("GET", "/saas/scim/v2/ServiceProviderConfig");
    expect([without.status, without.headers["www-authenticate"], without.json.status]).toEqual([401, "Bearer", "401"]);
    expect((await scim(randomBytes(30).toString("base64url"))).status).toBe(401);
    expect((await scim(await client.token())).status).toBe(401);
});

it("forgets codes and tokens on reset, and takes back tokens when its owner says so", async () => {
    const first = (await grant({ grant_type: "client_credentials" })).json;
    emulator.store.revokeSaasTokens();
    expect((await scim(String(first.access_token))).status).toBe(401);
    const second = (await grant({ grant_type: "client_credentials" })).json;
    expect((await scim(String(second.access_token))).status).toBe(200);
    expect((await client.send("POST", "/_emulator/saas/revoke")).status).toBe(204);
    expect(emulator.store.saasTokens.map(({ revoked }) => revoked)).toEqual([true, true]);
    const code = await codeFor({});
    const page = await authorize({});
    emulator.reset();
    expect(emulator.store.saasTokens).toEqual([]);
    expect((await redeem({ code })).json.error).toBe("invalid_grant");
    expect((await answer(page, "allow")).status).toBe(400);
});

it("is on none of Microsoft's hosts", async () => {
    const playing = await startEmulator({ hostNames: ["login.microsoftonline.com"] });
    const playingClient = new Client(playing);
    for (const host of ["login.microsoftonline.com", playing.host]) {
        const reply = await playingClient.send("GET", "/saas/scim/v2/ServiceProviderConfig", { headers: { host } });
        expect(reply.status).toBe(host === playing.host ? 401 : 404);
    }
    playingClient.close();
    await playing.close();
});

function challengeOf(verifier: string): string {
    return createHash("sha256").update(verifier).digest("base64url");
}

function authorizePath(overrides: Parameters, { saas } = emulator): string {
    return `/saas/authorize?${form({
        response_type: "code",
        client_id: saas.clientId,
        redirect_uri: redirectUri,
        ...overrides,
    })}`;
}

function authorize(overrides: Parameters, from = emulator, by = client): Promise<Reply> {
    return by.send("GET", authorizePath(overrides, from));
}

/** Presses a button of the page, as a browser does. */
function answer(page: Reply, decision: string, by = client): Promise<Reply> {
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1];
    return by.send("POST", "/saas/authorize", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: form({ request, decision }),
    });
}

async function codeFor(overrides: Parameters, from = emulator, by = client): Promise<string> {
    const back = await answer(await authorize(overrides, from, by), "allow", by);
    return new URL(back.headers.location ?? "").searchParams.get("code") ?? "";
}

function redeem(overrides: Parameters, from = emulator, by = client): Promise<Reply> {
    return grant({ grant_type: "authorization_code", redirect_uri: redirectUri, ...overrides }, from, by);
}

function grant(parameters: Parameters, { saas } = emulator, by = client): Promise<Reply> {
    return by.send("POST", "/saas/token", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: form({ client_id: saas.clientId, client_secret: saas.clientSecret, ...parameters }),
    });
}

function scim(token: string): Promise<Reply> {
    return client.send("GET", "/saas/scim/v2/ServiceProviderConfig", { headers: { authorization: `Bearer ${token}` } });
}

function form(parameters: Parameters): string {
    const sent = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
        if (value !== undefined) {
            sent.set(name, value);
        }
    }
    return sent.toString();
}
