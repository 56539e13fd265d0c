import { expect, test } from "vitest";
import { readAccessToken } from "../../provider/graph/accessToken.ts";
import { judgePermission } from "../../provider/graph/permission.ts";

const applicationAdministrator = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const judge = (payload: object) => {
    const claims = readAccessToken(`.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.`);
    return claims && judgePermission(claims);
};

test.each([
    [["Synchronization.ReadWrite.All"], true, /Synchronization\.ReadWrite\.All/],
    [["Application.ReadWrite.OwnedBy"], true, /OwnedBy, for targets that the application owns/],
    [["Application.ReadWrite.OwnedBy", "Synchronization.ReadWrite.All"], true, /by .*Synchronization\.ReadWrite\.All$/],
    [["Application.ReadWrite.All", "Directory.Read.All"], false, /OwnedBy .* Synchronization\.ReadWrite\.All: add one/],
    [[], false, /has neither/],
])("an application with %j: %s", (roles, granted, because) => {
    expect(judge({ roles })).toEqual({ granted, because: expect.stringMatching(because) });
});

test.each([
    ["Synchronization.ReadWrite.All", [applicationAdministrator], true, /and the role Application Administrator$/],
    ["a Synchronization.ReadWrite.All b", ["158c047a-c907-4556-b7ef-446551a6b5f7"], true, /role Cloud Application/],
    ["Synchronization.ReadWrite.All", ["8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"], true, /role Hybrid Identity/],
    ["Synchronization.ReadWrite.All", ["another"], false, /none of the roles Application Administrator, Cloud/],
    ["Synchronization.ReadWrite.All", undefined, true, /does not say whether/],
    ["Directory.AccessAsUser.All", [applicationAdministrator], false, /lacks the delegated permission Synchronization/],
    ["", [applicationAdministrator], false, /lacks the delegated permission/],
])("a user with %j and the directory roles %j: %s", (scp, wids, granted, because) => {
    expect(judge({ scp, wids, roles: ["Synchronization.ReadWrite.All"] })).toEqual({
        granted,
        because: expect.stringMatching(because),
    });
});
