import { expect, test } from "vitest";
import { knownEntraErrors, readEntraError } from "../../provider/identity/entraErrors.ts";

test.each([
    ["a wrong secret", "AADSTS7000215", /secret is wrong/],
    ["an expired secret", "AADSTS7000222", /expired/],
    ["an unknown tenant", "AADSTS90002", /no such tenant/],
    ["an unknown application", "AADSTS700016", /no such application/],
    ["an application without a service principal", "AADSTS7000229", /no service principal/],
    ["an expired assertion", "AADSTS700024", /outside its time/],
    ["a mismatched subject", "AADSTS700213", /subject/],
    ["a mismatched issuer", "AADSTS700211", /issuer/],
    ["a mismatched audience", "AADSTS700212", /audience/],
    ["no federated credential at all", "AADSTS70025", /no federated credentials/],
    ["federation that the tenant does not allow", "AADSTS700223", /policy/],
    ["missing consent", "AADSTS65001", /consent/],
    ["an old sign-in of the CLI", "AADSTS700082", /sign in again/],
])("%s is %s, and its meaning is told", (_, code, meaning) => {
    const message = `invalid_client: Error(s): ${code.slice("AADSTS".length)} - ${code}: Some words.\r\nTrace ID: x`;
    expect(readEntraError(message)).toEqual({ code, meaning: expect.stringMatching(meaning) });
});

test("another code is told without a meaning", () => {
    expect(readEntraError("AADSTS123456: Something new.")).toEqual({ code: "AADSTS123456", meaning: undefined });
});

test("a message without a code has none", () => {
    expect(readEntraError("endpoints_resolution_error")).toBeUndefined();
});

test("a code that begins like a known one is not that one", () => {
    expect(readEntraError("AADSTS7000215999: x")?.meaning).toBeUndefined();
});

test("every code is one, and every meaning goes into a sentence", () => {
    for (const [code, meaning] of Object.entries(knownEntraErrors)) {
        expect(code).toMatch(/^AADSTS\d{5,7}$/);
        expect(meaning).toMatch(/^[a-z].*[^.]$/);
    }
});
