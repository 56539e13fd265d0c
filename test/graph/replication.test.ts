import { afterEach, describe, expect, test } from "vitest";
import {
    DeadlineError,
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
} from "../../provider/core/errors.ts";
import type { TokenClaims } from "../../provider/graph/accessToken.ts";
import type { ClientOptions } from "../../provider/graph/client.ts";
import {
    accepted,
    foreign,
    graphError,
    lost,
    notFound,
    type Reply,
    response,
    Setup,
    tried,
    uuid,
} from "./fakeTransport.ts";

let setup: Setup;
const over = (replies: readonly Reply[], options?: Partial<ClientOptions>) => {
    setup = new Setup(replies, options);
    return setup;
};

afterEach(() => {
    expect(setup.clock.timers).toBe(0);
});

const unknownError = response(401, graphError("UnknownError", ""));
const forbidden = response(403, graphError("Authorization_RequestDenied", "No."));
const conflict = response(409, graphError("Conflict", "Busy."));
const lateRefusals: [string, Reply, new (...args: never[]) => Error][] = [
    ["a 404", notFound, TargetNotFoundError],
    ["a 403", forbidden, PermissionDeniedError],
    ["a 409", conflict, RequestRejectedError],
    ["a 401 UnknownError", unknownError, PermissionDeniedError],
];

describe.each([true, false])("a target that may be new, where the credentials work just once: %s", (worksOnce) => {
    const way = { mayBeNew: true, worksOnce };

    test.each(lateRefusals)("is asked again after %s, and accepted when Graph has heard of it", async (_, refusal) => {
        const { value, afterMs } = await over([refusal, refusal, refusal, accepted]).acquire(way);
        expect(value).toEqual({ requestId: "r-1" });
        expect(setup.transport.sentAtMs).toEqual([0, 1000, 3000, 7000]);
        expect(afterMs).toBe(7000);
    });

    test.each(lateRefusals)(
        "is given up two minutes after %s, with the last error, both causes and how long it went on",
        async (_, refusal, kind) => {
            const { error, message, afterMs } = await over([refusal]).acquire(way);
            expect(error).toBeInstanceOf(kind);
            expect(afterMs).toBe(120_000);
            expect(setup.transport.sentAtMs.at(-1)).toBe(120_000);
            expect(message).toContain(tried);
            expect(message).toContain("This went on for 120 s. Nothing was acquired.");
        },
    );
});

test.each([
    ["404", notFound, "object id"],
    ["403", forbidden, "Synchronization.ReadWrite.All"],
    ["401", unknownError, "Synchronization.ReadWrite.All"],
])("the last error of a %s names what is wrong for good, and that it may be too new", async (_, refusal, cause) => {
    const { message } = await over([refusal]).acquire({ mayBeNew: true });
    expect(message).toContain(cause);
    expect(message).toContain("may not have reached every part of Graph yet");
});

test("every wait is told, with what came, what it is for and how long it goes on at most", async () => {
    await over([notFound, accepted]).acquire({ mayBeNew: true });
    expect(setup.informed).toEqual([
        `${tried}Microsoft Graph answered 404 Request_ResourceNotFound: Gone. (request-id r-1), waiting 1 s: a target, or a ` +
            "right to it, of the last minutes may not have reached every part of Graph yet (at most 120 s more; " +
            "entrasync:replicationTimeout)",
    ]);
});

test("the waits grow to ten seconds, and the last attempt is at the end of the time", async () => {
    await over([notFound]).acquire({ mayBeNew: true });
    const { sentAtMs } = setup.transport;
    const waitsMs = sentAtMs.slice(1).map((atMs, index) => atMs - (sentAtMs[index] ?? 0));
    expect(waitsMs.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(Math.max(...waitsMs)).toBe(10_000);
    expect(sentAtMs.at(-1)).toBe(120_000);
});

test("the time is the configured one", async () => {
    const { afterMs, message } = await over([notFound], { replicationTimeoutMs: 20_000 }).acquire({ mayBeNew: true });
    expect(afterMs).toBe(20_000);
    expect(message).toContain("This went on for 20 s.");
});

test.each(lateRefusals)("a configured time of 0 is no time: %s ends it at once", async (_, refusal) => {
    const { message, afterMs } = await over([refusal], { replicationTimeoutMs: 0 }).acquire({ mayBeNew: true });
    expect(afterMs).toBe(0);
    expect(setup.transport.requests).toHaveLength(1);
    expect(message).not.toContain("This went on");
});

test("an operation's time that ends before ends it, with Graph's last error and not with a time-out of ours", async () => {
    const { error, message } = await over([notFound]).acquire({ mayBeNew: true, timeoutMs: 10_000 });
    expect(error).toBeInstanceOf(TargetNotFoundError);
    expect(error).not.toBeInstanceOf(DeadlineError);
    expect(message).toContain("This went on for 7 s.");
    expect(setup.transport.sentAtMs).toEqual([0, 1000, 3000, 7000]);
});

test("a first answer that takes a moment, in a time too short for a second, is nothing that went on", async () => {
    const slow: Reply = () => new Promise((resolve) => setup.clock.after(200, () => resolve(notFound)));
    const { message } = await over([slow]).acquire({ mayBeNew: true, timeoutMs: 900 });
    expect(message).not.toContain("This went on");
    expect(message).toContain("Nothing was acquired.");
});

const claims: TokenClaims = {
    tenantId: undefined,
    clientId: undefined,
    user: undefined,
    roles: [],
    scopes: undefined,
    directoryRoleIds: undefined,
    expiresAt: undefined,
};

test("a 401 for a token that shows neither permission ends it at once, and says what is missing", async () => {
    over([unknownError]);
    setup.transport.tokenClaims = claims;
    const { error, message, afterMs } = await setup.acquire({ mayBeNew: true });
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(message).toContain("As far as its token tells, the token has neither of the application permissions");
    expect(afterMs).toBe(0);
    expect(setup.transport.requests).toHaveLength(1);
});

test("a 404 for such a token is waited for all the same: the claims are a hint, no gate", async () => {
    over([notFound, accepted]);
    setup.transport.tokenClaims = claims;
    expect((await setup.acquire({ mayBeNew: true })).value).toEqual({ requestId: "r-1" });
});

test.each(lateRefusals)("a target that is not new is not waited for: %s", async (_, refusal) => {
    const { afterMs } = await over([refusal]).acquire({ mayBeNew: false });
    expect(afterMs).toBe(0);
    expect(setup.transport.requests).toHaveLength(1);
});

test.each([403, 404, 409])("a %d of something on the way is not waited for", async (status) => {
    await over([foreign(status, "<html>no</html>")]).acquire({ mayBeNew: true });
    expect(setup.transport.requests).toHaveLength(1);
});

test("a look waits for no replication", async () => {
    over([notFound]);
    expect((await setup.clock.settled(setup.looking())).value).toBe(false);
    expect(setup.transport.requests).toHaveLength(1);
});

test("another refusal while it waits ends it at once", async () => {
    const { error, afterMs } = await over([notFound, response(400, graphError("Bad", "No."))]).acquire({
        mayBeNew: true,
    });
    expect(error).toBeInstanceOf(RequestRejectedError);
    expect(afterMs).toBe(1000);
});

test("a target that one acquisition waits for holds up no other", async () => {
    const byTarget: Reply = async ({ url }) => (url.includes(uuid) ? notFound : accepted);
    over([byTarget]);
    const waiting = setup.acquiring({ mayBeNew: true }).catch(() => undefined);
    const { value, afterMs } = await setup.acquire({ objectId: uuid.replace("0", "f"), mayBeNew: true });
    expect(value).toEqual({ requestId: "r-1" });
    expect(afterMs).toBe(0);
    await setup.clock.settled(waiting);
});

test("after an attempt that Graph may have processed, the last error does not say that nothing was acquired", async () => {
    const { message } = await over([lost, notFound]).acquire({ mayBeNew: true });
    expect(message).toContain(
        "Nothing was acquired by this attempt; an earlier one may have been processed (ECONNRESET).",
    );
    expect(message).not.toContain("Nothing was acquired.");
});
