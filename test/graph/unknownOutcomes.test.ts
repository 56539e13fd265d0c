import { afterEach, describe, expect, test } from "vitest";
import {
    AuthenticationError,
    DeadlineError,
    EntrasyncError,
    InvalidInputError,
    OutcomeUnknownError,
    RequestRejectedError,
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
    throttled,
    tried,
} from "./fakeTransport.ts";

let setup: Setup;
const over = (...replies: Reply[]) => {
    setup = new Setup(replies);
    return setup;
};

afterEach(() => {
    expect(setup.clock.timers).toBe(0);
});

const page = "<html><h1>Bad Gateway</h1></html>";
const inDoubt: [string, Sent, string, number | undefined][] = [
    ["500", response(500, graphError("InternalServerError", "Oops.")), "answered 500 InternalServerError: Oops.", 500],
    ["502 with a page", foreign(502, page), 'answered 502: an answer that is not Graph\'s JSON, "Bad Gateway"', 502],
    ["503 without a body", response(503, ""), "answered 503 (request-id r-1)", 503],
    ["504", response(504), "answered 504", 504],
    ["408", response(408), "answered 408", 408],
    ["200 with a page", foreign(200, "<html>Sign in</html>"), 'not Graph\'s JSON, "Sign in"', 200],
    ["200 with nothing", foreign(200), "answered 200", 200],
    ["a reset connection", lost, "ECONNRESET", undefined],
];

describe("a one-time code after an answer that leaves it open", () => {
    test.each(inDoubt)("is sent exactly once, and told as of unknown outcome: %s", async (_, sent, came, status) => {
        const { error, message, afterMs } = await over(sent, accepted).acquire({ worksOnce: true, mayBeNew: true });
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", status });
        expect(message).toContain(tried);
        expect(message).toContain(came);
        expect(message).toContain("may or may not have acquired");
        expect(setup.transport.requests).toHaveLength(1);
        expect(afterMs).toBe(0);
    });

    test("is sent once also where Retry-After names a wait", async () => {
        await over(response(503, "", { "retry-after": "1" }), accepted).acquire({ worksOnce: true });
        expect(setup.transport.requests).toHaveLength(1);
    });

    test("after a throttled attempt too: the second POST is the last one", async () => {
        const { error } = await over(throttled("1"), lost, accepted).acquire({ worksOnce: true });
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(setup.transport.requests).toHaveLength(2);
    });

    test.each([
        [300_000, 285_000],
        [20_000, 15_000],
        [60_000, 45_000],
    ])(
        "is waited for to the end of its %d ms, but for a look at what became of it: %d ms",
        async (timeoutMs, limitMs) => {
            const { error, message, afterMs } = await over(hangs(true)).acquire({ worksOnce: true, timeoutMs });
            expect(error).toBeInstanceOf(OutcomeUnknownError);
            expect(message).toContain(`no answer within ${limitMs / 1000} s`);
            expect(afterMs).toBe(limitMs);
            expect(setup.transport.requests).toHaveLength(1);
        },
    );

    test("goes out on a connection of its own, as nothing else does", async () => {
        await over(accepted).acquire({ worksOnce: true });
        await setup.acquire({ worksOnce: false });
        expect(setup.transport.requests.map(({ ownConnection }) => ownConnection)).toEqual([true, false]);
    });
});

describe("plain credentials after an answer that leaves it open", () => {
    test.each(inDoubt)("are sent again, and accepted: %s", async (_, sent, came) => {
        const { value } = await over(sent, sent, sent, accepted).acquire();
        expect(value).toEqual({ requestId: "r-1" });
        expect(setup.transport.sentAtMs).toEqual([0, 1000, 3000, 7000]);
        expect(setup.informed).toHaveLength(3);
        expect(setup.informed[0]).toContain(came);
        expect(setup.informed[0]).toContain("waiting 1 s before the next attempt");
    });

    test.each(inDoubt)(
        "are sent four times at most, and told as of unknown outcome: %s",
        async (_, sent, came, status) => {
            const { error, message } = await over(sent).acquire();
            expect(error).toBeInstanceOf(OutcomeUnknownError);
            expect(error).toMatchObject({ status });
            expect(message).toContain(came);
            expect(message).toMatch(/the next pulumi up sends the credentials again/i);
            expect(message).not.toContain("Oauth2AuthorizationCode");
            expect(setup.transport.requests).toHaveLength(4);
        },
    );

    test("have a minute for each attempt: a lost answer must not take the whole time", async () => {
        const { value } = await over(hangs(true), accepted).acquire();
        expect(value).toEqual({ requestId: "r-1" });
        expect(setup.transport.sentAtMs).toEqual([0, 61_000]);
        expect(setup.informed).toEqual([`${tried}no answer within 60 s, waiting 1 s before the next attempt`]);
    });

    test("have no more for an attempt than is left", async () => {
        const { error, message, afterMs } = await over(hangs(true)).acquire({ timeoutMs: 30_000 });
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(message).toContain("no answer within 30 s");
        expect(afterMs).toBe(30_000);
    });

    test("wait as long as a gateway says, and fail at once where that is longer than there is time", async () => {
        await over(response(503, "", { "retry-after": "20" }), accepted).acquire();
        expect(setup.transport.sentAtMs).toEqual([0, 20_000]);
        const { error, afterMs } = await over(response(503, "", { "retry-after": "3600" })).acquire();
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(afterMs).toBe(0);
    });

    test.each<[string, Reply, unknown]>([
        ["a refusal", response(400, graphError("Bad", "No.")), RequestRejectedError],
        ["a redirect", foreign(307), RequestRejectedError],
        ["a token that is refused", challenge, AuthenticationError],
        ["throttling", throttled("3600"), EntrasyncError],
        ["no connection", notConnected, UnreachableError],
        ["no such target", notFound, EntrasyncError],
    ])("never say afterwards that nothing happened: %s", async (_, reply, kind) => {
        const { error, message } = await over(lost, reply).acquire();
        expect(error).toBeInstanceOf(kind);
        expect(message).not.toMatch(/Nothing was (acquired|sent)\.|Graph had not processed anything\./);
        expect(message).toContain("by this attempt; an earlier one may have been processed (ECONNRESET).");
    });

    test("never say so at the end of their time either", async () => {
        const { error, message } = await over(lost, hangs(false)).acquire({ timeoutMs: 30_000 });
        expect(error).toBeInstanceOf(DeadlineError);
        expect(message).toContain("by this attempt; an earlier one may have been processed (ECONNRESET).");
    });
});

describe("whoever acquires is told of a doubt", () => {
    test.each<[string, Reply[], number]>([
        ["of none where there is an answer of Graph's", [throttled("1"), notConnected, accepted], 0],
        ["of one that a later attempt ends well", [lost, accepted], 1],
        ["of one that a refusal follows", [foreign(502), response(400)], 1],
    ])("%s", async (_, replies, doubts) => {
        let told = 0;
        await over(...replies).acquire({
            onDoubt: () => {
                told += 1;
            },
        });
        expect(told).toBe(doubts);
    });
});

describe("the note of a one-time code", () => {
    test.each<[string, Reply[], string[]]>([
        ["is kept as spent where Graph accepts it", [accepted], ["begin", "accepted"]],
        ["stays where nobody knows", [lost], ["begin"]],
        ["stays after a gateway's answer", [foreign(502)], ["begin"]],
        ["goes where Graph refuses", [response(400)], ["begin", "forget"]],
        ["goes where Graph does not take the token", [challenge], ["begin", "forget"]],
        ["goes and comes with each attempt", [throttled("1"), accepted], ["begin", "forget", "begin", "accepted"]],
        ["goes with an attempt that reaches nobody", [notConnected, lost], ["begin", "forget", "begin"]],
        ["is never made where there is no sign-in", [new AuthenticationError("no token")], []],
    ])("%s", async (_, replies, log) => {
        await over(...replies).acquire({ worksOnce: true });
        expect(setup.sentCodes.log).toEqual(log);
    });

    test("is made for nothing else", async () => {
        await over(lost, accepted).acquire();
        await setup.clock.settled(setup.looking());
        expect(setup.sentCodes.log).toEqual([]);
    });

    test("of a run that ended before it knew forbids to send it, and nobody knows the outcome", async () => {
        await over(lost, accepted).acquire({ worksOnce: true });
        const { error, message } = await setup.acquire({ worksOnce: true });
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect(message).toContain("an earlier run on this machine handed this Oauth2AuthorizationCode over");
        expect(message).toContain("(2025-12-31T00:00:00.000Z)");
        expect(message).toContain("nothing was sent now");
        expect(setup.transport.requests).toHaveLength(1);
        expect(setup.sentCodes.log).toEqual(["begin", "sent before"]);
    });

    test("of one that Graph accepted forbids to send it: it is spent", async () => {
        await over(accepted).acquire({ worksOnce: true });
        const { error, message } = await setup.acquire({ worksOnce: true });
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(message).toContain("credentials.Oauth2AuthorizationCode: was spent by an acquisition");
        expect(setup.transport.requests).toHaveLength(1);
    });

    test("is the same for another version of Graph: the code is the same", async () => {
        await over(lost, accepted).acquire({ worksOnce: true });
        const { error } = await setup.acquire({ worksOnce: true, apiVersion: "beta" });
        expect(error).toBeInstanceOf(OutcomeUnknownError);
    });

    test.each([
        ["another occasion", { occasion: "[1]" }],
        ["another target", { objectId: "ffffffff-4e5f-6a7b-8c9d-0e1f2a3b4c5d" }],
    ])("is nothing for %s", async (_, way) => {
        await over(lost, accepted).acquire({ worksOnce: true });
        expect((await setup.acquire({ worksOnce: true, ...way })).value).toEqual({ requestId: "r-1" });
    });
});
