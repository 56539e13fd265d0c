import fc from "fast-check";
import { withHashKeyPlace } from "../../provider/core/hashKey.ts";
import type { Properties } from "../../provider/core/lifecycle.ts";
import { unknownValue } from "../../provider/core/unknown.ts";
import type { Fault, FaultEffect } from "../../provider/emulator/index.ts";
import { Sentinel } from "../support/sentinels.mts";

/* What a sequence is made of: programs and how they are edited, and what goes wrong meanwhile. */

const plainKeys = ["BaseAddress", "SecretToken", "Oauth2ClientSecret", "UserName"] as const;
export type PlainKey = (typeof plainKeys)[number];
export const codeKey = "Oauth2AuthorizationCode";

const versions = 3;
const codes = 12;

/** What a sequence works with, each a value to be looked for everywhere. Codes beyond `codes` are for the end. */
const sentinels = new Map<string, Sentinel>();

function sentinelValue(key: string, version: number): string {
    const name = `${key} ${version}`;
    const sentinel = sentinels.get(name) ?? new Sentinel(name);
    sentinels.set(name, sentinel);
    return sentinel.value;
}

export function allSentinels(): readonly Sentinel[] {
    return [...sentinels.values()];
}

/** Where the program's three targets are, in Graph's words. */
export const targetKinds = ["servicePrincipals", "servicePrincipals", "applications"] as const;
export type TargetIndex = 0 | 1 | 2;

/** A program, as far as one resource of it goes. */
export interface Program {
    readonly target: TargetIndex;
    /** The version of each plain credential that it has. */
    readonly versions: Partial<Record<PlainKey, number>>;
    readonly code: number | undefined;
    readonly form: "map" | "list";
    /** Turns the order of the credentials. */
    readonly turn: number;
    readonly trigger: number | undefined;
    readonly timeout: "20s" | "3m" | undefined;
    readonly apiVersion: "beta" | undefined;
    readonly maxAge: "1h" | undefined;
}

export const firstProgram: Program = {
    target: 0,
    versions: { BaseAddress: 0, SecretToken: 0 },
    code: undefined,
    form: "map",
    turn: 0,
    trigger: undefined,
    timeout: undefined,
    apiVersion: undefined,
    maxAge: undefined,
};

/** Key → value, in the program's order. */
export function credentialsOf({ versions, code, turn }: Program): readonly (readonly [string, string])[] {
    const pairs = [
        ...Object.entries(versions).map(([key, version]) => [key, sentinelValue(key, version)] as const),
        ...(code === undefined ? [] : [[codeKey, sentinelValue(codeKey, code)] as const]),
    ];
    const at = pairs.length === 0 ? 0 : turn % pairs.length;
    return [...pairs.slice(at), ...pairs.slice(0, at)];
}

/** The resource's inputs, as its constructor hands them to the engine. */
export function inputsOf(program: Program, targets: readonly string[], unknownKey?: string): Properties {
    const { credentials, ...others } = argumentsOf(program, targets, unknownKey);
    return { ...others, credentials: withHashKeyPlace(credentials) };
}

/** The same as the user writes it. */
export function argumentsOf(program: Program, targets: readonly string[], unknownKey?: string): Properties {
    const { target, form, trigger, timeout, apiVersion, maxAge } = program;
    const pairs = credentialsOf(program).map(
        ([key, value]) => [key, key === unknownKey ? unknownValue : value] as const,
    );
    const credentials = form === "map" ? Object.fromEntries(pairs) : pairs.map(([key, value]) => ({ key, value }));
    return {
        [targetKinds[target] === "applications" ? "applicationId" : "servicePrincipalId"]: targets[target],
        credentials,
        ...(trigger === undefined ? {} : { triggers: { issue: trigger } }),
        ...(timeout === undefined ? {} : { timeouts: { create: timeout, update: timeout, read: timeout } }),
        ...(apiVersion === undefined ? {} : { apiVersion }),
        ...(maxAge === undefined ? {} : { maxAge }),
    };
}

/** What Graph is to hold, and on which occasion: programs alike in this have nothing to send between them. */
export function meaningOf(program: Program): string {
    const { target, trigger } = program;
    return JSON.stringify([target, trigger ?? null, [...credentialsOf(program)].sort()]);
}

export type Edit = Partial<Omit<Program, "versions">> & { readonly version?: readonly [PlainKey, number | undefined] };

export function edited(program: Program, { version, ...rest }: Edit): Program {
    const versions = { ...program.versions };
    if (version !== undefined) {
        const [key, number] = version;
        if (number === undefined) {
            delete versions[key];
        } else {
            versions[key] = number;
        }
    }
    return { ...program, ...rest, versions };
}

const optional = <T,>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Edits after which the service would hold the same as before. */
const idleEdits: fc.Arbitrary<Edit> = fc.oneof(
    fc.record({ form: fc.constantFrom("map", "list") }),
    fc.record({ turn: fc.nat({ max: 4 }) }),
    fc.record({ timeout: optional(fc.constantFrom("20s" as const, "3m" as const)) }),
    fc.record({ apiVersion: optional(fc.constant("beta" as const)) }),
);

const edits: fc.Arbitrary<Edit> = fc.oneof(
    {
        weight: 4,
        arbitrary: fc.record({
            version: fc.tuple(fc.constantFrom(...plainKeys), optional(fc.nat({ max: versions - 1 }))),
        }),
    },
    { weight: 4, arbitrary: fc.record({ code: fc.nat({ max: codes - 1 }) }) },
    { weight: 1, arbitrary: fc.constant({ code: undefined }) },
    { weight: 2, arbitrary: fc.record({ trigger: optional(fc.nat({ max: 2 })) }) },
    { weight: 1, arbitrary: fc.record({ target: fc.constantFrom<TargetIndex>(0, 1, 2) }) },
    { weight: 1, arbitrary: fc.record({ maxAge: optional(fc.constant("1h" as const)) }) },
    { weight: 3, arbitrary: idleEdits },
);

const retryAfters = optional(fc.constantFrom("1", "7", "30", "315", "100000", "0", "soon"));
const graphBody = fc.constantFrom(
    "UnknownError",
    "Request_ResourceNotFound",
    "Authorization_RequestDenied",
    "Conflict",
);

/**
 * What can happen to a request without Graph lying: a call that was processed is not refused, and one that was not is
 * not accepted. `echo` has Graph say back a value that was sent.
 */
export type Trouble = Omit<Fault, "effect"> & { readonly effect: FaultEffect | { readonly kind: "echo" } };

const effects: fc.Arbitrary<Trouble["effect"]> = fc.oneof(
    fc.record({ kind: fc.constantFrom("reset" as const, "hang" as const), when: fc.constantFrom("before", "after") }),
    fc.record({ kind: fc.constant("throttle" as const) }),
    retryAfters.map((retryAfter) => ({ kind: "throttle" as const, ...(retryAfter && { retryAfter }) })),
    fc.constant({ kind: "truncate" as const }),
    fc.constant({ kind: "echo" as const }),
    fc
        .tuple(
            fc.constantFrom(400, 401, 403, 404, 408, 409, 500, 502, 503, 504, 307),
            graphBody,
            fc.boolean(),
            retryAfters,
        )
        .map(([status, code, isPage, retryAfter]) => ({
            kind: "respond" as const,
            status,
            body: isPage ? "<html><body>Bad gateway</body></html>" : { error: { code, message: "" } },
            headers: {
                ...(retryAfter && { "retry-after": retryAfter }),
                ...(status === 307 && { location: "/v1.0/x" }),
            },
        })),
    fc.constantFrom(408, 500, 502, 503, 504).map((status) => ({ kind: "processThenRespond" as const, status })),
);

const troubles: fc.Arbitrary<Trouble> = fc.record({
    match: fc.constantFrom(
        { path: "acquireAccessToken" },
        { path: "acquireAccessToken" },
        { path: "acquireAccessToken" },
        { path: "synchronization/secrets" },
        { method: "GET" },
    ),
    times: fc.constantFrom(1, 1, 2, 3, 5, 100),
    skip: fc.constantFrom(0, 0, 1),
    effect: effects,
});

/** What a user does next. */
export type Command =
    | {
          readonly does: "up";
          /** First of all takes everything back that was edited since the last `up` that worked. */
          readonly takesBack: boolean;
          readonly edits: readonly Edit[];
          readonly troubles: readonly Trouble[];
          readonly killAt: number;
      }
    | { readonly does: "refresh"; readonly troubles: readonly Trouble[]; readonly killAt: number }
    | { readonly does: "preview"; readonly edits: readonly Edit[]; readonly unknownKey: string | undefined }
    | { readonly does: "destroy" }
    | { readonly does: "wait"; readonly minutes: number }
    /** Somebody deletes the target in the directory. */
    | { readonly does: "lose"; readonly target: TargetIndex };

const killAt = fc.oneof(
    { weight: 3, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
    { weight: 1, arbitrary: fc.nat({ max: 9 }) },
);
const fewEdits = fc.oneof(fc.array(edits, { maxLength: 3 }), fc.array(idleEdits, { maxLength: 1 }));
const fewTroubles = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(troubles, { minLength: 1, maxLength: 3 }) },
);

export const commands: fc.Arbitrary<Command> = fc.oneof(
    {
        weight: 12,
        arbitrary: fc.record({
            does: fc.constant("up" as const),
            takesBack: fc.constantFrom(false, false, false, true),
            edits: fewEdits,
            troubles: fewTroubles,
            killAt,
        }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("refresh" as const), troubles: fewTroubles, killAt }) },
    {
        weight: 2,
        arbitrary: fc.record({
            does: fc.constant("preview" as const),
            edits: fewEdits,
            unknownKey: optional(fc.constantFrom(...plainKeys, codeKey)),
        }),
    },
    { weight: 1, arbitrary: fc.constant({ does: "destroy" as const }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("wait" as const), minutes: fc.constantFrom(1, 90) }) },
    {
        weight: 1,
        arbitrary: fc.record({ does: fc.constant("lose" as const), target: fc.constantFrom<TargetIndex>(0, 1, 2) }),
    },
);

export const sequences = fc.array(commands, { minLength: 2, maxLength: 9, size: "max" });
