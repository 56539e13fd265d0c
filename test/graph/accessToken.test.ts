import { expect, test } from "vitest";
import { readAccessToken } from "../../provider/graph/accessToken.ts";

const tokenOf = (payload: unknown) => `header.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.signature`;

test("an application's token tells tenant, application, roles and its end", () => {
    const payload = { tid: "tenant", appid: "client", roles: ["A", 1, "B"], exp: 1_800_000_000 };
    expect(readAccessToken(tokenOf(payload))).toEqual({
        tenantId: "tenant",
        clientId: "client",
        user: undefined,
        roles: ["A", "B"],
        scopes: undefined,
        directoryRoleIds: undefined,
        expiresAt: "2027-01-15T08:00:00.000Z",
    });
});

test("a user's token tells who it is, what was consented to and which roles of the directory they have", () => {
    const payload = { tid: "tenant", azp: "client", upn: "ada@acme.example", scp: "A B", wids: ["role"] };
    expect(readAccessToken(tokenOf(payload))).toMatchObject({
        clientId: "client",
        user: "ada@acme.example",
        roles: [],
        scopes: ["A", "B"],
        directoryRoleIds: ["role"],
    });
});

test.each([["upn"], ["unique_name"], ["preferred_username"]])("a user's name is read from %s", (name) => {
    expect(readAccessToken(tokenOf({ [name]: "ada" }))?.user).toBe("ada");
});

test.each([[1e300], [-1e300], ["soon"], [null]])("an end that no calendar holds is unknown: %j", (exp) => {
    expect(readAccessToken(tokenOf({ exp }))).toMatchObject({ expiresAt: undefined });
});

test.each(["", "opaque", "a.b.c", `a.${Buffer.from("1").toString("base64url")}.c`, "a..c"])(
    "%j is not to be read",
    (text) => {
        expect(readAccessToken(text)).toBeUndefined();
    },
);
