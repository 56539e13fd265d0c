import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PermissionDeniedError, TargetNotFoundError, UnreachableError } from "../../provider/core/errors.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { args, engineIn, place, resourceId, type State, World } from "./world.ts";

const keys = ["Password", "UserName"];
const denied = new PermissionDeniedError("401: no permission.", {
    status: 401,
    graphCode: undefined,
    requestId: undefined,
});
const withCode = { Oauth2AuthorizationCode: "code-1", BaseAddress: "https://scim.example", ...place };

let world: World;
let engine: ReturnType<typeof engineIn>;

beforeEach(() => {
    world = new World();
    engine = engineIn(world);
});

afterEach(() => {
    expect(world.clock.timers).toBe(0);
});

/** State after a refresh in which Graph shows these keys, or whatever a test has it do. */
async function refreshed(state: State, shown?: readonly string[]): Promise<State> {
    if (shown !== undefined) {
        world.heldKeys = () => shown;
    }
    world.warnings.length = 0;
    const found = await lifecycle.read(state.id, state.outputs, world);
    if (found.found === "gone") {
        throw new Error("the target is gone");
    }
    return { ...state, outputs: { ...found.outputs } };
}

const change = (added: readonly string[]): lifecycle.Change => ({
    kind: "credentials",
    keys: added,
    added,
    removed: [],
});

describe("keys that Graph does not show any more", () => {
    test.each<[string, readonly string[], readonly string[]]>([
        ["all of them: cleared", [], keys],
        ["all of them: replaced by another's", ["SecretToken"], keys],
        ["some of them", ["UserName"], ["Password"]],
    ])("lose their hashes, with a warning, and are acquired with by the next update: %s", async (_, shown, lost) => {
        const state = await engine.created({ triggers: [1] });
        const next = await refreshed(state, shown);
        expect(world.warnings).toEqual([
            `${resourceId}: Graph does not show ${lost.join(", ")} among the target's credentials any more. Somebody ` +
                "cleared or replaced them; the next pulumi up acquires again.",
        ]);
        const hashes = Object.entries(state.outputs.credentialHashes as Record<string, string>);
        expect(next.outputs).toEqual({
            ...state.outputs,
            credentialHashes: Object.fromEntries(hashes.filter(([key]) => !lost.includes(key))),
            keysNotShown: lost,
        });
        expect(engine.preview(next, { triggers: [1] })).toEqual({ action: "update", changes: [change(lost)] });
        const last = await engine.updated(next, { triggers: [1] });
        expect(world.acquisitions).toHaveLength(2);
        expect(world.acquisitions[1]?.credentials).toEqual(world.acquisitions[0]?.credentials);
        expect(last.outputs).toMatchObject({ credentialHashes: state.outputs.credentialHashes, keysNotShown: lost });
        expect(engine.preview(last, { triggers: [1] })).toEqual({ action: "none" });
    });

    test("are none where Graph shows all, and others beside them", async () => {
        const state = await engine.created();
        expect((await refreshed(state, [...keys, "SyncAll", "Oauth2AccessToken"])).outputs).toEqual(state.outputs);
        expect(world.warnings).toEqual([]);
    });

    test("stay lost in the next refresh, and more may follow", async () => {
        const state = await refreshed(await engine.created(), ["UserName"]);
        const again = await refreshed(state, ["UserName"]);
        expect(again.outputs).toEqual(state.outputs);
        expect(world.warnings).toEqual([]);
        const cleared = await refreshed(again, []);
        expect(cleared.outputs).toMatchObject({ credentialHashes: {}, keysNotShown: keys });
        expect(world.warnings.join()).toContain("does not show UserName among the target's credentials any more");
        expect(engine.preview(cleared, {})).toEqual({ action: "update", changes: [change(keys)] });
    });

    test("that Graph shows again before anybody acquired are acquired with all the same: nobody knows the values", async () => {
        const lost = await refreshed(await engine.created(), ["UserName"]);
        const back = await refreshed(lost, keys);
        expect(back.outputs).not.toHaveProperty("keysNotShown");
        expect(engine.preview(back, {})).toEqual({ action: "update", changes: [change(["Password"])] });
    });

    test("and that the program has no more are none", async () => {
        const lost = await refreshed(await engine.created(), ["UserName"]);
        const without = { credentials: { UserName: "ann", ...place } };
        expect(engine.preview(lost, without)).toEqual({ action: "none" });
        const next = await engine.updated(lost, { ...without, triggers: [1] });
        expect(next.outputs).not.toHaveProperty("keysNotShown");
    });

    test("are never looked for where state holds none: an import, or another version's", async () => {
        const outputs = { ...lifecycle.importedOutputs(world) };
        expect(await lifecycle.read(resourceId, outputs, world)).toEqual({ found: "kept", outputs });
        expect(await lifecycle.read(resourceId, {}, world)).toEqual({ found: "kept", outputs: {} });
        expect(world.looks).toHaveLength(2);
        expect(world.secretLooks).toEqual([]);
        expect(world.warnings).toEqual([]);
    });

    test("in state that holds no texts where they belong are found all the same", async () => {
        const { outputs } = await engine.created();
        world.heldKeys = () => ["UserName"];
        const odd = { ...outputs, keysNotShown: "Password" };
        const found = await lifecycle.read(resourceId, odd, world);
        expect(found).toMatchObject({ outputs: { keysNotShown: ["Password"] } });
    });
});

describe("keys that somebody clears again and again", () => {
    /** Acquires with a Graph that shows afterwards what it was given. */
    async function acquired(state: State): Promise<State> {
        world.heldKeys = () => keys;
        return engine.updated(state, {});
    }

    test("are acquired with each time: the update looks whether Graph shows them", async () => {
        let state = await engine.created();
        expect(world.secretLooks).toEqual([]);
        for (let round = 1; round <= 3; round += 1) {
            state = await refreshed(state, []);
            expect(engine.preview(state, {})).toEqual({ action: "update", changes: [change(keys)] });
            world.secretLooks.length = 0;
            state = await acquired(state);
            expect(world.secretLooks).toHaveLength(1);
            expect(world.acquisitions).toHaveLength(round + 1);
            expect(state.outputs).not.toHaveProperty("keysNotShown");
        }
    });

    test.each<[string, Error]>([
        ["no permission", denied],
        ["a defect", new TypeError("odd")],
    ])("are taken for never shown where the update may not look, and it does not fail: %s", async (_, failure) => {
        const lost = await refreshed(await engine.created(), []);
        world.heldKeys = () => Promise.reject(failure);
        const state = await engine.updated(lost, {});
        expect(state.outputs).toMatchObject({ acquiredAt: expect.any(String), keysNotShown: keys });
        expect(world.acquisitions).toHaveLength(2);
    });

    test("are looked for before the validation, which is what may fail", async () => {
        const validation = { templateId: "scim" };
        const lost = await refreshed(await engine.created({ validation }), []);
        world.heldKeys = () => keys;
        world.validity = () => ({ valid: false, code: "No", message: "No." });
        const { state } = await engine.failed(lost, { validation });
        expect(state?.outputs).toHaveProperty("validationPendingSince");
        expect(state?.outputs).not.toHaveProperty("keysNotShown");
    });
});

describe("a key that Graph never shows", () => {
    test("costs one acquisition and a warning in each refresh, and no loop", async () => {
        let state = await refreshed(await engine.created(), ["UserName"]);
        state = await engine.updated(state, {});
        for (let round = 0; round < 3; round += 1) {
            state = await refreshed(state, ["UserName"]);
            expect(world.warnings).toEqual([
                `${resourceId}: Graph does not show Password among the target's credentials, and did not after acquiring ` +
                    "again either: that is taken for how this application is. To look no more: drift: { credentials: false }.",
            ]);
            expect(engine.preview(state, {})).toEqual({ action: "none" });
        }
        expect(world.acquisitions).toHaveLength(2);
        // The others are looked at as before.
        state = await refreshed(state, []);
        expect(engine.preview(state, {})).toEqual({ action: "update", changes: [change(["UserName"])] });
    });

    test("and is shown after all counts like any other from then on", async () => {
        let state = await refreshed(await engine.created(), ["UserName"]);
        state = await refreshed(await engine.updated(state, {}), keys);
        expect(state.outputs).not.toHaveProperty("keysNotShown");
        expect(world.warnings).toEqual([]);
        state = await refreshed(state, ["UserName"]);
        expect(engine.preview(state, {})).toEqual({ action: "update", changes: [change(["Password"])] });
    });

    test("is remembered by whatever updates the resource", async () => {
        let state = await engine.updated(await refreshed(await engine.created(), ["UserName"]), {});
        for (const next of [{ timeouts: { read: "1m" } }, { validation: { templateId: "scim" } }, { triggers: [1] }]) {
            state = await engine.updated(state, next);
            expect(state.outputs).toMatchObject({ keysNotShown: ["Password"] });
        }
    });

    test("of whichever set: whatever Graph keeps to itself, one acquisition settles it", async () => {
        const names = fc.subarray(["BaseAddress", "SecretToken", "UserName", "Password", "Domain"], { minLength: 1 });
        await fc.assert(
            fc.asyncProperty(names, names, fc.array(names, { maxLength: 4 }), async (sent, shown, others) => {
                world = new World();
                engine = engineIn(world);
                const declared = { credentials: { ...Object.fromEntries(sent.map((key) => [key, "v"])), ...place } };
                let state = await engine.created(declared);
                // Whatever happened before, with an update after each refresh or without one.
                for (const [index, seen] of others.entries()) {
                    state = await refreshed(state, seen);
                    state = index % 2 === 0 ? await engine.updated(state, declared) : state;
                }
                state = await engine.updated(await refreshed(state, shown), declared);
                const before = world.acquisitions.length;
                for (let round = 0; round < 2; round += 1) {
                    state = await refreshed(state, shown);
                    expect(engine.preview(state, declared)).toEqual({ action: "none" });
                    state = await engine.updated(state, declared);
                }
                expect(world.acquisitions).toHaveLength(before);
                expect(Object.keys(state.outputs.credentialHashes as object).sort()).toEqual([...sent].sort());
            }),
        );
    });
});

describe("a one-time code", () => {
    test("is not missed: whether the service keeps it is told nowhere", async () => {
        const state = await engine.created({ credentials: withCode });
        expect((await refreshed(state, ["BaseAddress"])).outputs).toEqual(state.outputs);
        expect(world.warnings).toEqual([]);
    });

    test.each<[string, readonly string[]]>([
        ["cleared", []],
        ["replaced", ["SecretToken"]],
        ["the code alone is shown", ["Oauth2AuthorizationCode"]],
    ])("can't be sent again: what is gone beside it is a warning that asks for a new code: %s", async (_, shown) => {
        const state = await engine.created({ credentials: withCode });
        const next = await refreshed(state, shown);
        expect(next.outputs).toEqual(state.outputs);
        expect(world.warnings).toEqual([
            `${resourceId}: Graph does not show BaseAddress among the target's credentials. If somebody cleared or replaced ` +
                "them, get a new code and set it: an Oauth2AuthorizationCode works once, so no pulumi up acquires again " +
                "with this one, and state is kept as it was. To look no more: drift: { credentials: false }.",
        ]);
        // An up goes on working, for all other resources of the stack too.
        expect(engine.preview(next, { credentials: withCode })).toEqual({ action: "none" });
    });
});

describe("each look can be turned off", () => {
    test.each<[string, Record<string, unknown> | undefined, number, number]>([
        ["neither", undefined, 1, 1],
        ["the target", { target: false }, 0, 1],
        ["the credentials", { credentials: false }, 1, 0],
    ])("%s", async (_, drift, looks, secretLooks) => {
        const state = await engine.created({ drift });
        const next = await refreshed(state, []);
        expect(world.looks).toHaveLength(looks);
        expect(world.secretLooks).toHaveLength(secretLooks);
        expect(engine.preview(next, { drift }).action).toBe(secretLooks === 0 ? "none" : "update");
        expect(world.warnings).toHaveLength(secretLooks);
    });

    test("both: nobody is asked for anything, not even for the cloud", async () => {
        const state = await engine.created({ drift: { target: false, credentials: false } });
        world.graph = () => Promise.reject(new Error("asked for Graph"));
        world.cloudName = "";
        expect((await refreshed(state, [])).outputs).toEqual(state.outputs);
        expect(world.warnings).toEqual([]);
    });

    test("by what the program says now, where the face knows; else by what state remembers", async () => {
        const { id, outputs } = await engine.created({ drift: { credentials: false } });
        const now = args({ drift: { target: false }, timeouts: { read: "7s" } });
        await lifecycle.read(id, outputs, world, undefined, now);
        expect(world.looks).toEqual([]);
        expect(world.secretLooks).toMatchObject([{ timeoutMs: 7000 }]);
        await lifecycle.read(id, outputs, world, 3000, now);
        expect(world.secretLooks).toMatchObject([{}, { timeoutMs: 3000 }]);
    });

    test("not by something odd in state: both are taken", async () => {
        const { id, outputs } = await engine.created();
        for (const drift of ["off", 7, null, { target: "no", other: false }, []]) {
            world.looks.length = 0;
            world.secretLooks.length = 0;
            await lifecycle.read(id, { ...outputs, drift }, world);
            expect([world.looks.length, world.secretLooks.length]).toEqual([
                drift instanceof Object && "target" in drift ? 0 : 1,
                1,
            ]);
        }
    });

    test("also after an outcome that nobody knows", async () => {
        const outputs = {
            credentialHashes: { SecretToken: "v1:a" },
            cloud: "public",
            outcomeUnknownSince: "2026-01-01T00:00:00.000Z",
            drift: { target: false, credentials: false },
        };
        expect(await lifecycle.read(resourceId, outputs, world)).toEqual({ found: "kept", outputs });
        expect(world.warnings).toEqual([]);
    });
});

describe("no right to look", () => {
    test("at the target: a warning, state kept, and the keys are not asked for either", async () => {
        const state = await engine.created();
        world.answer = () => Promise.reject(denied);
        expect((await refreshed(state, [])).outputs).toEqual(state.outputs);
        expect(world.secretLooks).toEqual([]);
        expect(world.warnings).toEqual([
            `${resourceId} was not looked at and is kept in state as it was: ${denied.message}`,
        ]);
    });

    test.each<[string, Error]>([
        ["no permission", denied],
        ["no network", new UnreachableError("Nobody answers.")],
        [
            "gone in between",
            new TargetNotFoundError("404.", { status: 404, graphCode: "Request_ResourceNotFound", requestId: "r" }),
        ],
        ["a defect", new TypeError("odd")],
    ])("at the keys: a warning, and state kept with every hash: %s", async (_, failure) => {
        const state = await engine.created();
        world.heldKeys = () => Promise.reject(failure);
        const next = await refreshed(state);
        expect(next.outputs).toEqual(state.outputs);
        expect(world.looks).toHaveLength(1);
        expect(world.warnings).toEqual([
            `${resourceId} was not looked at and is kept in state as it was: ${failure.message}`,
        ]);
        expect(engine.preview(next, {})).toEqual({ action: "none" });
    });
});

test("a target that is gone is gone, and its keys are not asked for", async () => {
    const { id, outputs } = await engine.created();
    world.answer = () => false;
    expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "gone" });
    expect(world.secretLooks).toEqual([]);
});

test("after an outcome that nobody knows no key is missed: the next update sends them in any case", async () => {
    const { id, outputs } = await engine.created();
    world.heldKeys = () => [];
    const unsure = { ...outputs, outcomeUnknownSince: "2026-01-01T00:00:00.000Z" };
    expect(await lifecycle.read(id, unsure, world)).toEqual({ found: "kept", outputs: unsure });
    expect(world.warnings).toEqual([
        `${id}: whether its last acquisition worked is not known. Graph shows none of the keys that were sent among the ` +
            "target's credentials: that speaks against it. The next pulumi up sends the credentials again.",
    ]);
});

test("both looks are within the time of one refresh", async () => {
    const { id, outputs } = await engine.created({ timeouts: { read: "7s" } });
    world.answer = () => new Promise((resolve) => void world.clock.after(4000, () => resolve(true)));
    let remainingMs = 0;
    world.secretKeys = async ({ deadline }) => {
        remainingMs = deadline.remainingMs();
        return keys;
    };
    const { value } = await world.clock.settled(lifecycle.read(id, outputs, world));
    expect(value).toEqual({ found: "kept", outputs });
    expect(remainingMs).toBe(3000);
});

test("a refresh changes nothing of what it is given", async () => {
    const { id, outputs } = await engine.created();
    world.heldKeys = () => [];
    const before = structuredClone(outputs);
    await lifecycle.read(id, outputs, world);
    expect(outputs).toEqual(before);
});
