import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    ConfigurationError,
    DeadlineError,
    InvalidInputError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ThrottledError,
    UnreachableError,
} from "../../provider/core/errors.ts";
import { hashKeyBytes } from "../../provider/core/fingerprint.ts";
import { readHashKey } from "../../provider/core/hashKey.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { unknownValue } from "../../provider/core/unknown.ts";
import { args, engineIn, place, resourceId, type State, uuid, World } from "./world.ts";

const otherUuid = "ffffffff-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
const dayMs = 24 * 3600 * 1000;

let world: World;
let engine: ReturnType<typeof engineIn>;

beforeEach(() => {
    world = new World();
    engine = engineIn(world);
});

afterEach(() => {
    // Every operation gives its timers back, or the process would not end.
    expect(world.clock.timers).toBe(0);
});

const check = (olds: lifecycle.Properties, news: lifecycle.Properties) => engine.check(olds, news);
const created = (change?: Readonly<Record<string, unknown>>) => engine.created(change);
const preview = (state: State, change: Readonly<Record<string, unknown>>) => engine.preview(state, change);
const updated = (state: State, change: Readonly<Record<string, unknown>>) => engine.updated(state, change);
const hashesOf = (inputs: lifecycle.Properties) => inputs.credentialHashes as Readonly<Record<string, string>>;

describe("check", () => {
    test("adds a hash key, a hash for each credential and the cloud to what the program gave", () => {
        const inputs = check({}, args({ triggers: [1] }));
        const hashKey = readHashKey(inputs.credentials) ?? "";
        expect(Buffer.from(hashKey, "base64url")).toHaveLength(hashKeyBytes);
        const hash = expect.stringMatching(/^v1:/);
        expect(inputs).toEqual({
            ...args({ triggers: [1] }),
            credentials: { UserName: "ann", Password: "s3cr3t", "@hashKey": hashKey },
            credentialHashes: { Password: hash, UserName: hash },
            cloud: "public",
        });
    });

    test("keeps the hash key that the inputs of before have, so that equal values keep their hashes", () => {
        const first = check({}, args());
        const second = check(first, args());
        expect(second).toEqual(first);
    });

    test("makes a new hash key where there are no inputs of before: for another resource, for a replacement", () => {
        const first = check({}, args());
        const second = check({}, args());
        expect(readHashKey(second.credentials)).not.toBe(readHashKey(first.credentials));
        for (const key of ["UserName", "Password"]) {
            expect(hashesOf(second)[key]).toBeTypeOf("string");
            expect(hashesOf(second)[key]).not.toBe(hashesOf(first)[key]);
        }
    });

    test("ignores a hash key that comes with the program", () => {
        const mine = { UserName: "ann", "@hashKey": "chosen" };
        expect(readHashKey(check({}, args({ credentials: mine })).credentials)).not.toBe("chosen");
    });

    test("takes the list form and the map form, in any order, for the same hashes", () => {
        const olds = check({}, args());
        const list = [{ key: "Password", value: "s3cr3t" }, { key: "UserName", value: "ann" }, place];
        expect(hashesOf(check(olds, args({ credentials: list })))).toEqual(hashesOf(olds));
    });

    test("gives the hashes in the order of their keys, so that another order changes nothing in state", () => {
        const credentials = { UserName: "ann", Password: "s3cr3t", Domain: "d", ...place };
        expect(Object.keys(hashesOf(check({}, args({ credentials }))))).toEqual(["Domain", "Password", "UserName"]);
    });

    test("leaves the hash of an unknown value unknown, and knows the others", () => {
        const olds = check({}, args());
        const inputs = check(olds, args({ credentials: { UserName: "ann", Password: unknownValue, ...place } }));
        expect(hashesOf(inputs)).toEqual({ UserName: hashesOf(olds).UserName, Password: unknownValue });
    });

    test("leaves all hashes unknown while the keys are", () => {
        expect(check({}, args({ credentials: unknownValue })).credentialHashes).toBe(unknownValue);
        const list = [{ key: unknownValue, value: "x" }, place];
        expect(check({}, args({ credentials: list })).credentialHashes).toBe(unknownValue);
    });

    test("hands every failure on and adds nothing to inputs that are wrong", () => {
        const news = args({ credentials: { SecretTokn: "x", ...place }, maxAge: "soon" });
        const { inputs, failures } = lifecycle.check({}, news, world);
        expect(failures.map(({ path }) => path)).toEqual(["credentials.SecretTokn", "maxAge"]);
        expect(inputs).toEqual(news);
    });

    test("names a cloud that can't be told as a failure, not as an exception with a stack", () => {
        world.cloudName = "";
        expect(lifecycle.check({}, args(), world).failures).toEqual([{ path: "", reason: "no cloud is configured" }]);
    });

    test("asks Graph nothing and reads no clock", () => {
        world.graph = () => Promise.reject(new Error("check asked for Graph"));
        check({}, args({ maxAge: "1d" }));
        expect(world.clock.calendarReads).toBe(0);
    });

    test("changes nothing of what it is given", () => {
        const news = args();
        const before = JSON.stringify(news);
        check(check({}, args()), news);
        expect(JSON.stringify(news)).toBe(before);
    });
});

describe("create", () => {
    test("acquires once, and state holds when, with which hashes, by which request and in which cloud", async () => {
        const state = await created({ triggers: { rotated: 1 }, timeouts: { create: "1m" }, apiVersion: "beta" });
        expect(world.acquisitions).toEqual([
            {
                target: { kind: "servicePrincipals", objectId: uuid },
                credentials: new Map([
                    ["UserName", "ann"],
                    ["Password", "s3cr3t"],
                ]),
                apiVersion: "beta",
                worksOnce: false,
                mayBeNew: true,
                occasion: '{"rotated":1}',
                timeoutMs: 60_000,
            },
        ]);
        expect(state.id).toBe(resourceId);
        expect(state.outputs).toEqual({
            acquiredAt: "2026-01-01T00:00:00.000Z",
            credentialHashes: state.inputs.credentialHashes,
            requestId: "request-1",
            cloud: "public",
            triggers: { rotated: 1 },
            timeouts: { create: "1m" },
        });
    });

    test("puts an application's acquisition under the application", async () => {
        const change = { servicePrincipalId: undefined, applicationId: `/applications/${uuid}` };
        expect((await created(change)).id).toBe(`/applications/${uuid}/synchronization/acquireAccessToken`);
        expect(world.acquisitions[0]?.target).toEqual({ kind: "applications", objectId: uuid });
    });

    test("writes no value and no hash key into the outputs, whatever the credentials are", async () => {
        await fc.assert(
            fc.asyncProperty(fc.stringMatching(/^[a-z]{12,30}$/), async (value) => {
                const credentials = { Password: value, ...place };
                const { inputs, outputs } = await created({ credentials });
                expect(JSON.stringify(outputs)).not.toContain(value);
                expect(JSON.stringify(outputs)).not.toContain(readHashKey(inputs.credentials));
            }),
        );
    });

    test.each<[string, Record<string, unknown>, string]>([
        ["the target", { servicePrincipalId: unknownValue }, "servicePrincipalId: is still unknown"],
        ["the credentials", { credentials: unknownValue }, "credentials: are still unknown"],
        ["a value", { credentials: { Password: unknownValue, ...place } }, "credentials: are still unknown"],
        ["the version", { apiVersion: unknownValue }, "apiVersion: is still unknown"],
        ["the validation", { validation: { jobId: unknownValue } }, "validation: is still unknown"],
    ])("sends nothing while %s is unknown", async (_, change, message) => {
        const inputs = check({}, args(change));
        await expect(lifecycle.create(inputs, world)).rejects.toThrow(new InvalidInputError(refusalOf(message)));
        expect(world.acquisitions).toEqual([]);
    });

    test("sends nothing where the inputs are wrong, also without a check before it", async () => {
        await expect(lifecycle.create(args({ credentials: { Foo: "x" } }), world)).rejects.toThrow(InvalidInputError);
        expect(world.acquisitions).toEqual([]);
    });

    test("fails with Graph's own error", async () => {
        const refusal = new UnreachableError("Graph is not there");
        world.answer = () => {
            throw refusal;
        };
        await expect(created()).rejects.toBe(refusal);
    });
});

function refusalOf(message: string) {
    const [path = "", reason = ""] = message.split(": ");
    return [{ path, reason }];
}

/** A change of credentials, of which some come and some go. */
function credentialsChange(
    keys: readonly string[],
    { added = [], removed = [] }: { readonly added?: readonly string[]; readonly removed?: readonly string[] } = {},
): lifecycle.Change {
    return { kind: "credentials", keys, added, removed };
}

describe("diff", () => {
    test("finds nothing to do where nothing has changed, and reads no clock without a maxAge", async () => {
        const state = await created({ triggers: [1] });
        world.clock.calendarReads = 0;
        expect(preview(state, { triggers: [1] })).toEqual({ action: "none" });
        expect(world.clock.calendarReads).toBe(0);
    });

    test.each<[string, Record<string, unknown>]>([
        ["the order of the credentials", { credentials: { Password: "s3cr3t", UserName: "ann", ...place } }],
        [
            "the form of the credentials",
            { credentials: [{ key: "UserName", value: "ann" }, { key: "Password", value: "s3cr3t" }, place] },
        ],
        [
            "Graph's type name beside a pair",
            {
                credentials: [
                    { key: "UserName", value: "ann", "@odata.type": "#microsoft.graph.x" },
                    { key: "Password", value: "s3cr3t" },
                    place,
                ],
            },
        ],
        ["the timeouts", { timeouts: { create: "1h", read: "1s" } }],
        ["unknown timeouts", { timeouts: unknownValue }],
        ["the version", { apiVersion: "beta" }],
        ["an unknown version", { apiVersion: unknownValue }],
        ["the permission of unknown keys", { allowUnknownKeys: true }],
        ["the spelling of the target", { servicePrincipalId: `/servicePrincipals/${uuid.toUpperCase()}` }],
        ["a maxAge that has not passed", { maxAge: "1d" }],
        ["triggers of null", { triggers: null }],
        ["the provider's text", { __provider: "exports.handler = something newer" }],
    ])("finds nothing to send after a change of %s", async (_, change) => {
        expect(preview(await created(), change)).toEqual({ action: "none" });
    });

    test.each<[string, Record<string, unknown>, string[]]>([
        ["another service principal", { servicePrincipalId: otherUuid }, ["servicePrincipalId"]],
        ["a target that is not known yet", { servicePrincipalId: unknownValue }, ["servicePrincipalId"]],
        [
            "the application instead of the service principal",
            { servicePrincipalId: undefined, applicationId: uuid },
            ["applicationId"],
        ],
    ])("replaces for %s", async (_, change, properties) => {
        expect(preview(await created(), change)).toEqual({ action: "replace", properties });
    });

    test("replaces for another cloud", async () => {
        const state = await created();
        world.cloudName = "china";
        expect(preview(state, {})).toEqual({ action: "replace", properties: ["cloud"] });
    });

    test.each<[string, Record<string, unknown>, lifecycle.Change[]]>([
        [
            "a value",
            { credentials: { UserName: "ann", Password: "other", ...place } },
            [credentialsChange(["Password"])],
        ],
        [
            "a key more",
            { credentials: { UserName: "ann", Password: "s3cr3t", Domain: "d", ...place } },
            [credentialsChange(["Domain"], { added: ["Domain"] })],
        ],
        [
            "a key less",
            { credentials: { UserName: "ann", ...place } },
            [credentialsChange(["Password"], { removed: ["Password"] })],
        ],
        [
            "one key for another, and a value",
            { credentials: { UserName: "bob", Domain: "d", ...place } },
            [
                credentialsChange(["Domain", "Password", "UserName"], {
                    added: ["Domain"],
                    removed: ["Password"],
                }),
            ],
        ],
        [
            "two values that changed places",
            { credentials: { UserName: "s3cr3t", Password: "ann", ...place } },
            [credentialsChange(["Password", "UserName"])],
        ],
        [
            "a value that is not known yet",
            { credentials: { UserName: "ann", Password: unknownValue, ...place } },
            [credentialsChange(["Password"])],
        ],
        ["credentials that are not known yet", { credentials: unknownValue }, [credentialsChange(["every key"])]],
        ["triggers where there were none", { triggers: ["now"] }, [{ kind: "triggers" }]],
        ["triggers that are not known yet", { triggers: { at: unknownValue } }, [{ kind: "triggers" }]],
        ["a maxAge that is not known yet", { maxAge: unknownValue }, [{ kind: "maxAge" }]],
        [
            "several of them at once",
            { credentials: { UserName: "ann", ...place }, triggers: [1], maxAge: unknownValue },
            [credentialsChange(["Password"], { removed: ["Password"] }), { kind: "triggers" }, { kind: "maxAge" }],
        ],
    ])("updates for %s, and says for which", async (_, change, changes) => {
        expect(preview(await created(), change)).toEqual({ action: "update", changes });
    });

    test("knows which of 45 credentials have changed, whichever they are", async () => {
        const values = fc.dictionary(
            fc.constantFrom("UserName", "Password", "Domain", "Url"),
            fc.constantFrom("a", "b"),
            {
                minKeys: 1,
            },
        );
        await fc.assert(
            fc.asyncProperty(values, values, async (before, after) => {
                const state = await created({ credentials: { ...before, ...place } });
                const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
                const changed = keys.filter((key) => before[key] !== after[key]).sort();
                const plan = preview(state, { credentials: { ...after, ...place } });
                const added = changed.filter((key) => before[key] === undefined);
                const removed = changed.filter((key) => after[key] === undefined);
                const changes = [{ kind: "credentials", keys: changed, added, removed }];
                expect(plan).toEqual(changed.length === 0 ? { action: "none" } : { action: "update", changes });
            }),
        );
    });

    test.each<[string, unknown, unknown, boolean]>([
        ["another order of the keys", { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }, false],
        ["another order of a list", [1, 2], [2, 1], true],
        ["a number that became a text", [1], ["1"], true],
        ["a value deep inside", { a: [{ b: 1 }] }, { a: [{ b: 2 }] }, true],
        ["a key that became a list's place", { 0: "a" }, ["a"], true],
        ["triggers that are gone", [1], undefined, true],
        ["null inside", [null], [], true],
        ["a key with no value", { a: 1, b: undefined }, { a: 1 }, false],
        ["a key called __proto__", JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":2}'), true],
    ])("%s among the triggers", async (_, before, after, isChange) => {
        const state = await created({ triggers: before });
        const expected = isChange ? { action: "update", changes: [{ kind: "triggers" }] } : { action: "none" };
        expect(preview(state, { triggers: after })).toEqual(expected);
    });

    test("takes equal triggers for equal and others for others, whatever they are", async () => {
        await fc.assert(
            fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (before, after) => {
                const state = await created({ triggers: before });
                expect(preview(state, { triggers: structuredClone(before) })).toEqual({ action: "none" });
                const same = fc.stringify(sorted(before)) === fc.stringify(sorted(after));
                expect(preview(state, { triggers: after }).action).toBe(same ? "none" : "update");
            }),
        );
    });

    test.each([
        ["a moment before", dayMs - 1, "none"],
        ["at that moment", dayMs, "none"],
        ["a moment after", dayMs + 1, "update"],
        ["where the clock went back", -dayMs, "none"],
    ])("lets maxAge pass: %s", async (_, passedMs, action) => {
        const state = await created({ maxAge: "1d" });
        world.clock.calendarOffMs += passedMs;
        expect(preview(state, { maxAge: "1d" }).action).toBe(action);
    });

    test("without a maxAge no age is too old", async () => {
        const state = await created({ maxAge: "1d" });
        world.clock.calendarOffMs += 10_000 * dayMs;
        expect(preview(state, {})).toEqual({ action: "none" });
    });

    test("asks Graph nothing", async () => {
        const state = await created();
        world.graph = () => Promise.reject(new Error("diff asked for Graph"));
        preview(state, { maxAge: "1d", triggers: [1] });
    });

    test("takes state of which any part is missing, and never crashes on it", async () => {
        const state = await created({ triggers: [1], maxAge: "1d" });
        const change = { triggers: [1], maxAge: "1d" };
        for (const missing of Object.keys(state.outputs)) {
            const { [missing]: _, ...outputs } = state.outputs;
            expect(["none", "update", "replace"]).toContain(preview({ ...state, outputs }, change).action);
        }
        for (const name of ["credentialHashes", "acquiredAt"]) {
            const { [name]: _, ...outputs } = state.outputs;
            expect(preview({ ...state, outputs }, change).action).toBe("update");
        }
        expect(preview({ ...state, inputs: {} }, change).action).toBe("update");
        fc.assert(
            fc.property(fc.dictionary(fc.constantFrom(...Object.keys(state.outputs)), fc.anything()), (odd) => {
                const outputs = { ...state.outputs, ...odd };
                expect(["none", "update", "replace"]).toContain(preview({ ...state, outputs }, change).action);
            }),
        );
    });
});

/** JSON values with their keys in order, for comparing; what JSON writes alike (0 and -0) is alike. */
function sorted(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (value !== null && typeof value === "object") {
        const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
        return { entries: entries.map(([key, inner]) => [key, sorted(inner)]) };
    }
    return value === 0 ? 0 : (value ?? null);
}

describe("update", () => {
    test("acquires again with the new credentials, in the time that an update has", async () => {
        const state = await created();
        world.clock.calendarOffMs += 1000;
        const credentials = { UserName: "ann", Password: "other", ...place };
        const next = await updated(state, { credentials, timeouts: { update: "2m", create: "1s" } });
        expect(world.acquisitions).toHaveLength(2);
        expect(world.acquisitions[1]).toMatchObject({ timeoutMs: 120_000, mayBeNew: false, occasion: "null" });
        expect(world.acquisitions[1]?.credentials.get("Password")).toBe("other");
        expect(next.outputs).toMatchObject({ acquiredAt: "2026-01-01T00:00:01.000Z", requestId: "request-2" });
        expect(next.outputs.credentialHashes).toEqual(next.inputs.credentialHashes);
        expect(preview(next, { credentials })).toEqual({ action: "none" });
    });

    test("sends nothing where nothing to be sent has changed, and keeps what state held", async () => {
        const state = await created({ triggers: [1] });
        world.clock.calendarOffMs += 1000;
        const change = { triggers: [1], timeouts: { read: "7s" }, apiVersion: "beta" };
        const next = await updated(state, change);
        expect(world.acquisitions).toHaveLength(1);
        expect(next.outputs).toEqual({ ...state.outputs, timeouts: { read: "7s" } });
        expect(preview(next, change)).toEqual({ action: "none" });
    });

    test("forgets triggers and timeouts that the program no longer has", async () => {
        const state = await created({ triggers: [1], timeouts: { read: "7s" } });
        const next = await updated(state, {});
        expect(next.outputs).not.toHaveProperty("triggers");
        expect(next.outputs).not.toHaveProperty("timeouts");
        expect(preview(next, {})).toEqual({ action: "none" });
    });

    test("acquires once for a passed maxAge, and then has a new age", async () => {
        const state = await created({ maxAge: "1d" });
        world.clock.calendarOffMs += 2 * dayMs;
        const next = await updated(state, { maxAge: "1d" });
        expect(world.acquisitions).toHaveLength(2);
        expect(preview(next, { maxAge: "1d" })).toEqual({ action: "none" });
    });

    test("fails with Graph's own error", async () => {
        const state = await created();
        world.answer = () => {
            throw new UnreachableError("Graph is not there");
        };
        await expect(updated(state, { triggers: [1] })).rejects.toThrow(UnreachableError);
    });
});

describe("read", () => {
    test("keeps a target that is there, without a word, in the time that a read has", async () => {
        const { id, outputs } = await created({ timeouts: { read: "7s" } });
        expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "kept", outputs });
        const look = { target: { kind: "servicePrincipals", objectId: uuid }, timeoutMs: 7000 };
        expect(world.looks).toEqual([look]);
        expect(world.secretLooks).toEqual([look]);
        expect(world.warnings).toEqual([]);
    });

    test("finds a target gone, and the next creation acquires again", async () => {
        const { id, outputs } = await created();
        world.answer = () => false;
        expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "gone" });
        expect(world.warnings).toEqual([]);
    });

    test.each([
        [
            "refused",
            new PermissionDeniedError("no permission", { status: 403, graphCode: undefined, requestId: undefined }),
        ],
        ["unreachable", new UnreachableError("no network")],
        ["broken", "a text that was thrown"],
    ])("keeps state with a warning where Graph is %s", async (_, error) => {
        const { id, outputs } = await created();
        world.answer = () => {
            throw error;
        };
        expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "kept", outputs });
        const why = typeof error === "string" ? error : error.message;
        expect(world.warnings).toEqual([`${id} was not looked at and is kept in state as it was: ${why}`]);
    });

    test("keeps state with a warning where no way to sign in is configured", async () => {
        const { id, outputs } = await created();
        world.graph = () => Promise.reject(new ConfigurationError("no way to sign in"));
        expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "kept", outputs });
        expect(world.warnings.join()).toContain("no way to sign in");
    });

    test("keeps state with a warning where another cloud, or none, is configured, and asks nobody", async () => {
        const { id, outputs } = await created();
        for (const [cloudName, why] of [
            ["china", "it was acquired in the cloud public, and china is configured now"],
            ["", "no cloud is configured"],
        ] as const) {
            world.cloudName = cloudName;
            world.warnings.length = 0;
            expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "kept", outputs });
            expect(world.warnings.join()).toContain(why);
        }
        expect(world.looks).toEqual([]);
    });

    test.each(["", "acme", `/users/${uuid}/synchronization/acquireAccessToken`])(
        "keeps state under the foreign id %j with a warning, and asks nobody",
        async (id) => {
            const { outputs } = await created();
            expect(await lifecycle.read(id, outputs, world)).toEqual({ found: "kept", outputs });
            expect(world.warnings.join()).toContain("not one of this resource's");
            expect(world.looks).toEqual([]);
        },
    );

    test("takes state of which everything is missing or odd", async () => {
        expect(await lifecycle.read(resourceId, {}, world)).toEqual({ found: "kept", outputs: {} });
        const outputs = { cloud: "public", timeouts: { read: "no duration", other: 1 } };
        expect(await lifecycle.read(resourceId, outputs, world)).toEqual({ found: "kept", outputs });
        const look = expect.objectContaining({ timeoutMs: 300_000 });
        expect(world.looks).toEqual([look, look]);
    });
});

describe("the operation's time", () => {
    const never = () => new Promise<never>(() => undefined);

    test.each([
        ["a creation", "create", "7s", 7000],
        ["an update", "update", "9s", 9000],
    ])("covers the way to Graph: %s", async (_, operation, duration, durationMs) => {
        const state = await created();
        world.graph = never;
        const change = { triggers: [1], timeouts: { [operation]: duration } };
        const inputs = check(state.inputs, args(change));
        const { error, afterMs } = await world.clock.settled<unknown>(
            operation === "create"
                ? lifecycle.create(inputs, world)
                : lifecycle.update(state.id, state.outputs, inputs, world),
        );
        expect(error).toBeInstanceOf(DeadlineError);
        expect(String(error)).toContain(`Acquiring a token for /servicePrincipals/${uuid}: not connected within`);
        expect(String(error)).toContain(`${durationMs / 1000} s; nothing was sent`);
        expect(afterMs).toBe(durationMs);
        expect(world.acquisitions).toHaveLength(1);
    });

    test("covers the way to Graph: a refresh keeps state with a warning", async () => {
        const { id, outputs } = await created({ timeouts: { read: "7s" } });
        world.graph = never;
        const outcome = await world.clock.settled(lifecycle.read(id, outputs, world));
        expect(outcome).toEqual({ value: { found: "kept", outputs }, afterMs: 7000 });
        expect(world.warnings.join()).toContain(`Looking for /servicePrincipals/${uuid}: not connected within 7 s`);
    });

    test("is what is left of it for Graph, and no more", async () => {
        let remainingMs = 0;
        world.graph = async () => {
            await new Promise<void>((resolve) => world.clock.after(4000, resolve));
            return {
                secretKeys: never,
                targetExists: never,
                validateCredentials: never,
                async acquireAccessToken({ deadline }) {
                    remainingMs = deadline.remainingMs();
                    return { requestId: "r" };
                },
            };
        };
        const inputs = check({}, args({ timeouts: { create: "10s" } }));
        await world.clock.settled(lifecycle.create(inputs, world));
        expect(remainingMs).toBe(6000);
    });

    test("that the face gives goes before the resource's own", async () => {
        const inputs = check({}, args({ timeouts: { create: "10s" } }));
        await lifecycle.create(inputs, world, 3000);
        expect(world.acquisitions[0]?.timeoutMs).toBe(3000);
    });
});

test("a failed operation with plain credentials leaves nothing in state that was not there, whatever failed", async () => {
    const answer = { status: 503, graphCode: undefined, requestId: "r" };
    for (const error of [
        new OutcomeUnknownError("lost", answer),
        new DeadlineError("too late"),
        new ThrottledError("slow down", { ...answer, status: 429 }),
    ]) {
        world.answer = () => {
            throw error;
        };
        expect((await engine.failed(undefined, {})).error).toBe(error);
    }
    expect(world.secretLooks).toEqual([]);
});
