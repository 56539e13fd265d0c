import {
    bearerTokenAuthenticationPolicy,
    createDefaultHttpClient,
    createEmptyPipeline,
    createPipelineRequest,
    tlsPolicy,
} from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client, graphError } from "./client.ts";

const capable = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });

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

async function tokenWith(claims: string | undefined): Promise<string> {
    return String((await client.requestToken({ claims })).json.access_token);
}

function list(token: string) {
    return client.send("GET", "/v1.0/applications", { headers: { authorization: `Bearer ${token}` } });
}

function challengedFor(header: string | undefined): unknown {
    const [, claims = ""] = /error="insufficient_claims", claims="([^"]+)"$/.exec(header ?? "") ?? [];
    return JSON.parse(Buffer.from(claims, "base64").toString("utf8"));
}

describe("after a revocation", () => {
    it("a token of a client that can handle it is answered with a challenge, each time", async () => {
        const token = await tokenWith(capable);
        expect(decodeJwt(token)).toMatchObject({ xms_cc: ["cp1"] });
        expect((await list(token)).status).toBe(200);
        emulator.revokeTokens();
        await list(token);
        const reply = await list(token);
        expect(graphError(reply)).toMatchObject({ status: 401, code: "InvalidAuthenticationToken" });
        expect(reply.headers["www-authenticate"]).toMatch(
            new RegExp(`^Bearer realm="", authorization_uri="${emulator.url}/common/oauth2/authorize", client_id="`),
        );
        expect(challengedFor(reply.headers["www-authenticate"])).toEqual({
            access_token: { nbf: { essential: true, value: expect.stringMatching(/^\d{10}$/) } },
        });
        expect(emulator.counts()).toMatchObject({ claimsChallenges: 2, claimsAnswered: 0 });
    });

    it("a token of any other client stays good", async () => {
        const token = await tokenWith(undefined);
        emulator.revokeTokens();
        expect((await list(token)).status).toBe(200);
    });

    it("a token issued since is good, also in the same second, until the next one", async () => {
        emulator.revokeTokens();
        const token = await tokenWith(capable);
        expect((await list(token)).status).toBe(200);
        emulator.revokeTokens();
        expect((await list(token)).status).toBe(401);
    });

    it("Entra takes the claims that were challenged, and no others", async () => {
        const claims = { access_token: { acrs: { essential: true, value: "c1" } } };
        expect((await client.requestToken({ claims: JSON.stringify(claims) })).json).toMatchObject({
            error_codes: [90100],
        });
        emulator.revokeTokens({ claims });
        const answered = { access_token: { ...claims.access_token, xms_cc: { values: ["CP1"] } } };
        expect((await client.requestToken({ claims: JSON.stringify(answered) })).status).toBe(200);
        expect(emulator.counts()).toMatchObject({ claimsAnswered: 1 });
        for (const wrong of [
            "x",
            "[]",
            JSON.stringify({ access_token: { acrs: { essential: true, value: "c2" } } }),
            JSON.stringify({ access_token: { nbf: { essential: true, value: "1" } } }),
        ]) {
            expect((await client.requestToken({ claims: wrong })).status).toBe(400);
        }
        expect(emulator.counts()).toMatchObject({ claimsAnswered: 1 });
    });

    it("a reset makes the old tokens good again", async () => {
        const token = await tokenWith(capable);
        emulator.revokeTokens();
        emulator.reset();
        expect((await list(token)).status).toBe(200);
    });
});

it("an unmodified bearer policy answers the challenge once, and its call goes through", async () => {
    const { tenantId, clientId, clientSecret, url, caCertificate } = emulator;
    const tlsOptions = { ca: caCertificate };
    const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
        authorityHost: url,
        disableInstanceDiscovery: true,
        tlsOptions,
    });
    const pipeline = createEmptyPipeline();
    pipeline.addPolicy(tlsPolicy(tlsOptions));
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `${url}/.default` }));
    const httpClient = createDefaultHttpClient();
    const send = async () => {
        const request = createPipelineRequest({ url: `${url}/v1.0/applications` });
        return (await pipeline.sendRequest(httpClient, request)).status;
    };
    expect(await send()).toBe(200);
    emulator.revokeTokens();
    expect([await send(), await send()]).toEqual([200, 200]);
    expect(emulator.counts()).toMatchObject({
        tokenRequests: 2,
        claimsChallenges: 1,
        claimsAnswered: 1,
        graphRequests: 4,
    });
});
