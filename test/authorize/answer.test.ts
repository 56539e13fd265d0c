import { describe, expect, test } from "vitest";
import { readAnswer } from "../../provider/authorize/answer.ts";

const request = { state: "state-of-this-request" };
const answerTo = (query: Readonly<Record<string, string>> | string) => readAnswer(new URLSearchParams(query), request);

test("a code counts with the request's state", () => {
    expect(answerTo({ state: request.state, code: `a+b/c="é` })).toEqual({ kind: "code", code: `a+b/c="é` });
});

describe("nothing counts without the request's state", () => {
    test.each([
        ["none", { code: "code" }, "no state"],
        ["an empty one", { state: "", code: "code" }, "another state"],
        ["another", { state: "state-of-another", code: "code" }, "another state"],
        ["one that begins like it", { state: request.state.slice(0, -1), code: "code" }, "another state"],
        ["one that goes on", { state: `${request.state}x`, code: "code" }, "another state"],
        ["it twice", `state=${request.state}&state=${request.state}&code=code`, "another state"],
        ["a refusal without it", { error: "access_denied" }, "no state"],
    ])("%s", (_, query, words) => {
        const answer = answerTo(query);
        expect(answer).toEqual({ kind: "wrongState", words: expect.stringContaining(words) });
        expect(JSON.stringify(answer)).not.toMatch(/"code"|state-of/);
    });
});

describe("a refusal is told in words", () => {
    test.each([
        [{ error: "access_denied" }, "consent was refused: by the person, or by the application (access_denied)"],
        [
            { error: "invalid_scope", error_description: "no such scope: users.fly" },
            "the application does not know these scopes, or does not grant them: check --scope " +
                "(invalid_scope: no such scope: users.fly)",
        ],
        [{ error: "acme_42" }, "the application refused (acme_42)"],
        [{ error: "constructor" }, "the application refused (constructor)"],
    ])("%j", (query, words) => {
        expect(answerTo({ ...query, state: request.state })).toEqual({ kind: "refused", words });
    });

    test("in one line, without what steers a terminal, cut off, and without what is secret", () => {
        const error_description = `\u001b[2Jfirst\nsecond\u202e${request.state} verifier-of-it ${"long ".repeat(200)}`;
        const query = new URLSearchParams({ error: "server_error", error_description, state: request.state });
        const answer = readAnswer(query, { ...request, verifier: "verifier-of-it" });
        const { words } = answer as { words: string };
        expect(words).toContain("server_error: [2Jfirst second [removed] [removed] long");
        expect(words).not.toMatch(/\p{Cc}|\p{Cf}/u);
        expect(words.length).toBeLessThan(500);
    });

    test("also beside a code, which is then neither taken nor quoted", () => {
        const answer = answerTo({
            error: "acme",
            error_description: "not the-code",
            code: "the-code",
            state: request.state,
        });
        expect(answer).toEqual({ kind: "refused", words: "the application refused (acme: not [removed])" });
    });
});

test.each([
    ["nothing", "", "neither a code nor an error"],
    ["an empty code", "&code=", "neither a code nor an error"],
    ["two codes", "&code=a&code=b", "more than one code"],
    ["two errors", "&error=a&error=b", "more than one error"],
    ["a code of more than one line", "&code=a%0Ab", "control characters"],
])("%s is of no use", (_, query, words) => {
    expect(answerTo(`state=${request.state}${query}`)).toEqual({
        kind: "unusable",
        words: expect.stringContaining(words),
    });
});
