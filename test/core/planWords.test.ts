import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { OutcomeUnknownError, UnreachableError } from "../../provider/core/errors.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { unknownValue } from "../../provider/core/unknown.ts";
import { args, engineIn, place, type State, uuid, World } from "./world.ts";

const start = "2026-01-01T00:00:00.000Z";
const dayMs = 24 * 3600 * 1000;
const scim = { BaseAddress: "https://scim.example", SecretToken: "s3cr3t" };
const withCode = (change: Readonly<Record<string, string>> = {}) => ({
    credentials: { Oauth2AuthorizationCode: "code-1", BaseAddress: "https://scim.example", ...change, ...place },
});

let world: World;
let engine: ReturnType<typeof engineIn>;

beforeEach(() => {
    world = new World();
    engine = engineIn(world);
});

const scimWith = (change: Readonly<Record<string, string | undefined>> = {}) => ({
    credentials: JSON.parse(JSON.stringify({ ...scim, ...change, ...place })),
});

/** What the next preview of a changed program says of a resource. */
function words(state: State, change: Readonly<Record<string, unknown>>): string | undefined {
    const news = engine.check(state.inputs, args(change));
    return lifecycle.describePlan(lifecycle.diff(state.id, state.outputs, news, world), state.outputs, news);
}

/** What a failed creation leaves in state. */
async function left(change: Readonly<Record<string, unknown>>): Promise<State> {
    const { state } = await engine.failed(undefined, change);
    world.answer = () => true;
    world.validity = () => ({ valid: true });
    if (state === undefined) {
        throw new Error("nothing is kept in state");
    }
    return state;
}

const lost = (change: Readonly<Record<string, unknown>>) => {
    world.answer = () => {
        throw new OutcomeUnknownError("Graph's answer was lost.");
    };
    return left(change);
};

describe("why it acquires again", () => {
    const all = (count: number) => `Graph takes them as a whole: all ${count} credentials are sent.`;

    test.each<[string, Record<string, unknown>, string]>([
        ["a changed key", scimWith({ SecretToken: "new" }), `SecretToken changed. ${all(2)}`],
        [
            "several changed keys",
            scimWith({ SecretToken: "new", BaseAddress: "https://two.example" }),
            `BaseAddress, SecretToken changed. ${all(2)}`,
        ],
        ["a key more", scimWith({ UserName: "ann" }), `UserName added. ${all(3)}`],
        [
            "a key less",
            scimWith({ SecretToken: undefined }),
            "SecretToken removed. Graph takes them as a whole: 1 credential is sent.",
        ],
        [
            "some of each",
            scimWith({ BaseAddress: "https://two.example", SecretToken: undefined, UserName: "ann", Domain: "d" }),
            `BaseAddress changed; Domain, UserName added; SecretToken removed. ${all(3)}`,
        ],
        ["a value that is not known yet", scimWith({ SecretToken: unknownValue }), `SecretToken changed. ${all(2)}`],
        ["keys that are not known yet", { credentials: unknownValue }, "every key changed."],
        ["triggers", { ...scimWith(), triggers: [1] }, `triggers changed. ${all(2)}`],
        ["an age that is not known yet", { ...scimWith(), maxAge: unknownValue }, `maxAge is not known yet. ${all(2)}`],
        [
            "a validation beside something to send",
            { ...scimWith(), triggers: [1], validation: { templateId: "scim" } },
            `triggers changed; validation changed. ${all(2)}`,
        ],
    ])("%s", async (_, change, why) => {
        expect(words(await engine.created(scimWith()), change)).toBe(`acquires again: ${why}`);
    });

    test("an age, with the time of the last acquisition", async () => {
        const state = await engine.created({ ...scimWith(), maxAge: "30d" });
        world.clock.calendarOffMs += 31 * dayMs;
        expect(words(state, { ...scimWith(), maxAge: "30d" })).toBe(
            `acquires again: older than 30d (acquired ${start}). ${all(2)}`,
        );
        expect(words(state, { ...scimWith({ SecretToken: "new" }), maxAge: "720h", triggers: [1] })).toBe(
            `acquires again: SecretToken changed; triggers changed; older than 720h (acquired ${start}). ${all(2)}`,
        );
    });

    test.each([["an import"], ["state of a person's"]])("an age of which nobody knows the start: %s", async (whose) => {
        const state = await engine.created(scimWith());
        const acquiredAt = whose === "an import" ? "" : 7;
        const odd = { ...state, outputs: { ...state.outputs, acquiredAt } };
        expect(words(odd, { ...scimWith(), maxAge: "30d" })).toContain("older than 30d (acquired at an unknown time).");
    });

    test("an import: every key is new", async () => {
        const { id, inputs } = await engine.created(scimWith());
        const imported: State = { id, inputs, outputs: { ...lifecycle.importedOutputs(world) } };
        expect(words(imported, scimWith())).toBe(`acquires again: BaseAddress, SecretToken added. ${all(2)}`);
    });

    test("keys that Graph does not show any more, apart from those that the program adds", async () => {
        const state = await engine.created(scimWith());
        world.heldKeys = () => ["BaseAddress"];
        const found = await lifecycle.read(state.id, state.outputs, world);
        const drifted = { ...state, outputs: found.found === "kept" ? found.outputs : {} };
        expect(words(drifted, scimWith())).toBe(`acquires again: SecretToken not shown by Graph any more. ${all(2)}`);
        expect(words(drifted, scimWith({ UserName: "ann", BaseAddress: "https://two.example" }))).toBe(
            `acquires again: BaseAddress changed; UserName added; SecretToken not shown by Graph any more. ${all(3)}`,
        );
    });

    test("an answer that was lost", async () => {
        world.losesAnAnswer = true;
        const state = await engine.created(scimWith());
        world.answer = () => Promise.reject(new UnreachableError("lost"));
        const { state: next } = await engine.failed(state, scimWith({ SecretToken: "new" }));
        const why = `the answer to the acquisition of ${start} was lost`;
        expect(words(next ?? state, scimWith({ SecretToken: "new" }))).toBe(`acquires again: ${why}. ${all(2)}`);
        expect(words(next ?? state, scimWith())).toBe(`acquires again: SecretToken changed; ${why}. ${all(2)}`);
    });
});

describe("a validation alone", () => {
    test("that failed, says that nothing is acquired", async () => {
        world.validity = () => ({ valid: false, code: "No", message: "No." });
        const validation = { templateId: "scim" };
        const state = await left({ ...scimWith(), validation });
        const again = "validates, and acquires nothing: the last validation failed.";
        expect(words(state, { ...scimWith(), validation })).toBe(again);
        expect(words(state, { ...scimWith(), validation: { jobId: "scim.1" } })).toBe(again);
        expect(words(state, scimWith())).toBeUndefined();
    });

    test("that is new, too, also beside a code that is spent", async () => {
        const words1 = "validates, and acquires nothing: validation changed.";
        expect(words(await engine.created(scimWith()), { ...scimWith(), validation: { templateId: "scim" } })).toBe(
            words1,
        );
        expect(words(await engine.created(withCode()), { ...withCode(), validation: { jobId: "scim.1" } })).toBe(
            words1,
        );
    });
});

describe("a one-time code", () => {
    test("that is new is sent", async () => {
        const state = await engine.created(withCode());
        expect(words(state, withCode({ Oauth2AuthorizationCode: "code-2" }))).toBe(
            "acquires again: Oauth2AuthorizationCode changed. Graph takes them as a whole: all 2 credentials are sent.",
        );
        expect(words(state, scimWith())).toMatch(
            /^acquires again: SecretToken added; Oauth2AuthorizationCode removed\./,
        );
    });

    test.each<[string, Record<string, unknown>, string]>([
        ["triggers", { ...withCode(), triggers: [1] }, "triggers changed"],
        ["another credential", withCode({ BaseAddress: "https://two.example" }), "BaseAddress changed"],
        [
            "a credential and a validation",
            { ...withCode({ UserName: "ann" }), validation: { templateId: "scim" } },
            "UserName added; validation changed",
        ],
    ])("that is spent is told before the up fails: %s", async (_, change, why) => {
        const state = await engine.created(withCode());
        expect(words(state, change)).toBe(
            `is going to fail before anything is sent: ${why}, but the Oauth2AuthorizationCode is spent. Give a new one.`,
        );
        // And so it is.
        expect(String((await engine.failed(state, change)).error)).toContain("works once, and was spent");
        expect(world.acquisitions).toHaveLength(1);
    });

    test("of which the outcome is not known is held back, until something changes", async () => {
        const state = await lost(withCode());
        const held = (more = "") =>
            `sends nothing: the answer to the acquisition of ${start} was lost${more}, and an Oauth2AuthorizationCode works ` +
            "once. It only looks what Graph shows.";
        expect(words(state, withCode())).toBe(held());
        expect(words(state, { ...withCode(), validation: { templateId: "scim" } })).toBe(held("; validation changed"));
        expect(words(state, { ...withCode(), triggers: ["I looked: it did not work"] })).toBe(
            `acquires again: triggers changed; the answer to the acquisition of ${start} was lost. Graph takes them as a ` +
                "whole: all 2 credentials are sent.",
        );
        expect(words(state, withCode({ Oauth2AuthorizationCode: "code-2" }))).toMatch(
            /^acquires again: Oauth2AuthorizationCode changed; the answer/,
        );
    });
});

describe("a replacement", () => {
    const moved = (why: string) =>
        `acquires a token for another target or in another cloud (${why}). The service keeps the token of the old one: ` +
        "revoke it at the application, or delete the target, if it is to go.";

    test("names what moved, and that the old token stays", async () => {
        const state = await engine.created();
        expect(words(state, { servicePrincipalId: undefined, applicationId: uuid })).toBe(moved("applicationId"));
        world.cloudName = "china";
        expect(words(state, {})).toBe(moved("cloud"));
        expect(words(state, { servicePrincipalId: unknownValue })).toBe(moved("servicePrincipalId, cloud"));
    });
});

test("where there is nothing to do there is nothing to say", async () => {
    const state = await engine.created(scimWith());
    expect(words(state, scimWith())).toBeUndefined();
    expect(words(state, { ...scimWith(), timeouts: { read: "1m" } })).toBeUndefined();
});

describe("inputs that differ and have nothing sent", () => {
    const unsent = (change: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>> = {}) =>
        lifecycle.describeUnsent(args(before), args(change));

    test.each<[string, Record<string, unknown>, string]>([
        ["another order or form", { credentials: [place] }, "the order or the form of the credentials"],
        [
            "another way to write the target",
            { servicePrincipalId: uuid.toUpperCase() },
            "the way the target is written",
        ],
        [
            "the target in another property, which is one change",
            { servicePrincipalId: undefined, applicationId: uuid },
            "the way the target is written",
        ],
        ["timeouts", { timeouts: { read: "1m" } }, "timeouts"],
        ["an age", { maxAge: "30d" }, "maxAge"],
        ["a version", { apiVersion: "beta" }, "apiVersion"],
        ["a permission", { allowUnknownKeys: true }, "allowUnknownKeys"],
        ["looks", { drift: { target: false } }, "drift"],
        ["several", { timeouts: {}, maxAge: "1d", drift: {} }, "timeouts, maxAge, drift"],
    ])("%s", (_, change, what) => {
        expect(unsent(change)).toBe(`sends nothing: only ${what} changed.`);
    });

    test("say nothing where they are the same, or where something else differs too", () => {
        expect(unsent({})).toBeUndefined();
        expect(unsent({ timeouts: { read: "1m" } }, { timeouts: { read: "1m" } })).toBeUndefined();
        expect(unsent({ triggers: null })).toBeUndefined();
        expect(unsent({ timeouts: { read: "1m" }, triggers: null })).toBeUndefined();
        expect(unsent({ toString: "odd", timeouts: {} })).toBeUndefined();
    });

    test("say so of a validation that is taken out", () => {
        expect(unsent({}, { validation: { jobId: "scim.1" } })).toBe("sends nothing: only validation changed.");
    });
});

test("the words are true of what the operation then does, and name no value", async () => {
    const program = fc.record({
        credentials: fc.record(
            {
                Oauth2AuthorizationCode: fc.constantFrom("value-code-one", "value-code-two"),
                BaseAddress: fc.constantFrom("value-address-one", "value-address-two"),
                SecretToken: fc.constantFrom("value-token-one", "value-token-two"),
            },
            { requiredKeys: ["BaseAddress"] },
        ),
        triggers: fc.constantFrom(undefined, ["value-trigger-one"], ["value-trigger-two"]),
        validation: fc.constantFrom(undefined, { templateId: "scim" }, { jobId: "scim.1" }),
    });
    const first = fc.constantFrom("works", "is lost", "is refused by the application", "is cleared afterwards");
    await fc.assert(
        fc.asyncProperty(program, program, first, async (before, after, how) => {
            world = new World();
            engine = engineIn(world);
            const change = (one: typeof before) => ({ ...one, credentials: { ...one.credentials, ...place } });
            if (how === "is lost") {
                world.answer = () => Promise.reject(new OutcomeUnknownError("lost"));
            }
            if (how === "is refused by the application") {
                world.validity = () => ({ valid: false, code: "No", message: "No." });
            }
            let { state } = await engine.failed(undefined, change(before));
            if (how === "works" || (how !== "is lost" && state === undefined)) {
                state = await engine.created(change(before));
            }
            if (state === undefined) {
                return;
            }
            world.answer = () => true;
            world.validity = () => ({ valid: true });
            if (how === "is cleared afterwards") {
                world.heldKeys = () => [];
                const found = await lifecycle.read(state.id, state.outputs, world);
                state = { ...state, outputs: found.found === "kept" ? { ...found.outputs } : {} };
            }
            const said = words(state, change(after));
            const acquisitions = world.acquisitions.length;
            const validations = world.validations.length;
            const inputs = engine.check(state.inputs, args(change(after)));
            const failure: unknown = await lifecycle.update(state.id, state.outputs, inputs, world).then(
                () => undefined,
                (error: unknown) => error,
            );
            const sent = world.acquisitions.length - acquisitions;
            const did =
                sent === 1
                    ? /^acquires again: /
                    : world.validations.length > validations
                      ? /^validates, and acquires nothing: /
                      : failure instanceof lifecycle.KeptInStateError
                        ? /^sends nothing: the answer /
                        : failure === undefined
                          ? /^$/
                          : /^is going to fail before anything is sent: /;
            expect(said ?? "").toMatch(did);
            expect(said ?? "").not.toContain("value-");
            expect(said ?? "").not.toMatch(/undefined|null|\[object|v1:/);
        }),
        { numRuns: 500 },
    );
});
