import { expect, test } from "vitest";
import { describeTarget, formatResourceId, parseResourceId, parseTarget } from "../../provider/core/target.ts";

const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";

test.each([
    ["servicePrincipals", uuid],
    ["servicePrincipals", `/servicePrincipals/${uuid}`],
    ["servicePrincipals", uuid.toUpperCase()],
    ["applications", uuid],
    ["applications", `/applications/${uuid}`],
] as const)("%s take %s", (kind, text) => {
    expect(parseTarget(kind, text)).toEqual({ kind, objectId: uuid });
});

test.each([
    ["servicePrincipals", `/applications/${uuid}`, "applicationId", "a service principal"],
    ["applications", `/servicePrincipals/${uuid}`, "servicePrincipalId", "an application"],
] as const)("%s refuse %s as the id of the other kind", (kind, text, other, noun) => {
    expect(parseTarget(kind, text)).toEqual({
        problem: `"${text}" is the id of another kind: give it as ${other}, or give ${noun}'s id here`,
    });
});

test.each([
    "",
    "acme",
    ` ${uuid}`,
    `${uuid}\n`,
    `${uuid}/`,
    `servicePrincipals/${uuid}`,
    `/serviceprincipals/${uuid}`,
    `/users/${uuid}`,
    `/servicePrincipals/${uuid}/synchronization`,
    `/servicePrincipals/../applications/${uuid}`,
    uuid.slice(1),
    `{${uuid}}`,
    uuid.replaceAll("-", ""),
])("%j is no object id, and the refusal shows what one looks like", (text) => {
    expect(parseTarget("servicePrincipals", text)).toEqual({
        problem: `expected the object id, as a uuid or azuread's id (/servicePrincipals/<uuid>), got ${JSON.stringify(text)}`,
    });
});

test.each(["servicePrincipals", "applications"] as const)("a resource's id under %s reads back", (kind) => {
    const target = { kind, objectId: uuid };
    expect(formatResourceId(target)).toBe(`/${kind}/${uuid}/synchronization/acquireAccessToken`);
    expect(parseResourceId(formatResourceId(target))).toEqual(target);
    expect(describeTarget(target)).toBe(`/${kind}/${uuid}`);
});

test.each([
    "",
    uuid,
    `/servicePrincipals/${uuid}`,
    `/users/${uuid}/synchronization/acquireAccessToken`,
    `/applications/${uuid}/synchronization/acquireAccessToken/`,
])("%j is not a resource's id", (id) => {
    expect(parseResourceId(id)).toBeUndefined();
});
