import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    DeadlineError,
    type EntrasyncError,
    InvalidInputError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RequestRejectedError,
    TargetNotFoundError,
    ThrottledError,
    UnreachableError,
} from "../../provider/core/errors.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { args, engineIn, place, resourceId, type State, uuid, World } from "./world.ts";

const answer = { status: 503, graphCode: undefined, requestId: "r-lost" };
const withCode = (code: string, more: Readonly<Record<string, string>> = {}) => ({
    credentials: { Oauth2AuthorizationCode: code, BaseAddress: "https://scim.example", ...more, ...place },
});
const since = "2026-01-01T00:00:00.000Z";

let world: World;
let engine: ReturnType<typeof engineIn>;

beforeEach(() => {
    world = new World();
    engine = engineIn(world);
});

afterEach(() => {
    expect(world.clock.timers).toBe(0);
});

/** A world in which Graph's answers get lost. */
function loseAnswers(): void {
    world.losesAnAnswer = true;
    world.answer = () => {
        throw new OutcomeUnknownError("Graph's answer was lost.", answer);
    };
}

function answerAgain(): void {
    world.losesAnAnswer = false;
    world.answer = () => true;
}

/** State after a creation with a one-time code whose outcome nobody knows. */
async function unknown(change: Readonly<Record<string, unknown>> = withCode("code-1")): Promise<State> {
    loseAnswers();
    const { state } = await engine.failed(undefined, change);
    answerAgain();
    if (state === undefined) {
        throw new Error("nothing is kept in state");
    }
    return state;
}

describe("an outcome that nobody knows, of a one-time code", () => {
    test("is kept in state: with the hashes that were sent, the cloud and since when, and no time of acquisition", async () => {
        loseAnswers();
        const change = { ...withCode("code-1"), triggers: [1], timeouts: { create: "1m" } };
        const { error, state } = await engine.failed(undefined, change);
        expect(error).toBeInstanceOf(lifecycle.KeptInStateError);
        expect(error).toMatchObject({ resourceId });
        expect(state?.outputs).toEqual({
            acquiredAt: "",
            credentialHashes: state?.inputs.credentialHashes,
            requestId: "r-lost",
            cloud: "public",
            triggers: [1],
            timeouts: { create: "1m" },
            outcomeUnknownSince: since,
        });
    });

    test("is told as what Graph's client said, what was seen, that nothing is sent again, and how to find out", async () => {
        loseAnswers();
        world.heldKeys = () => [];
        const { kept } = await engine.failed(undefined, withCode("code-1"));
        expect(kept?.failure).toBeInstanceOf(OutcomeUnknownError);
        expect(kept?.failure).toMatchObject({ code: "OUTCOME_UNKNOWN", status: 503, requestId: "r-lost" });
        const inOrder = ["Graph's answer was lost.", "Graph shows none", "works once", "Test Connection", "a new code"];
        const places = inOrder.map((part) => kept?.failure.message.indexOf(part) ?? -1);
        expect(places).not.toContain(-1);
        expect(places).toEqual([...places].sort((left, right) => left - right));
    });

    test("of an update keeps when Graph last accepted any", async () => {
        const state = await engine.created();
        await world.clock.advance(5000);
        loseAnswers();
        const { state: next } = await engine.failed(state, withCode("code-1"));
        expect(next?.outputs).toMatchObject({
            acquiredAt: since,
            credentialHashes: next?.inputs.credentialHashes,
            outcomeUnknownSince: "2026-01-01T00:00:05.000Z",
        });
    });

    test("is the plan of the next preview, and of every one until it is known", async () => {
        const state = await unknown();
        const plan = { action: "update", changes: [{ kind: "outcomeUnknown" }] };
        expect(engine.preview(state, withCode("code-1"))).toEqual(plan);
    });
});

describe("the next update with nothing changed", () => {
    test("sends nothing, looks, and fails again with the time of before", async () => {
        const state = await unknown();
        const looks = world.secretLooks.length;
        await world.clock.advance(3_600_000);
        const { error, kept, state: next } = await engine.failed(state, withCode("code-1"));
        expect(error).toBeInstanceOf(lifecycle.KeptInStateError);
        expect(kept?.failure).toMatchObject({ code: "OUTCOME_UNKNOWN" });
        expect(kept?.failure.message).toContain(`were handed over at ${since}`);
        expect(kept?.failure.message).toContain("Nothing was sent now.");
        expect(next?.outputs).toEqual(state.outputs);
        expect(world.acquisitions).toHaveLength(1);
        expect(world.secretLooks).toHaveLength(looks + 1);
    });

    test("does so again and again, and takes new timeouts along", async () => {
        let state: State | undefined = await unknown();
        for (const update of ["1m", "2m", "3m"]) {
            ({ state } = await engine.failed(state, { ...withCode("code-1"), timeouts: { update } }));
            expect(state?.outputs).toMatchObject({ outcomeUnknownSince: since, timeouts: { update } });
            expect(world.secretLooks.at(-1)).toMatchObject({ timeoutMs: Number(update[0]) * 60_000 });
        }
        expect(world.acquisitions).toHaveLength(1);
    });

    test("fails the same way where nobody can look, in its time", async () => {
        const state = await unknown();
        world.graph = () => new Promise(() => undefined);
        const late = await engine.failed(state, { ...withCode("code-1"), timeouts: { update: "7s" } });
        expect(late.kept?.failure).toMatchObject({ code: "OUTCOME_UNKNOWN" });
        expect(late.kept?.failure.message).toContain("could not be looked at (DEADLINE_EXCEEDED)");
        world.graph = () => Promise.reject(new UnreachableError("no network"));
        const offline = await engine.failed(state, withCode("code-1"));
        expect(offline.kept?.failure.message).toContain("could not be looked at (GRAPH_UNREACHABLE)");
        expect(offline.kept?.outputs).toEqual(state.outputs);
    });
});

describe("an outcome that nobody knows is over", () => {
    test.each<[string, Record<string, unknown>]>([
        ["a new code", withCode("code-2")],
        ["a changed trigger", { ...withCode("code-1"), triggers: ["I looked: it did not work"] }],
        ["another credential that changed", withCode("code-1", { BaseAddress: "https://other.example" })],
        ["credentials that hold no code any more", {}],
    ])("with %s: it acquires, and state knows", async (_, change) => {
        const state = await unknown();
        const next = await engine.updated(state, change);
        expect(world.acquisitions).toHaveLength(2);
        // Nothing was ever accepted: the target may be new still.
        expect(world.acquisitions[1]).toMatchObject({ mayBeNew: true });
        expect(next.outputs).toMatchObject({ acquiredAt: since, requestId: "request-2" });
        expect(next.outputs).not.toHaveProperty("outcomeUnknownSince");
        expect(engine.preview(next, change)).toEqual({ action: "none" });
    });

    test("not with an attempt that is refused: it stays unknown", async () => {
        const state = await unknown();
        world.answer = () => {
            throw new RequestRejectedError("no", answer);
        };
        const { error, state: next } = await engine.failed(state, withCode("code-2"));
        expect(error).toBeInstanceOf(RequestRejectedError);
        expect(next).toBe(state);
    });

    test("an occasion tells one acquisition from another with the same code: its triggers", async () => {
        const state = await unknown();
        await engine.updated(state, { ...withCode("code-1"), triggers: [1] });
        const [first, second] = world.acquisitions.map(({ occasion }) => occasion);
        expect(first).not.toBe(second);
    });
});

describe("what was seen", () => {
    const keys = ["BaseAddress", "Oauth2AuthorizationCode"];
    const seen: [string, () => readonly string[] | Promise<readonly string[]>, string][] = [
        ["all keys", () => [...keys, "Other"], "Graph shows every key that was sent"],
        ["no key", () => [], "Graph shows none of the keys that were sent"],
        ["some keys", () => ["BaseAddress"], "Graph does not show Oauth2AuthorizationCode: that speaks against it"],
        [
            "nothing, for a permission that is missing",
            () => Promise.reject(new PermissionDeniedError("no", { ...answer, status: 403 })),
            "could not be looked at (PERMISSION_DENIED)",
        ],
        ["nothing, for something broken", () => Promise.reject(new Error("s3cr3t")), "could not be looked at (failed)"],
    ];

    test.each(seen)("is in the failure: %s", async (_, heldKeys, words) => {
        world.heldKeys = heldKeys;
        loseAnswers();
        const { kept, state } = await engine.failed(undefined, withCode("code-1"));
        expect(kept?.failure.message).toContain(words);
        expect(kept?.failure.message).not.toContain("s3cr3t");
        expect((await engine.failed(state, withCode("code-1"))).kept?.failure.message).toContain(words);
    });

    test.each(seen)("is the warning of a refresh, which keeps the marker: %s", async (_, heldKeys, words) => {
        const { id, outputs } = await unknown();
        world.heldKeys = heldKeys;
        expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "kept", outputs });
        expect(world.warnings).toHaveLength(1);
        expect(world.warnings[0]).toContain(`${id}: whether its last acquisition worked is not known. `);
        expect(world.warnings[0]).toContain(words);
        expect(world.acquisitions).toHaveLength(1);
    });

    test("is not asked of a target that is gone", async () => {
        const { id, outputs } = await unknown();
        world.secretLooks.length = 0;
        world.answer = () => false;
        expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "gone" });
        expect(world.secretLooks).toEqual([]);
    });
});

describe("a code that is spent", () => {
    test.each<[string, Record<string, unknown>]>([
        ["a changed trigger", { ...withCode("code-1"), triggers: [1] }],
        ["another credential that changed", withCode("code-1", { BaseAddress: "https://other.example" })],
        ["another credential more", withCode("code-1", { UserName: "ann" })],
    ])("with %s is refused before anything is sent", async (_, change) => {
        const state = await engine.created(withCode("code-1"));
        const { error } = await engine.failed(state, change);
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(String(error)).toContain(
            `credentials.Oauth2AuthorizationCode: works once, and was spent by the acquisition of ${since}`,
        );
        expect(world.acquisitions).toHaveLength(1);
    });

    test("with nothing changed is nothing to send", async () => {
        const state = await engine.created(withCode("code-1"));
        const next = await engine.updated(state, { ...withCode("code-1"), timeouts: { read: "1m" } });
        expect(next.outputs).toMatchObject({ acquiredAt: since });
        expect(world.acquisitions).toHaveLength(1);
    });

    test.each<[string, Record<string, unknown>]>([
        ["with another code", { ...withCode("code-2"), triggers: [1] }],
        ["that is gone from the credentials", {}],
    ])("%s is no hindrance", async (_, change) => {
        const state = await engine.created(withCode("code-1"));
        await engine.updated(state, change);
        expect(world.acquisitions).toHaveLength(2);
    });
});

test.each([
    ["a map", withCode("code-1")],
    ["a list", { credentials: [{ key: "Oauth2AuthorizationCode", value: "code-1" }, place] }],
])("a maxAge beside a one-time code is a failure of the inputs: %s", (_, change) => {
    const failuresOf = (more: object) => lifecycle.check({}, args({ ...change, ...more }), world).failures;
    expect(failuresOf({ maxAge: "30d" })).toEqual([
        { path: "maxAge", reason: expect.stringContaining("Oauth2AuthorizationCode, which works once") },
    ]);
    expect(failuresOf({})).toEqual([]);
});

describe("plain credentials", () => {
    const failures: [string, EntrasyncError][] = [
        ["an unknown outcome", new OutcomeUnknownError("lost", answer)],
        ["a refusal", new RequestRejectedError("no", { ...answer, status: 400 })],
        ["a target that is not there", new TargetNotFoundError("no", { ...answer, status: 404 })],
        ["throttling", new ThrottledError("slow", { ...answer, status: 429 })],
        ["the deadline", new DeadlineError("late")],
        ["no way to Graph", new UnreachableError("nowhere")],
    ];

    test.each(failures)(
        "that fail to be acquired with at first are nothing in state, in doubt or not: %s",
        async (_, failure) => {
            for (const inDoubt of [true, false]) {
                world.losesAnAnswer = inDoubt;
                world.answer = () => Promise.reject(failure);
                const { error, state } = await engine.failed(undefined, {});
                expect(error).toBe(failure);
                expect(state).toBeUndefined();
            }
            expect(world.secretLooks).toEqual([]);
        },
    );

    test.each(failures)("whose update fails without any doubt leave state as it was: %s", async (_, failure) => {
        const state = await engine.created();
        world.answer = () => Promise.reject(failure);
        const { error, state: next } = await engine.failed(state, { triggers: [1] });
        expect(error).toBe(failure);
        expect(next).toBe(state);
    });

    test.each(failures)(
        "whose update fails in doubt are kept in state, which is no more sure of the old ones: %s",
        async (_, failure) => {
            const state = await engine.created();
            world.losesAnAnswer = true;
            world.answer = () => Promise.reject(failure);
            const change = { credentials: { UserName: "ann", Password: "new", ...place } };
            const { kept, state: next } = await engine.failed(state, change);
            expect(kept?.failure).toBe(failure);
            expect(next?.outputs).toMatchObject({
                acquiredAt: since,
                credentialHashes: next?.inputs.credentialHashes,
                outcomeUnknownSince: since,
            });
        },
    );

    test.each([
        ["with nothing changed", { credentials: { UserName: "ann", Password: "new", ...place } }],
        ["with the change taken back", {}],
    ])("in doubt are sent by the next update, and state is sure again: %s", async (_, change) => {
        const state = await engine.created();
        loseAnswers();
        const inDoubt = { credentials: { UserName: "ann", Password: "new", ...place } };
        const { state: next } = await engine.failed(state, inDoubt);
        answerAgain();
        const last = await engine.updated(next ?? state, change);
        expect(world.acquisitions).toHaveLength(3);
        expect(last.outputs).not.toHaveProperty("outcomeUnknownSince");
        expect(engine.preview(last, change)).toEqual({ action: "none" });
    });
});

test("a target of another cloud or another id is replaced, also where the outcome is unknown", async () => {
    const state = await unknown();
    world.cloudName = "china";
    expect(engine.preview(state, withCode("code-1"))).toEqual({ action: "replace", properties: ["cloud"] });
    world.cloudName = "public";
    const moved = { servicePrincipalId: undefined, applicationId: uuid, ...withCode("code-1") };
    expect(engine.preview(state, moved)).toEqual({ action: "replace", properties: ["applicationId"] });
});
