import { inspect } from "node:util";
import { expect, test } from "vitest";
import { AuthenticationError, ConfigurationError } from "../../provider/core/errors.ts";
import type { HttpAsk, Question } from "../../provider/graph/ask.ts";
import { endpointCredential } from "../../provider/identity/managedIdentity.ts";

const scope = "https://graph.microsoft.us/.default";
const token = "sentinel-access-token";

function answering(status: number, body: unknown) {
    const asked: Question[] = [];
    const ask: HttpAsk = async (question) => {
        asked.push(question);
        return { status, body };
    };
    return { ask, asked };
}

test.each([
    ["http://127.0.0.1:50342/oauth2/token", undefined, ""],
    ["https://localhost/token", "user-assigned", "&client_id=user-assigned"],
])("the endpoint %s is asked as azuread asks it, past any proxy (client id: %s)", async (endpoint, clientId, more) => {
    const { ask, asked } = answering(200, { access_token: token, expires_in: "3600" });
    await endpointCredential(endpoint, clientId, ask).getToken(scope);
    expect(asked).toEqual([
        {
            method: "GET",
            url: `${endpoint}?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.us${more}`,
            headers: { Metadata: "true" },
            direct: true,
        },
    ]);
});

test("scopes may come in a list", async () => {
    const { ask, asked } = answering(200, { access_token: token, expires_in: "3600" });
    await endpointCredential("http://127.0.0.1:1/", undefined, ask).getToken([scope]);
    expect(new URL(asked[0]?.url ?? "").searchParams.get("resource")).toBe("https://graph.microsoft.us");
});

test.each(["3600", 3600])("the token ends when expires_in says: %j", async (expiresIn) => {
    const { ask } = answering(200, { access_token: token, expires_in: expiresIn });
    const before = Date.now();
    const got = await endpointCredential("http://127.0.0.1:1/", undefined, ask).getToken(scope);
    expect(got?.token).toBe(token);
    expect(got?.expiresOnTimestamp).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(got?.expiresOnTimestamp).toBeLessThanOrEqual(Date.now() + 3_600_000);
});

test.each([
    [400, { error: "invalid_request", error_description: "Identity not found" }, "answered 400: Identity not found"],
    [400, { error: "invalid_request" }, "answered 400: invalid_request"],
    [500, undefined, "answered 500"],
    [200, { access_token: token }, "answered 200"],
    [200, { access_token: token, expires_in: "soon" }, "answered 200"],
    [200, { expires_in: "3600" }, "answered 200"],
    [302, { access_token: token, expires_in: "3600" }, "answered 302"],
])("%d with %j is no token, and the error shows none", async (status, body, words) => {
    const { ask } = answering(status, body);
    const credential = endpointCredential("http://127.0.0.1:1/token?code=sentinel", undefined, ask);
    const error = await credential.getToken(scope).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(String(error)).toContain(`the endpoint http://127.0.0.1:1/token ${words}`);
    expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain("sentinel");
});

test.each(["127.0.0.1:1", "ftp://127.0.0.1", "sentinel", ""])("%j is no endpoint", (endpoint) => {
    const { ask, asked } = answering(200, {});
    const make = () => endpointCredential(endpoint, undefined, ask);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/^msiEndpoint \(.*ARM_MSI_ENDPOINT\) must be an http or https URL$/);
    expect(asked).toEqual([]);
});
