import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
    ThrottledError,
} from "../../provider/core/errors.ts";
import { describeAnswer, readAnswer, refusalOf } from "../../provider/graph/refusals.ts";

const target = { kind: "servicePrincipals", objectId: "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d" } as const;
const none = { get: () => undefined };
const graphError = (code: string, message: string, requestId?: string) =>
    JSON.stringify({ error: { code, message, innerError: { "request-id": requestId } } });

function answerOf(status: number, body: string | null | undefined, submitted: readonly string[] = []) {
    return readAnswer({ status, headers: none, ...(body === undefined ? {} : { bodyAsText: body }) }, submitted);
}

test("Graph's code, words and request id are read from its error", () => {
    expect(answerOf(400, graphError("RequestParameterInvalid", "No such thing.", "r-1"))).toEqual({
        status: 400,
        graphCode: "RequestParameterInvalid",
        words: "No such thing.",
        requestId: "r-1",
    });
});

test("the request id of the header goes before the body's", () => {
    const headers = { get: (name: string) => (name === "request-id" ? "r-header" : undefined) };
    const answer = readAnswer({ status: 400, headers, bodyAsText: graphError("A", "b", "r-body") }, []);
    expect(answer.requestId).toBe("r-header");
});

test("JSON inside the message is unwrapped", () => {
    const inner = JSON.stringify({ Message: "No HTTP resource was found." });
    expect(answerOf(404, graphError("UnknownError", inner)).words).toBe("No HTTP resource was found.");
});

test.each([
    ["JSON of something else", '{"Other":"x"}'],
    ["a list", "[1]"],
    ["a number", "7"],
    ["what only looks like JSON", "{oops"],
])("a message that is %s stays as it is", (_, message) => {
    expect(answerOf(400, graphError("A", message)).words).toBe(message);
});

test.each([
    ["none", undefined, ""],
    ["null", null, ""],
    ["empty", "", ""],
    ["blank", " \r\n", ""],
    [
        "a proxy's page",
        "<html><head><title>502 Bad Gateway</title></head>\n<body><h1>502   Bad Gateway</h1></body></html>",
        'an answer that is not Graph\'s JSON, "502 Bad Gateway 502 Bad Gateway"',
    ],
    ["JSON of something else", '{"message":"no"}', 'an answer that is not Graph\'s JSON, "{\\"message\\":\\"no\\"}"'],
    ["an error without anything", '{"error":{}}', ""],
    ["an error of null", '{"error":null}', ""],
    ["an error with odd types", '{"error":{"code":7,"message":["x"],"innerError":"y"}}', ""],
])("the words of a body: %s", (_, body, words) => {
    expect(answerOf(502, body)).toEqual({ status: 502, graphCode: undefined, words, requestId: undefined });
});

test("of a long page only the beginning is told", () => {
    expect(answerOf(502, `<p>${"x".repeat(10_000)}</p>`).words.length).toBeLessThan(200);
});

test("no body at all makes reading throw", () => {
    fc.assert(
        fc.property(
            fc.oneof(
                fc.string(),
                fc.json(),
                fc.json().map((json) => `{"error":${json}}`),
            ),
            (body) => {
                expect(answerOf(500, body).status).toBe(500);
            },
        ),
    );
});

test("what was submitted is in nothing that is read: words, code, request id, a page, JSON in JSON", () => {
    const secret = fc
        .stringMatching(/^[a-z<>&"'\\/ %é]{6,30}$/)
        .filter((text) => text.trim() === text && !"removed".includes(text));
    const wrap = fc.constantFrom<(secret: string) => string>(
        (value) => graphError("Invalid", `The value '${value}' was not found.`),
        (value) => graphError(value, "x", value),
        (value) => graphError("Invalid", JSON.stringify({ Message: `got ${value}` })),
        (value) => graphError("Invalid", JSON.stringify({ Other: `got ${value}` })),
        (value) => graphError("Invalid", `GET /x?token=${encodeURIComponent(value)}`),
        (value) => graphError("Invalid", Buffer.from(value).toString("base64")),
        (value) => `<html><b>got</b> ${value}</html>`,
        (value) => `got ${value}`,
    );
    fc.assert(
        fc.property(secret, wrap, (value, wrapped) => {
            const shown = JSON.stringify(answerOf(400, wrapped(value), [value]));
            expect(shown).not.toContain(JSON.stringify(value).slice(1, -1));
            expect(shown).not.toContain(encodeURIComponent(value));
            expect(shown).not.toContain(Buffer.from(value).toString("base64"));
        }),
        { numRuns: 2000 },
    );
});

test("a value at the place where a page is cut leaves no beginning of itself", () => {
    const secret = "sentinel-93c1-of-a-credential";
    for (let before = 60; before < 140; before++) {
        const { words } = answerOf(502, `<p>${"x".repeat(before)} ${secret}</p>`, [secret]);
        expect(words).not.toContain("sentinel");
    }
});

test("a value that looks like a tag leaves nothing of itself when tags are taken out", () => {
    expect(answerOf(502, "<p>got left<tag>right</p>", ["left<tag>right"]).words).not.toMatch(/left|right/);
    expect(answerOf(502, "<p>got left  right</p>", ["left  right"]).words).not.toMatch(/left|right/);
});

const answer = { status: 400, graphCode: "SomeCode", words: "Some words.", requestId: "r-1" };

test("an answer is told with status, code, words and request id, and with what of it there is", () => {
    expect(describeAnswer(answer)).toBe("400 SomeCode: Some words. (request-id r-1)");
    const bare = { status: 401, graphCode: undefined, words: "", requestId: undefined };
    expect(describeAnswer(bare)).toBe("401");
    expect(describeAnswer({ ...bare, requestId: "r-1" })).toBe("401 (request-id r-1)");
    expect(describeAnswer({ ...bare, graphCode: "UnknownError" })).toBe("401 UnknownError");
});

test.each([
    [
        401,
        PermissionDeniedError,
        ["Application.ReadWrite.OwnedBy", "Synchronization.ReadWrite.All", "owner", "role", "minute"],
    ],
    [
        403,
        PermissionDeniedError,
        ["Application.ReadWrite.OwnedBy", "Synchronization.ReadWrite.All", "owner", "role", "minute"],
    ],
    [404, TargetNotFoundError, [`/servicePrincipals/${target.objectId}`, "object id", "clientId", "tenant", "minute"]],
    [429, ThrottledError, ["again later"]],
    [400, RequestRejectedError, ["Correct what Graph names", "support"]],
    [302, RequestRejectedError, ["A redirect is not followed", "entrasync:graphEndpoint", "HTTPS_PROXY"]],
    [409, RequestRejectedError, ["support"]],
    [422, RequestRejectedError, ["support"]],
] as const)("a refusal with %d says what was tried, what came back and what to do", (status, kind, advice) => {
    const error = refusalOf("Acquiring a token", target, { ...answer, status }, "Nothing was acquired.");
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, graphCode: "SomeCode", requestId: "r-1" });
    const inOrder = [
        "Acquiring a token: Microsoft Graph answered ",
        `${status} SomeCode: Some words. (request-id r-1)`,
        ". Nothing was acquired. ",
        advice[0],
    ];
    const places = inOrder.map((part) => error.message.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((left, right) => left - right));
    for (const word of advice) {
        expect(error.message).toContain(word);
    }
});

test("where an application is not found the advice speaks of an application", () => {
    const error = refusalOf("x", { ...target, kind: "applications" }, { ...answer, status: 404 }, "y");
    expect(error.message).toContain(`/applications/${target.objectId} names the application by its object id`);
});
