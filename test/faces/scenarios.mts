import type { Fault } from "pulumi-entrasync/emulator";

/*
 * One stack's life, told once for both faces: every scenario is a resource of that stack, and every step a command that
 * all of them go through together.
 */

/** What the commands of the stack are, in order. */
export const steps = [
    /** Everything is new. */
    "preview",
    "up",
    /** Nothing changed; what failed is tried again. */
    "again",
    /** Each scenario's own change. Before it, whoever is aged was acquired 31 days ago. */
    "preview the change",
    "change",
    /** Nothing changed; what failed is tried again. */
    "mend",
    "refresh",
    /** What the refresh has missed is acquired again. */
    "after the refresh",
    "preview another cloud",
    "destroy",
] as const;

export type StepName = (typeof steps)[number];

/** A program's arguments, as data. */
export type Arguments = Readonly<Record<string, unknown>>;

/** A value that the program marks as a secret. */
const secret = (value: unknown) => ({ "fn::secret": value });

/** What a step is to do with one resource. */
export interface Expected {
    /** What the engine does: `create`, `same`, `update`, `replace`, …; none where it has nothing to do with it. */
    readonly ops?: readonly string[];
    /** How many requests ask for an acquisition. Default: none. */
    readonly posts?: number;
    /** How many of those are accepted. Default: as many. */
    readonly accepted?: number;
    /** The code of the error with which it fails. Default: it does not. */
    readonly fails?: string;
}

export interface Scenario {
    /** Before the change, and after it. Default: no change. `undefined`: not in the program. */
    readonly before: Arguments;
    readonly after?: Arguments | undefined;
    /** What befalls its requests in a step. */
    readonly faults?: Partial<Record<StepName, Fault["effect"]>>;
    /** Its state is made 31 days old before the change. */
    readonly isAged?: boolean;
    /** Its target is deleted before the refresh. */
    readonly isGone?: boolean;
    /** Somebody clears what the service holds for its target, before the refresh. */
    readonly isCleared?: boolean;
    /** What the change does. Default: nothing to be sent. */
    readonly change?: Expected;
    /** Where another step is not what it is for everybody. */
    readonly expected?: Partial<Record<StepName, Expected>>;
}

/** The targets by name; the programs say `id of <name>`, and each face has its own directory. */
export const idOf = (target: string) => `id of ${target}`;

const baseAddress = "https://scim.acme.example/v2";
const map = { BaseAddress: baseAddress, SecretToken: "token-1" };
const rotatedMap = { ...map, SecretToken: "token-2" };
const list = Object.entries(map).map(([key, value]) => ({ key, value }));
const own = { servicePrincipalId: idOf("own") };

const updated: Expected = { ops: ["update"], posts: 1 };
const replaced: Expected = { ops: ["create-replacement", "replace"], posts: 1 };
/** With `--continue-on-error` an engine whose run has a failure leaves what is to be deleted to the next. */
const forgotten: Partial<Record<StepName, Expected>> = { mend: { ops: ["same", "delete-replaced"] } };

export const scenarios: Readonly<Record<string, Scenario>> = {
    "a value of a map": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: rotatedMap },
        change: updated,
    },
    "a value of a list": {
        before: { ...own, credentials: list },
        after: { ...own, credentials: [list[0], { key: "SecretToken", value: "token-2" }] },
        change: updated,
    },
    "a key more": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: { ...map, UserName: "scim" } },
        change: updated,
    },
    "a key less": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: { SecretToken: "token-1" } },
        change: updated,
    },
    "another order": { before: { ...own, credentials: list }, after: { ...own, credentials: [...list].reverse() } },
    "a map for a list": { before: { ...own, credentials: list }, after: { ...own, credentials: map } },
    "a list for a map": { before: { ...own, credentials: map }, after: { ...own, credentials: list } },
    "a mark as a secret": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: { ...map, SecretToken: secret("token-1") } },
    },
    "azuread's id for the object id": {
        before: { servicePrincipalId: `/servicePrincipals/${idOf("own")}`, credentials: map },
        after: { ...own, credentials: map },
    },
    "an application": {
        before: { applicationId: `/applications/${idOf("own application")}`, credentials: map },
        after: { applicationId: idOf("own application"), credentials: rotatedMap },
        change: updated,
    },
    "a trigger": {
        before: { ...own, credentials: map, triggers: { run: 1, of: "x" } },
        after: { ...own, credentials: map, triggers: { of: "x", run: 2 } },
        change: updated,
    },
    "triggers in another order": {
        before: { ...own, credentials: map, triggers: { run: 1, of: "x" } },
        after: { ...own, credentials: map, triggers: { of: "x", run: 1 } },
    },
    "triggers where there were none": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: map, triggers: ["a"] },
        change: updated,
    },
    "no triggers any more": {
        before: { ...own, credentials: map, triggers: ["a"] },
        after: { ...own, credentials: map },
        change: updated,
    },
    "a trigger that is a secret": {
        before: { ...own, credentials: map, triggers: { hidden: secret("a"), shown: "1" } },
        after: { ...own, credentials: map, triggers: { hidden: secret("b"), shown: "1" } },
        change: updated,
    },
    "an age that has passed": {
        before: { ...own, credentials: map, maxAge: "30d" },
        isAged: true,
        change: updated,
    },
    "an age that has not": { before: { ...own, credentials: map, maxAge: "32d" }, isAged: true },
    "time-outs": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: map, timeouts: { create: "1m", update: "90s", read: "1m" } },
    },
    "Graph's other version": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: map, apiVersion: "beta" },
    },
    "the other version, and a value": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: rotatedMap, apiVersion: "beta" },
        change: updated,
    },
    "another target": {
        before: { ...own, credentials: map },
        after: { servicePrincipalId: idOf("another"), credentials: map },
        change: replaced,
        expected: forgotten,
    },
    "a target of the other kind": {
        before: { ...own, credentials: map },
        after: { applicationId: idOf("own application"), credentials: map },
        change: replaced,
        expected: forgotten,
    },
    "refused at first": {
        before: { ...own, credentials: map },
        faults: { up: { kind: "respond", status: 400, body: { error: { code: "BadRequest", message: "No." } } } },
        expected: {
            up: { ops: ["create"], posts: 1, accepted: 0, fails: "REQUEST_REJECTED" },
            again: { ops: ["create"], posts: 1 },
        },
    },
    "refused at the change": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: rotatedMap },
        faults: { change: { kind: "respond", status: 400, body: { error: { code: "BadRequest", message: "No." } } } },
        change: { ops: ["update"], posts: 1, accepted: 0, fails: "REQUEST_REJECTED" },
        expected: { mend: { ops: ["update"], posts: 1 } },
    },
    "an answer that is lost": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: rotatedMap },
        faults: { change: { kind: "reset", when: "after" } },
        change: { ops: ["update"], posts: 2 },
    },
    "an answer that is lost, with a code": {
        before: { ...own, credentials: { Oauth2AuthorizationCode: secret(`code-1 of ${idOf("own")}`) } },
        after: { ...own, credentials: { Oauth2AuthorizationCode: secret(`code-2 of ${idOf("own")}`) } },
        faults: { up: { kind: "reset", when: "after" } },
        change: updated,
        expected: {
            up: { ops: ["create"], posts: 1, fails: "OUTCOME_UNKNOWN" },
            again: { ops: ["update"], fails: "OUTCOME_UNKNOWN" },
        },
    },
    "a validation": {
        before: { ...own, credentials: map, validation: { templateId: "scim" } },
        after: { ...own, credentials: rotatedMap, validation: { templateId: "scim" } },
        change: updated,
    },
    "a validation where there was none": {
        before: { ...own, credentials: map },
        after: { ...own, credentials: map, validation: { templateId: "scim" } },
        change: { ops: ["update"] },
    },
    "a validation that says no": {
        before: { ...own, credentials: map, validation: { templateId: "none-of-its" } },
        after: { ...own, credentials: map, validation: { templateId: "scim" } },
        change: { ops: ["update"] },
        expected: {
            up: { ops: ["create"], posts: 1, fails: "VALIDATION_FAILED" },
            again: { ops: ["update"], fails: "VALIDATION_FAILED" },
        },
    },
    "a key that Graph shows no more": {
        before: { ...own, credentials: map },
        isCleared: true,
        expected: { "after the refresh": { ops: ["update"], posts: 1 } },
    },
    "a key that nobody looks for": {
        before: { ...own, credentials: map, drift: { credentials: false } },
        isCleared: true,
    },
    "out of the program": {
        before: { ...own, credentials: map },
        after: undefined,
        change: { ops: [] },
        expected: { "preview the change": { ops: ["delete"] }, mend: { ops: ["delete"] } },
    },
    "gone at the refresh": {
        before: { ...own, credentials: map },
        isGone: true,
        expected: { "after the refresh": { ops: ["create"], posts: 1, accepted: 0, fails: "TARGET_NOT_FOUND" } },
    },
};

const plannedReplacement = ["create-replacement", "replace", "delete-replaced"];

/** What a step does with a scenario. */
export function expectedOf({ change, expected = {}, isGone, ...scenario }: Scenario, step: StepName): Expected {
    const isOut = "after" in scenario && scenario.after === undefined;
    const given = expected[step];
    if (given !== undefined) return given;
    switch (step) {
        case "preview":
            return { ops: ["create"] };
        case "up":
            return { ops: ["create"], posts: 1 };
        case "again":
            return { ops: ["same"] };
        case "preview the change":
            return change?.ops?.includes("replace") ? { ops: plannedReplacement } : { ops: change?.ops ?? ["same"] };
        case "change":
            return change ?? { ops: ["same"] };
        case "mend":
            return isOut ? {} : { ops: ["same"] };
        case "after the refresh":
            return isOut ? {} : { ops: ["same"] };
        case "refresh":
            return isOut ? {} : { ops: ["refresh"] };
        case "preview another cloud":
            return isOut ? {} : { ops: isGone ? ["create"] : plannedReplacement };
        case "destroy":
            return isOut || isGone ? {} : { ops: ["delete"] };
    }
}
