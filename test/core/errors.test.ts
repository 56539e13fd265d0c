import { inspect } from "node:util";
import { expect, test } from "vitest";
import * as errors from "../../provider/core/errors.ts";

const answer = { status: 400, graphCode: "SomeCode", requestId: "r-1" };

/** One of each, and what each says of itself. A class that is missing here fails the test below. */
const samples: readonly [errors.EntrasyncError, string][] = [
    [new errors.InvalidInputError([{ path: "maxAge", reason: "is wrong" }]), "INVALID_INPUT"],
    [new errors.ConfigurationError("words"), "INVALID_CONFIGURATION"],
    [new errors.AuthenticationError("words"), "AUTHENTICATION_FAILED"],
    [new errors.PermissionDeniedError("words", answer), "PERMISSION_DENIED"],
    [new errors.TargetNotFoundError("words", answer), "TARGET_NOT_FOUND"],
    [new errors.RequestRejectedError("words", answer), "REQUEST_REJECTED"],
    [new errors.ValidationFailedError("words", { requestId: "r-1" }), "VALIDATION_FAILED"],
    [new errors.ThrottledError("words", answer), "THROTTLED"],
    [new errors.UnreachableError("words"), "GRAPH_UNREACHABLE"],
    [new errors.DeadlineError("words"), "DEADLINE_EXCEEDED"],
    [new errors.CancelledError("words"), "CANCELLED"],
    [new errors.OutcomeUnknownError("words", answer), "OUTCOME_UNKNOWN"],
];

test("every error class has a sample here", () => {
    const abstract = ["EntrasyncError", "GraphAnsweredError"];
    const sampled = samples.map(([error]) => error.constructor.name);
    const classes = Object.values(errors).filter((one) => one.prototype instanceof Error);
    expect([...sampled, ...abstract].sort()).toEqual(classes.map(({ name }) => name).sort());
});

test.each(samples)("%s has its name, its code and the common class", (error, code) => {
    expect(error).toBeInstanceOf(errors.EntrasyncError);
    expect(error.name).toBe(error.constructor.name);
    expect(error.code).toBe(code);
    expect(error.stack).toContain(error.message);
});

test("no two errors share a code", () => {
    expect(new Set(samples.map(([, code]) => code)).size).toBe(samples.length);
});

test.each(samples)("%s has no field that Pulumi would take for a resource's, and no cause", (error) => {
    for (const field of ["id", "properties", "reasons", "cause", "request", "response"]) {
        expect(field in error).toBe(false);
    }
});

test("an error of Graph's answer takes status, code and request id from it and nothing else", () => {
    const words = "sentinel-93c1";
    const told = { ...answer, words, body: words, headers: { authorization: words } };
    for (const error of [
        new errors.PermissionDeniedError("m", told),
        new errors.TargetNotFoundError("m", told),
        new errors.RequestRejectedError("m", told),
        new errors.ThrottledError("m", told),
        new errors.OutcomeUnknownError("m", told),
    ]) {
        expect(error).toMatchObject({ status: 400, requestId: "r-1" });
        expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain(words);
    }
});

test("an input error names every path with its reason", () => {
    const failures = [
        { path: "credentials[1].key", reason: "is wrong" },
        { path: "maxAge", reason: "is wrong too" },
    ];
    const error = new errors.InvalidInputError(failures);
    expect(error.message).toBe("credentials[1].key: is wrong; maxAge: is wrong too");
    expect(error.failures).toEqual(failures);
});

test("a failed validation takes the request id and nothing else, and has none where nobody answered", () => {
    const told = { ...answer, words: "sentinel-93c1" };
    const error = new errors.ValidationFailedError("m", told);
    expect(error.requestId).toBe("r-1");
    expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain("sentinel-93c1");
    expect(new errors.ValidationFailedError("m").requestId).toBeUndefined();
});

test("an unknown outcome without any answer has neither status nor request id", () => {
    expect(new errors.OutcomeUnknownError("words")).toMatchObject({ status: undefined, requestId: undefined });
});

test("a message has its code behind it once, however often it is asked for: resources share a failure of the sign-in", () => {
    const error = new errors.AuthenticationError("No token.");
    error.message = errors.withCode(error);
    error.message = errors.withCode(error);
    expect(error.message).toBe("No token. (AUTHENTICATION_FAILED)");
});

test("a code that is spent is named by its path, with the reason", () => {
    const failures = [{ path: "credentials.Oauth2AuthorizationCode", reason: "works once" }];
    expect(errors.spentCode("works once")).toMatchObject({ code: "INVALID_INPUT", failures });
});
