import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { addressProblem, listeningPlace } from "../../provider/authorize/addresses.ts";
import { type AuthorizationRequest, authorizationAddress, randomText } from "../../provider/authorize/request.ts";

const request: AuthorizationRequest = {
    authorizationUri: "https://login.acme.example/authorize",
    clientId: "entra & co",
    scopes: ["users.read", "users.write"],
    redirectUri: "http://127.0.0.1:8400/callback",
    parameters: [["prompt", "consent"]],
    state: "state",
};

describe("the consent page's address", () => {
    test("has what RFC 6749 asks for, with no + for a space", () => {
        expect(authorizationAddress(request)).toBe(
            "https://login.acme.example/authorize?response_type=code&client_id=entra%20%26%20co" +
                "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8400%2Fcallback&scope=users.read%20users.write&state=state" +
                "&prompt=consent",
        );
    });

    test("has no scope where none is asked for", () => {
        expect(new URL(authorizationAddress({ ...request, scopes: [] })).searchParams.has("scope")).toBe(false);
    });

    test("keeps the query that it comes with as it is", () => {
        const address = (authorizationUri: string) => authorizationAddress({ ...request, authorizationUri });
        expect(address("https://acme.example/?tenant=a%2Fb+c")).toContain(
            ".example/?tenant=a%2Fb+c&response_type=code&",
        );
        expect(address("https://acme.example/?tenant=a&")).toContain(".example/?tenant=a&response_type=code&");
        expect(address("https://acme.example/?")).toContain(".example/?response_type=code&");
    });

    test("has a challenge where there is a verifier, and not the verifier", () => {
        const verifier = randomText();
        const { searchParams } = new URL(authorizationAddress({ ...request, verifier }));
        const challenge = createHash("sha256").update(verifier).digest("base64url");
        expect(searchParams.get("code_challenge")).toBe(challenge);
        expect(searchParams.get("code_challenge_method")).toBe("S256");
        expect(String(searchParams)).not.toContain(verifier);
    });
});

test("a random text is what RFC 7636 takes for a verifier, and another one each time", () => {
    const texts = Array.from({ length: 50 }, randomText);
    expect(texts.filter((text) => !/^[A-Za-z0-9_-]{43}$/.test(text))).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
});

test.each([
    ["https://acme.example/authorize?a=b", undefined],
    ["http://127.0.0.1:8400/callback", undefined],
    ["http://localhost/callback", undefined],
    ["http://[::1]:8400/callback", undefined],
    ["http://acme.example/callback", "must be https"],
    ["http://127.0.0.1.acme.example/", "must be https"],
    ["acme://callback", "must be https"],
    ["javascript:alert(1)", "must be https"],
    ["/callback", "is not an address"],
    ["https://acme.example/#here", "must not have a fragment"],
    ["https://acme.example/#", "must not have a fragment"],
    ["https://me:secret@acme.example/", "must not have a user name"],
])("the address %s: %s", (address, problem) => {
    const found = addressProblem(address);
    expect(found).toEqual(problem === undefined ? undefined : expect.stringContaining(problem));
    expect(found ?? "").not.toContain("secret");
});

test.each([
    ["http://127.0.0.1:8400/callback", { host: "127.0.0.1", port: 8400 }],
    ["http://localhost:8400/here", { host: "127.0.0.1", port: 8400 }],
    ["http://localhost/here", { host: "127.0.0.1", port: 80 }],
    ["http://[::1]:8400/callback", { host: "::1", port: 8400 }],
    ["https://localhost:8400/callback", undefined],
    ["https://acme.example/callback", undefined],
])("for %s this machine listens on %j", (address, place) => {
    expect(listeningPlace(address)).toEqual(place);
});
