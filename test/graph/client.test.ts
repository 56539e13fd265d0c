import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import {
    AuthenticationError,
    CancelledError,
    DeadlineError,
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
    UnreachableError,
} from "../../provider/core/errors.ts";
import type { Sent } from "../../provider/graph/transport.ts";
import {
    accepted,
    challenge,
    foreign,
    graphError,
    hangs,
    lost,
    notConnected,
    notFound,
    type Reply,
    response,
    Setup,
    secret,
    throttled,
    tried,
    uuid,
} from "./fakeTransport.ts";

let setup: Setup;
const over = (...replies: Reply[]) => {
    setup = new Setup(replies);
    return setup;
};

afterEach(() => {
    // Every operation gives its timers back, or the process would not end.
    expect(setup.clock.timers).toBe(0);
});

describe("an acquisition", () => {
    test("is one POST of Graph's body to the target's action, and its request id is handed on", async () => {
        const { transport, informed } = over(accepted);
        expect(await setup.acquire()).toMatchObject({ value: { requestId: "r-1" }, afterMs: 0 });
        expect(transport.requests).toHaveLength(1);
        const [request] = transport.requests;
        expect(request).toMatchObject({
            method: "POST",
            url: `https://graph.example/v1.0/servicePrincipals/${uuid}/synchronization/acquireAccessToken`,
        });
        const odataType = "microsoft.graph.synchronizationSecretKeyStringValuePair";
        expect(JSON.parse(request?.body ?? "")).toEqual({
            credentials: [
                { "@odata.type": odataType, key: "BaseAddress", value: "https://scim.example/v2" },
                { "@odata.type": odataType, key: "SecretToken", value: secret },
            ],
        });
        expect(informed).toEqual([]);
    });

    test("goes to the other version where that is asked for", async () => {
        await over(accepted).acquire({ apiVersion: "beta" });
        expect(setup.transport.requests[0]?.url).toContain("https://graph.example/beta/servicePrincipals/");
    });

    test.each([
        ["has an empty request id where Graph names none", foreign(204), ""],
        ["is accepted with 204 also where there is a body", response(204, "<html>what ever</html>"), "r-1"],
        ["is accepted with another 2xx that bears Graph's mark", response(202, "{}"), "r-1"],
    ])("%s", async (_, sent, requestId) => {
        expect((await over(sent).acquire()).value).toEqual({ requestId });
        expect(setup.transport.requests).toHaveLength(1);
    });

    test("of a target waits for the one before; others go side by side", async () => {
        const slow: Reply = () => new Promise((resolve) => setup.clock.after(5000, () => resolve(accepted)));
        over(slow);
        const other = uuid.replace("0", "f");
        await setup.clock.settled(
            Promise.all([setup.acquiring(), setup.acquiring(), setup.acquiring({ objectId: other })]),
        );
        expect(setup.transport.sentAtMs).toEqual([0, 0, 5000]);
    });

    test("whose time is up while it waits for the one before has sent nothing, and says so", async () => {
        over(hangs(true), accepted);
        const first = setup.acquiring({ worksOnce: true, timeoutMs: 100_000 }).catch(() => undefined);
        const { error, message, afterMs } = await setup.acquire({ timeoutMs: 10_000 });
        expect(error).toBeInstanceOf(DeadlineError);
        expect(message).toContain("not done within 10 s. Graph had not processed anything.");
        expect(afterMs).toBe(10_000);
        await setup.clock.settled(first);
        expect(setup.transport.requests).toHaveLength(1);
    });
});

describe("a host that is not there", () => {
    test.each([true, false])("is tried four times, with longer and longer waits; works once: %s", async (worksOnce) => {
        const { error, message } = await over(notConnected).acquire({ worksOnce });
        expect(error).toBeInstanceOf(UnreachableError);
        expect(message).toContain("https://graph.example could not be reached (ECONNREFUSED, 4 attempts)");
        expect(message).toContain("Nothing was sent.");
        expect(setup.transport.sentAtMs).toEqual([0, 1000, 3000, 7000]);
    });

    test("that is there after all makes no error", async () => {
        const { value } = await over(notConnected, notConnected, notConnected, accepted).acquire();
        expect(value).toEqual({ requestId: "r-1" });
        expect(setup.informed).toHaveLength(3);
    });

    test("has its four attempts however often Graph throttled before", async () => {
        const before = Array(4).fill(throttled("1"));
        const { value } = await over(...before, notConnected, notConnected, notConnected, accepted).acquire();
        expect(value).toEqual({ requestId: "r-1" });
    });

    test("is told as such where the time is too short for another attempt, and not as a wait that Graph asked for", async () => {
        const { error, message } = await over(notConnected).acquire({ timeoutMs: 500 });
        expect(error).toBeInstanceOf(UnreachableError);
        expect(message).toContain("could not be reached (ECONNREFUSED, 1 attempt)");
        expect(message).not.toContain("asks for");
    });
});

describe("a refusal", () => {
    test.each([
        [401, PermissionDeniedError, "UnknownError", "", "Synchronization.ReadWrite.All"],
        [403, PermissionDeniedError, "Authorization_RequestDenied", "No.", "Application.ReadWrite.OwnedBy"],
        [404, TargetNotFoundError, "Request_ResourceNotFound", "Gone.", "object id"],
        [400, RequestRejectedError, "RequestParameterInvalid", "Bad.", "Correct what Graph names"],
        [409, RequestRejectedError, "Conflict", "Busy.", "Correct what Graph names"],
        [307, RequestRejectedError, "Moved", "Elsewhere.", "A redirect is not followed"],
    ])(
        "with %d of a target that is not new is told with all that there is, after one POST",
        async (status, kind, code, words, advice) => {
            for (const worksOnce of [true, false]) {
                const { error, message } = await over(response(status, graphError(code, words)), accepted).acquire({
                    worksOnce,
                });
                expect(error).toBeInstanceOf(kind);
                expect(error).toMatchObject({ status, graphCode: code, requestId: "r-1" });
                const answer = `${status} ${code}${words === "" ? "" : `: ${words}`} (request-id r-1)`;
                expect(message).toContain(`${tried}Microsoft Graph answered ${answer}. Nothing was acquired. `);
                expect(message).toContain(advice);
                expect(setup.transport.requests).toHaveLength(1);
            }
        },
    );

    test.each([301, 302, 303, 307, 308])(
        "with %d is a redirect, which nobody follows, new target or not",
        async (status) => {
            const { error, message } = await over(
                foreign(status, "", { location: "https://elsewhere.example" }),
            ).acquire({
                mayBeNew: true,
            });
            expect(error).toBeInstanceOf(RequestRejectedError);
            expect(message).toContain(`answered ${status}. Nothing was acquired. A redirect is not followed`);
            expect(message).toContain("entrasync:graphEndpoint");
            expect(message).not.toContain("elsewhere.example");
            expect(setup.transport.requests).toHaveLength(1);
        },
    );

    test("never holds a value that was submitted, however it is echoed and looked at", async () => {
        const echoes = [
            secret,
            encodeURIComponent(secret),
            Buffer.from(secret).toString("base64"),
            JSON.stringify({ Message: secret }),
        ];
        for (const status of [200, 302, 400, 401, 403, 404, 408, 429, 500, 502]) {
            for (const worksOnce of [true, false]) {
                const body = graphError(`Code ${secret}`, echoes.join(" "));
                over(response(status, body, { "retry-after": "9999", "request-id": secret }));
                const { error } = await setup.acquire({ worksOnce, mayBeNew: true });
                const shown = inspect(error, { showHidden: true, depth: 10 }) + JSON.stringify(error);
                for (const echo of [...echoes.slice(0, 3), "sentinel"]) {
                    expect(shown).not.toContain(echo);
                }
                expect(setup.informed.join()).not.toContain("sentinel");
            }
        }
    });

    test("carries neither request, response nor cause", async () => {
        const { error } = await over(response(400, graphError("A", "b"))).acquire();
        expect(Object.keys(error as object).sort()).toEqual(["code", "graphCode", "name", "requestId", "status"]);
        expect(error).not.toHaveProperty("cause");
    });

    test("of the token, also of a new one, is a failure of the sign-in, after one call of the transport's", async () => {
        const { error, message } = await over(challenge).acquire({ mayBeNew: true });
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(message).toContain(`${tried}Microsoft Graph at https://graph.example does not take the token`);
        expect(message).toContain("not even a new one (401, a claims challenge). Nothing was acquired.");
        expect(setup.transport.requests).toHaveLength(1);
    });

    test("names the permission that the token lacks, where its claims can be read, and none where they show one", async () => {
        const claims = {
            tenantId: undefined,
            clientId: undefined,
            user: undefined,
            scopes: undefined,
            directoryRoleIds: undefined,
            expiresAt: undefined,
        };
        const said = async (roles: readonly string[] | undefined) => {
            over(response(401, graphError("UnknownError", "")));
            setup.transport.tokenClaims = roles === undefined ? undefined : { ...claims, roles };
            return (await setup.acquire()).message;
        };
        const lacks = "As far as its token tells, the token has neither of the application permissions";
        expect(await said([])).toContain(lacks);
        expect(await said(["Synchronization.ReadWrite.All"])).not.toContain("As far as");
        expect(await said(undefined)).not.toContain("As far as");
    });
});

describe("the operation's time", () => {
    test("that ends before anything was sent is a deadline, and nothing was processed", async () => {
        const { error, message, afterMs } = await over(hangs(false)).acquire({ timeoutMs: 30_000 });
        expect(error).toBeInstanceOf(DeadlineError);
        expect(message).toContain("not done within 30 s");
        expect(message).toContain("had not processed anything");
        expect(afterMs).toBe(30_000);
    });

    test("does not change an error of signing in", async () => {
        const error = new AuthenticationError("no token");
        expect((await over(error).acquire()).error).toBe(error);
    });

    test("ends with the user's cancelling where it only waits, and says that nothing was acquired", async () => {
        const cancelled = new AbortController();
        over(throttled("100"), accepted);
        setup.clock.after(10_000, () => cancelled.abort());
        const { error, message, afterMs } = await setup.acquire({ cancelled: cancelled.signal });
        expect(error).toBeInstanceOf(CancelledError);
        expect(message).toContain("cancelled. Graph had not processed anything.");
        expect(afterMs).toBe(10_000);
        expect(setup.transport.requests).toHaveLength(1);
    });

    test.each([
        // Whose time is up first: the operation's, or the attempt's, which leaves time for a look.
        [false, 2000],
        [true, 1500],
    ])(
        "is too late, not out of reach, where the sign-in takes all the time; works once: %s",
        async (worksOnce, endMs) => {
            over(accepted);
            setup.transport.send = ({ abortSignal }) =>
                new Promise((resolve) =>
                    abortSignal.addEventListener("abort", () => resolve({ reached: false, why: "AbortError" })),
                );
            const { error, message, afterMs } = await setup.acquire({ timeoutMs: 2000, worksOnce });
            expect(error).toBeInstanceOf(DeadlineError);
            expect(message).toContain("not done within 2 s. Graph had not processed anything.");
            expect(afterMs).toBe(endMs);
        },
    );

    test("ends at once where the user cancels during the sign-in, of which Graph knows nothing", async () => {
        const cancelled = new AbortController();
        over(accepted);
        // A sign-in that hangs: what runs just before the request goes out is never reached.
        setup.transport.send = ({ abortSignal }) =>
            new Promise((resolve) =>
                abortSignal.addEventListener("abort", () => resolve({ reached: false, why: "AbortError" })),
            );
        setup.clock.after(10_000, () => cancelled.abort());
        const { error, message, afterMs } = await setup.acquire({ cancelled: cancelled.signal });
        expect(error).toBeInstanceOf(CancelledError);
        expect(message).toContain("cancelled. Graph had not processed anything.");
        expect(afterMs).toBe(10_000);
    });

    test("goes on where the user cancels while Graph is at it: what came of it is to be known", async () => {
        const cancelled = new AbortController();
        over(() => new Promise((resolve) => setup.clock.after(20_000, () => resolve(accepted))));
        setup.clock.after(10_000, () => cancelled.abort());
        const { value, afterMs } = await setup.acquire({ cancelled: cancelled.signal });
        expect(value).toEqual({ requestId: "r-1" });
        expect(afterMs).toBe(20_000);
    });
});

describe("a validation", () => {
    const validate = (more: { mayBeNew?: boolean; hidden?: readonly string[] } = {}) =>
        setup.asking((look) => setup.graph.validateCredentials({ ...look, against: { templateId: "scim" }, ...more }));

    test("repeats nothing of what the service holds, be it while it is asked again", async () => {
        over(foreign(502, `<p>${secret}</p>`), response(400, graphError("Refused", `No: ${secret}.`)));
        const { value } = await setup.clock.settled(validate({ hidden: [secret] }));
        expect(value).toMatchObject({ valid: false, message: "No: [removed]." });
        expect(setup.informed.join()).toContain("[removed]");
        expect(setup.informed.join()).not.toContain(secret);
    });

    test.each([notFound, response(409, graphError("Conflict", "Not yet."))])(
        "waits for a template or a job that may be new: %#",
        async (refusal) => {
            over(refusal, response(204));
            const { value, afterMs } = await setup.clock.settled(validate({ mayBeNew: true }));
            expect(value).toEqual({ valid: true });
            expect(afterMs).toBe(1000);
        },
    );
});

describe("a look at the target", () => {
    test("is one GET for nothing but the id, and has no body", async () => {
        over(response(200, "{}"));
        expect((await setup.clock.settled(setup.looking())).value).toBe(true);
        expect(setup.transport.requests).toHaveLength(1);
        const url = `https://graph.example/v1.0/servicePrincipals/${uuid}?$select=id`;
        expect(setup.transport.requests[0]).toMatchObject({ method: "GET", url, ownConnection: false });
        expect(setup.transport.requests[0]).not.toHaveProperty("body");
    });

    test("finds nothing only where Graph itself says so", async () => {
        over(notFound);
        expect((await setup.clock.settled(setup.looking())).value).toBe(false);
        expect(setup.transport.requests).toHaveLength(1);
    });

    test.each<[string, Sent, unknown, number]>([
        ["a 404 of a proxy", foreign(404, "<html>Not Found</html>"), TargetNotFoundError, 1],
        ["a 404 of a gateway", response(404, graphError("UnknownError", "No route.")), TargetNotFoundError, 1],
        ["a 401", response(401), PermissionDeniedError, 1],
        ["a token that is refused", challenge, AuthenticationError, 1],
        ["a 403", response(403), PermissionDeniedError, 1],
        ["a 302", response(302), RequestRejectedError, 1],
        ["a 503", response(503), UnreachableError, 4],
        ["a page with 200", foreign(200, "<html>Sign in</html>"), UnreachableError, 4],
        ["a reset", lost, UnreachableError, 4],
        ["no connection", notConnected, UnreachableError, 4],
    ])("does not take %s for gone", async (_, sent, kind, attempts) => {
        over(sent);
        const { error } = await setup.clock.settled(setup.looking());
        expect(error).toBeInstanceOf(kind);
        expect(String(error)).toContain(`Looking for /servicePrincipals/${uuid}`);
        expect(String(error)).not.toContain("may or may not");
        expect(setup.transport.requests).toHaveLength(attempts);
    });
});

describe("a look at the stored credentials", () => {
    const held = JSON.stringify({
        value: [{ key: "BaseAddress", value: secret }, { key: "SecretToken", value: "*" }, { value: 1 }, "odd"],
    });
    const keys = () => setup.asking((look) => setup.graph.secretKeys(look));

    test("is one GET, and gives the keys alone: some values are in clear", async () => {
        over(response(200, held));
        expect((await setup.clock.settled(keys())).value).toEqual(["BaseAddress", "SecretToken"]);
        const url = `https://graph.example/v1.0/servicePrincipals/${uuid}/synchronization/secrets`;
        expect(setup.transport.requests).toEqual([expect.objectContaining({ method: "GET", url })]);
    });

    test.each(["", "{}", '{"value":7}', "<html>", "null"])("finds no key in %j of Graph's", async (body) => {
        over(response(200, body));
        expect((await setup.clock.settled(keys())).value).toEqual([]);
    });
});
