import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    CancelledError,
    DeadlineError,
    InvalidInputError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RequestRejectedError,
    UnreachableError,
    ValidationFailedError,
} from "../../provider/core/errors.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { unknownValue } from "../../provider/core/unknown.ts";
import { args, engineIn, place, resourceId, type State, uuid, World } from "./world.ts";

const target = { kind: "servicePrincipals", objectId: uuid };
const validation = { templateId: "scim" };
const start = "2026-01-01T00:00:00.000Z";
const later = "2026-01-01T00:01:00.000Z";
const refusal: lifecycle.Validity = {
    valid: false,
    code: "CredentialsRefused",
    message: "You appear to have entered invalid credentials.",
    requestId: "r-validation",
};
const withCode = (change: Readonly<Record<string, unknown>> = {}) => ({
    credentials: { Oauth2AuthorizationCode: "code-1", BaseAddress: "https://scim.example", ...place },
    validation,
    ...change,
});

let world: World;
let engine: ReturnType<typeof engineIn>;

beforeEach(() => {
    world = new World();
    engine = engineIn(world);
});

afterEach(() => {
    expect(world.clock.timers).toBe(0);
});

/** State after an acquisition that the application's no followed; from then on the application says yes. */
async function pending(change: Readonly<Record<string, unknown>> = { validation }): Promise<State> {
    world.validity = () => refusal;
    const { state } = await engine.failed(undefined, change);
    world.validity = () => ({ valid: true });
    if (state === undefined) {
        throw new Error("nothing is kept in state");
    }
    return state;
}

describe("a validation after an acquisition", () => {
    test("is asked for once, for what the service then holds, in what is left of the operation's time", async () => {
        const state = await engine.created({ validation, timeouts: { create: "1m" } });
        expect(world.acquisitions).toHaveLength(1);
        const { "@hashKey": _, ...values } = state.inputs.credentials as Record<string, string>;
        const hidden = Object.values(values);
        expect(world.validations).toEqual([{ target, against: validation, timeoutMs: 60_000, hidden, mayBeNew: true }]);
        expect(state.outputs).toMatchObject({ acquiredAt: start, requestId: "request-1", validation });
        expect(state.outputs.validatedAt).toBe(start);
        expect(state.outputs).not.toHaveProperty("validationPendingSince");
        expect(engine.preview(state, { validation, timeouts: { create: "1m" } })).toEqual({ action: "none" });
    });

    test("names the job where the program does", async () => {
        await engine.created({ validation: { jobId: "scim.1" } });
        expect(world.validations).toMatchObject([{ against: { jobId: "scim.1" } }]);
    });

    test("is not made where the program does not ask for it", async () => {
        const state = await engine.created();
        expect(world.validations).toEqual([]);
        expect(state.outputs).not.toHaveProperty("validatedAt");
    });

    test("follows every acquisition, and not what acquires nothing", async () => {
        const state = await engine.created({ validation });
        await world.clock.advance(60_000);
        const same = await engine.updated(state, { validation, timeouts: { read: "1m" } });
        expect(world.validations).toHaveLength(1);
        expect(same.outputs.validatedAt).toBe(start);
        const next = await engine.updated(same, { validation, triggers: [1] });
        expect(world.validations).toHaveLength(2);
        expect(next.outputs).toMatchObject({ acquiredAt: later, validatedAt: later });
    });

    test("does not follow an acquisition that failed", async () => {
        world.answer = () => {
            throw new UnreachableError("no network");
        };
        const { state } = await engine.failed(undefined, { validation });
        expect(state).toBeUndefined();
        expect(world.validations).toEqual([]);
    });

    test("whose outcome nobody knows: not before it is known", async () => {
        world.answer = () => {
            throw new OutcomeUnknownError("lost");
        };
        const { state } = await engine.failed(undefined, withCode());
        if (state === undefined) {
            throw new Error("nothing is kept in state");
        }
        expect(world.validations).toEqual([]);
        expect(state.outputs).toMatchObject({ outcomeUnknownSince: start });
        world.answer = () => true;
        // Nothing has changed: it only looks, also where the program asks for another validation.
        const again = await engine.failed(state, withCode({ validation: { jobId: "scim.1" } }));
        expect(again.kept?.failure).toBeInstanceOf(OutcomeUnknownError);
        expect(world.validations).toEqual([]);
        const known = await engine.updated(again.state ?? state, withCode({ triggers: [1] }));
        expect(known.outputs).toMatchObject({ validatedAt: start });
        expect(world.validations).toHaveLength(1);
    });
});

describe("the application's no", () => {
    test("fails the operation with Graph's words, and state keeps what was acquired", async () => {
        world.validity = () => refusal;
        const change = { validation, triggers: [1], timeouts: { create: "1m" } };
        const { error, kept, state } = await engine.failed(undefined, change);
        expect(error).toBeInstanceOf(lifecycle.KeptInStateError);
        expect(kept?.resourceId).toBe(resourceId);
        expect(kept?.failure).toBeInstanceOf(ValidationFailedError);
        expect(kept?.failure).toMatchObject({ code: "VALIDATION_FAILED", requestId: "r-validation" });
        expect(kept?.failure.message).toBe(
            `Validating the credentials of /servicePrincipals/${uuid}: the token was acquired at ${start}, but the ` +
                "application did not take the credentials. Graph says: CredentialsRefused: You appear to have entered " +
                "invalid credentials (request-id r-validation). State knows of the acquisition: the next pulumi up validates again, and acquires " +
                "only if a credential or a trigger changes.",
        );
        expect(state?.outputs).toEqual({
            acquiredAt: start,
            credentialHashes: state?.inputs.credentialHashes,
            requestId: "request-1",
            cloud: "public",
            ...change,
            validationPendingSince: start,
        });
    });

    test.each<[string, Partial<Extract<lifecycle.Validity, { valid: false }>>, string]>([
        ["a code alone", { message: "" }, "Graph says: CredentialsRefused (request-id r-validation). State"],
        [
            "words alone",
            { code: undefined },
            "Graph says: You appear to have entered invalid credentials (request-id r-validation). State",
        ],
        ["nothing at all", { code: undefined, message: "", requestId: undefined }, "Graph says: no words. State"],
    ])("may be %s", async (_, said, words) => {
        world.validity = () => ({ ...refusal, ...said });
        const { kept } = await engine.failed(undefined, { validation });
        expect(kept?.failure.message).toContain(words);
    });

    test("repeats no value: what Graph holds it could say back, in whatever form", async () => {
        const values = fc.stringMatching(/^[A-Za-z0-9"\\/+ ]{12,30}$/);
        await fc.assert(
            fc.asyncProperty(values, fc.boolean(), async (value, isAnswer) => {
                const words = `Rejected: ${value}, as ${JSON.stringify({ value })} and ${encodeURIComponent(value)}.`;
                world.validity = () => {
                    if (isAnswer) {
                        return { ...refusal, code: value, message: words, requestId: value };
                    }
                    throw new RequestRejectedError(words, { status: 400, graphCode: undefined, requestId: "r" });
                };
                const { kept } = await engine.failed(undefined, {
                    credentials: { Password: value, ...place },
                    validation,
                });
                expect(kept?.failure.code).toBe("VALIDATION_FAILED");
                expect(kept?.failure.message).toContain("[removed]");
                expect(kept?.failure.message).not.toContain(value);
                expect(kept?.failure.message).not.toContain(JSON.stringify(value).slice(1, -1));
                expect(kept?.failure.message).not.toContain(encodeURIComponent(value));
            }),
            { numRuns: 50 },
        );
    });

    test("to an update takes the time of the last validation with it", async () => {
        const state = await engine.created({ validation });
        await world.clock.advance(60_000);
        world.validity = () => refusal;
        const { state: next } = await engine.failed(state, { validation, triggers: [1] });
        expect(next?.outputs).toMatchObject({
            acquiredAt: later,
            requestId: "request-2",
            validationPendingSince: later,
        });
        expect(next?.outputs).not.toHaveProperty("validatedAt");
    });
});

describe("a question that could not be asked", () => {
    test.each<[string, Error, string]>([
        [
            "no permission",
            new PermissionDeniedError("401: no permission.", {
                status: 401,
                graphCode: undefined,
                requestId: undefined,
            }),
            "401: no permission.",
        ],
        ["no network", new UnreachableError("Nobody answers."), "Nobody answers."],
        ["no time", new DeadlineError("Too late."), "Too late."],
        ["cancelled", new CancelledError("It was cancelled."), "It was cancelled."],
        ["a defect", new TypeError("s3cr3t is not a function"), "Something failed that is not meant to."],
    ])("fails the operation, says why, and state keeps what was acquired: %s", async (_, failure, why) => {
        world.validity = () => Promise.reject(failure);
        const { kept, state } = await engine.failed(undefined, { validation });
        expect(kept?.failure).toMatchObject({ code: "VALIDATION_FAILED", requestId: undefined });
        expect(kept?.failure.message).toContain(
            `the token was acquired at ${start}, but Graph could not be asked whether the application takes the credentials. ${why} State knows`,
        );
        expect(kept?.failure.message).not.toContain("s3cr3t");
        expect(state?.outputs).toMatchObject({
            acquiredAt: start,
            credentialHashes: state?.inputs.credentialHashes,
            validationPendingSince: start,
        });
    });

    test("is within the operation's time, and within what the user waits for", async () => {
        const cancellation = new AbortController();
        const cancellable = Object.assign(world, { cancelled: cancellation.signal });
        let waiting: AbortSignal | undefined;
        let remainingMs = 0;
        world.answer = () => new Promise((resolve) => void world.clock.after(4000, () => resolve(true)));
        world.validateCredentials = async ({ deadline }) => {
            remainingMs = deadline.remainingMs();
            waiting = deadline.waiting;
            cancellation.abort();
            await deadline.race(new Promise<never>(() => undefined), () => new CancelledError("It was cancelled."));
            throw new Error("unreachable");
        };
        const { kept } = await engineIn(cancellable).failed(undefined, { validation, timeouts: { create: "10s" } });
        expect(remainingMs).toBe(6000);
        expect(waiting?.aborted).toBe(true);
        expect(kept?.failure).toMatchObject({ code: "VALIDATION_FAILED" });
        expect(kept?.failure.message).toContain("It was cancelled.");
        expect(kept?.outputs).toMatchObject({ acquiredAt: "2026-01-01T00:00:04.000Z" });
    });

    test("ends with the operation's time", async () => {
        world.validateCredentials = ({ deadline }) =>
            deadline.race(new Promise<never>(() => undefined), () => new DeadlineError("Too late."));
        const change = { validation, timeouts: { create: "10s" } };
        const { kept, state } = await engine.failed(undefined, change);
        expect(kept?.failure.message).toContain("Too late.");
        expect(state?.outputs).toMatchObject({ acquiredAt: start, validationPendingSince: "2026-01-01T00:00:10.000Z" });
    });
});

describe("the next update", () => {
    test("with nothing changed validates, and acquires nothing", async () => {
        const state = await pending();
        expect(engine.preview(state, { validation })).toEqual({ action: "update", changes: [{ kind: "validation" }] });
        await world.clock.advance(60_000);
        const next = await engine.updated(state, { validation });
        expect(world.acquisitions).toHaveLength(1);
        expect(world.validations).toHaveLength(2);
        const { validationPendingSince: _, ...kept } = state.outputs;
        expect(next.outputs).toEqual({ ...kept, validatedAt: later });
        expect(engine.preview(next, { validation })).toEqual({ action: "none" });
    });

    test("does so again and again while the application says no, and takes new timeouts along", async () => {
        let state: State | undefined = await pending();
        world.validity = () => refusal;
        for (const update of ["1m", "2m", "3m"]) {
            await world.clock.advance(1000);
            const failed = await engine.failed(state, { validation, timeouts: { update } });
            expect(failed.kept?.failure).toMatchObject({ code: "VALIDATION_FAILED" });
            expect(failed.kept?.failure.message).toContain(`the token was acquired at ${start}`);
            state = failed.state;
            expect(state?.outputs).toMatchObject({ acquiredAt: start, requestId: "request-1", timeouts: { update } });
            expect(world.validations.at(-1)).toMatchObject({ timeoutMs: Number(update[0]) * 60_000 });
        }
        expect(state?.outputs).toMatchObject({ validationPendingSince: "2026-01-01T00:00:03.000Z" });
        expect(world.acquisitions).toHaveLength(1);
    });

    test.each<[string, Record<string, unknown>]>([
        ["a credential", { credentials: { UserName: "ann", Password: "new", ...place } }],
        ["a trigger", { triggers: [1] }],
    ])("with %s changed acquires, and validates that", async (_, change) => {
        const state = await pending();
        const next = await engine.updated(state, { validation, ...change });
        expect(world.acquisitions).toHaveLength(2);
        expect(world.validations).toHaveLength(2);
        expect(next.outputs).toMatchObject({ requestId: "request-2", validatedAt: start });
        expect(next.outputs).not.toHaveProperty("validationPendingSince");
        expect(engine.preview(next, { validation, ...change })).toEqual({ action: "none" });
    });

    test("with the validation taken out has nothing to do, and state forgets that one is pending", async () => {
        const state = await pending();
        expect(engine.preview(state, {})).toEqual({ action: "none" });
        // The engine asks for it all the same: what failed is still to be done, as far as it knows.
        const next = await engine.updated(state, {});
        expect(world.acquisitions).toHaveLength(1);
        expect(world.validations).toHaveLength(1);
        for (const name of ["validation", "validationPendingSince", "validatedAt"]) {
            expect(next.outputs).not.toHaveProperty(name);
        }
        expect(engine.preview(next, {})).toEqual({ action: "none" });
    });

    test("that cannot reach Graph leaves what is pending pending", async () => {
        const state = await pending();
        world.graph = () => Promise.reject(new UnreachableError("no network"));
        const { error, state: next } = await engine.failed(state, { validation });
        expect(error).toBeInstanceOf(UnreachableError);
        expect(next).toBe(state);
    });

    test("that acquires and does not know whether it did forgets what was pending: the next one acquires and validates", async () => {
        const state = await pending();
        world.losesAnAnswer = true;
        world.answer = () => {
            throw new OutcomeUnknownError("lost");
        };
        const { state: unsure } = await engine.failed(state, { validation, triggers: [1] });
        expect(unsure?.outputs).toMatchObject({ outcomeUnknownSince: start });
        expect(unsure?.outputs).not.toHaveProperty("validationPendingSince");
        world.losesAnAnswer = false;
        world.answer = () => true;
        const next = await engine.updated(unsure ?? state, { validation, triggers: [1] });
        expect(next.outputs).toMatchObject({ validatedAt: start });
        expect(next.outputs).not.toHaveProperty("outcomeUnknownSince");
    });
});

describe("a validation that comes later", () => {
    test.each([
        ["added", undefined, validation],
        ["against another template", validation, { templateId: "customappsso" }],
        ["against a job", validation, { jobId: "scim.1" }],
    ])("%s: validates what was acquired before", async (_, before, after) => {
        const state = await engine.created({ validation: before });
        world.validations.length = 0;
        await world.clock.advance(60_000);
        expect(engine.preview(state, { validation: after })).toEqual({
            action: "update",
            changes: [{ kind: "validation" }],
        });
        const next = await engine.updated(state, { validation: after });
        expect(world.acquisitions).toHaveLength(1);
        expect(world.validations).toMatchObject([{ against: after, timeoutMs: 300_000 }]);
        expect(next.outputs).toMatchObject({ acquiredAt: start, validatedAt: later, validation: after });
        expect(engine.preview(next, { validation: after })).toEqual({ action: "none" });
    });

    test("is refused: pending from then on, with the acquisition of before", async () => {
        const state = await engine.created();
        world.validity = () => refusal;
        const { state: next } = await engine.failed(state, { validation });
        expect(next?.outputs).toEqual({ ...state.outputs, validation, validationPendingSince: start });
    });

    test.each([
        ["not known yet", unknownValue],
        ["of which the job is not known yet", { jobId: unknownValue }],
    ])("is planned while it is %s", async (_, unknown) => {
        const state = await engine.created({ validation });
        const plan = { action: "update", changes: [{ kind: "validation" }] };
        expect(engine.preview(state, { validation: unknown })).toEqual(plan);
    });

    test("is nothing to do where it is the same in another order, or gone", async () => {
        const state = await engine.created({ validation });
        expect(engine.preview(state, { validation: { jobId: null, ...validation } }).action).toBe("update");
        expect(engine.preview(state, { validation: { ...validation } })).toEqual({ action: "none" });
        expect(engine.preview(state, {})).toEqual({ action: "none" });
    });
});

describe("with a one-time code", () => {
    test("validating again never meets the code that is spent", async () => {
        const state = await pending(withCode());
        for (const change of [withCode(), withCode({ validation: { jobId: "scim.1" } })]) {
            const next = await engine.updated(state, change);
            expect(next.outputs).toMatchObject({ acquiredAt: start, validatedAt: start });
        }
        expect(world.acquisitions).toHaveLength(1);
        expect(world.validations).toHaveLength(3);
    });

    test("what would acquire again is refused as ever", async () => {
        const state = await pending(withCode());
        const { error, state: next } = await engine.failed(state, withCode({ triggers: [1] }));
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(next).toBe(state);
        expect(world.acquisitions).toHaveLength(1);
        expect(world.validations).toHaveLength(1);
    });
});

describe("what a preview can tell of it", () => {
    const previewedUpdate = (state: State, change: Readonly<Record<string, unknown>>) =>
        lifecycle.previewUpdate(state.id, state.outputs, engine.check(state.inputs, args(change)), world).outputs;

    test("when it will have been is not known before, and nothing where none is asked for", async () => {
        const news = engine.check({}, args({ validation }));
        expect(lifecycle.previewCreate(news).outputs).toMatchObject({ validatedAt: unknownValue, validation });
        expect(lifecycle.previewCreate(engine.check({}, args())).outputs).not.toHaveProperty("validatedAt");
        const state = await engine.created({ validation });
        expect(previewedUpdate(state, { validation, triggers: [1] })).toMatchObject({
            acquiredAt: unknownValue,
            validatedAt: unknownValue,
        });
        expect(previewedUpdate(state, { triggers: [1] })).not.toHaveProperty("validatedAt");
        expect(previewedUpdate(state, { validation })).toEqual(state.outputs);
        expect(previewedUpdate(state, { validation: { jobId: "scim.1" } })).toMatchObject({
            acquiredAt: start,
            requestId: "request-1",
            validatedAt: unknownValue,
        });
    });
});

test("whatever the application says, and whatever changes, an acquisition is sent exactly where something to be sent changed", async () => {
    const step = fc.record({
        password: fc.constantFrom("one", "two"),
        trigger: fc.constantFrom(1, 2),
        validation: fc.constantFrom(undefined, { templateId: "scim" }, { jobId: "scim.1" }),
        says: fc.constantFrom("yes", "no", "nothing"),
    });
    await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
            world = new World();
            engine = engineIn(world);
            let state: State | undefined;
            let sent = "";
            for (const { password, trigger, validation: against, says } of steps) {
                world.validity = () => {
                    if (says === "nothing") {
                        throw new UnreachableError("no network");
                    }
                    return says === "yes" ? { valid: true } : refusal;
                };
                const before = world.acquisitions.length;
                const change = {
                    credentials: { Password: password, ...place },
                    triggers: [trigger],
                    validation: against,
                };
                const inputs = engine.check(state?.inputs ?? {}, args(change));
                const planned: lifecycle.Plan =
                    state === undefined
                        ? { action: "update", changes: [] }
                        : lifecycle.diff(state.id, state.outputs, inputs, world);
                const id: string = state?.id ?? resourceId;
                const outcome = (await (state === undefined
                    ? lifecycle.create(inputs, world)
                    : lifecycle.update(id, state.outputs, inputs, world)
                ).catch((error: unknown) => error)) as { readonly outputs: lifecycle.Properties };
                state = { id, inputs, outputs: { ...outcome.outputs } };
                const now = JSON.stringify([password, trigger]);
                expect(world.acquisitions.length - before).toBe(now === sent ? 0 : 1);
                sent = now;
                const isPending = outcome instanceof lifecycle.KeptInStateError;
                expect(state.outputs.validationPendingSince !== undefined).toBe(isPending);
                if (isPending) {
                    expect(against).toBeDefined();
                    expect(planned.action).toBe("update");
                    expect(state.outputs.validatedAt).toBeUndefined();
                }
                // What was said no to is planned again; all else is done.
                expect(lifecycle.diff(id, state.outputs, inputs, world).action).toBe(isPending ? "update" : "none");
            }
        }),
    );
});
