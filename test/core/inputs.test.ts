import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultTimeoutMs, type Inputs, parseInputs } from "../../provider/core/inputs.ts";
import { synchronizationSecretKeys } from "../../provider/core/keys.ts";
import { unknownValue } from "../../provider/core/unknown.ts";

const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
/** Any text that is a value: not the empty one, and not the one that stands for a value. */
const aValue = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text !== "*");

const valid = { servicePrincipalId: uuid, credentials: { SecretToken: "s3cr3t" } };

function accepted(raw: Readonly<Record<string, unknown>>): Inputs {
    const parsed = parseInputs(raw);
    expect(parsed.failures).toBeUndefined();
    if (parsed.failures !== undefined) {
        throw new Error("unreachable: the line above has failed");
    }
    return parsed.inputs;
}

/** The failures as `path: reason`, in their order. */
function refused(raw: Readonly<Record<string, unknown>>): string[] {
    return (parseInputs(raw).failures ?? []).map(({ path, reason }) => `${path}: ${reason}`);
}

describe("what is right", () => {
    test("the least that is needed, and every default", () => {
        expect(accepted(valid)).toEqual({
            target: { kind: "servicePrincipals", objectId: uuid },
            credentials: new Map([["SecretToken", "s3cr3t"]]),
            triggers: undefined,
            maxAgeMs: undefined,
            timeouts: { createMs: 300_000, updateMs: 300_000, readMs: 300_000 },
            apiVersion: "v1.0",
            validation: undefined,
            drift: { target: true, credentials: true },
        });
        expect(defaultTimeoutMs).toBe(300_000);
    });

    test("everything that can be given", () => {
        const inputs = accepted({
            applicationId: `/applications/${uuid}`,
            credentials: [{ "@odata.type": "#microsoft.graph.anything", key: "UserName", value: "ann" }],
            triggers: { rotated: [1, null] },
            maxAge: "30d",
            timeouts: { create: "1m", read: "2s" },
            apiVersion: "beta",
            allowUnknownKeys: false,
            validation: { jobId: "scim.1" },
            drift: { target: true, credentials: false },
            __provider: "exports.handler=…",
            credentialHashes: {},
            cloud: "public",
        });
        expect(inputs).toEqual({
            target: { kind: "applications", objectId: uuid },
            credentials: new Map([["UserName", "ann"]]),
            triggers: { rotated: [1, null] },
            maxAgeMs: 30 * 24 * 3600 * 1000,
            timeouts: { createMs: 60_000, updateMs: 300_000, readMs: 2000 },
            apiVersion: "beta",
            validation: { jobId: "scim.1" },
            drift: { target: true, credentials: false },
        });
    });

    test.each([
        ["a template", { templateId: "scim" }, { templateId: "scim" }],
        ["a template, and no job", { templateId: "scim", jobId: null }, { templateId: "scim" }],
        ["a job", { jobId: "scim.1" }, { jobId: "scim.1" }],
    ])("what to validate against: %s", (_, validation, expected) => {
        expect(accepted({ ...valid, validation }).validation).toEqual(expected);
    });

    test.each([
        ["nothing of it", {}, { target: true, credentials: true }],
        ["one look off", { target: false }, { target: false, credentials: true }],
        ["the other look off", { credentials: false }, { target: true, credentials: false }],
        ["both off", { target: false, credentials: false }, { target: false, credentials: false }],
        ["both on", { target: true, credentials: true }, { target: true, credentials: true }],
        ["one left out as null", { target: null, credentials: false }, { target: true, credentials: false }],
    ])("which looks a refresh takes: %s", (_, drift, expected) => {
        expect(accepted({ ...valid, drift }).drift).toEqual(expected);
    });

    test("null is not given, wherever something may be left out", () => {
        const given = { ...valid, ...nulls() };
        expect(accepted(given)).toEqual(accepted(valid));
        expect(accepted({ ...valid, timeouts: { create: null } })).toEqual(accepted(valid));
    });

    test("each of Graph's 45 keys is taken", () => {
        const pairs = synchronizationSecretKeys.map((key) => ({ key, value: "x" }));
        expect([
            ...(accepted({ ...valid, credentials: pairs }).credentials as ReadonlyMap<string, string>).keys(),
        ]).toEqual([...synchronizationSecretKeys]);
    });

    test("a list and a map of the same credentials are the same inputs, in any order", () => {
        const credentials = fc.uniqueArray(fc.tuple(fc.constantFrom(...synchronizationSecretKeys), aValue), {
            minLength: 1,
            selector: ([key]) => key,
        });
        const shuffled = credentials.chain((pairs) =>
            fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
        );
        fc.assert(
            fc.property(shuffled, ([pairs, others]) => {
                const list = accepted({ ...valid, credentials: others.map(([key, value]) => ({ value, key })) });
                const map = accepted({ ...valid, credentials: Object.fromEntries(pairs) });
                expect(list).toEqual(map);
                expect(map.credentials).toEqual(new Map(pairs));
            }),
        );
    });

    test("a value goes through as it was given, whitespace, newlines and all", () => {
        fc.assert(
            fc.property(aValue, (value) => {
                expect(accepted({ ...valid, credentials: { Password: value } }).credentials).toEqual(
                    new Map([["Password", value]]),
                );
            }),
        );
    });

    test("a key that Graph does not know yet is taken when the program insists", () => {
        const credentials = { Oauth3Token: "x", "a key with spaces": "y", constructor: "z" };
        const inputs = accepted({ ...valid, credentials, allowUnknownKeys: true });
        expect(inputs.credentials).toEqual(new Map(Object.entries(credentials)));
    });
});

function nulls() {
    return {
        applicationId: null,
        triggers: null,
        maxAge: null,
        timeouts: null,
        apiVersion: null,
        allowUnknownKeys: null,
        validation: null,
        drift: null,
        anything: null,
    };
}

test.each<[string, unknown]>([
    ["a map", { SecretToken: "x", "@hashKey": "k" }],
    ["a list", [{ key: "SecretToken", value: "x" }, { "@hashKey": "k" }]],
])("the hash key among the credentials is none of them: %s", (_, credentials) => {
    expect(accepted({ ...valid, credentials }).credentials).toEqual(new Map([["SecretToken", "x"]]));
});

test.each<[string, unknown]>([
    ["a map", { "@hashKey": "" }],
    ["a list", [{ "@hashKey": "" }]],
])("credentials with nothing but the place of the hash key are empty: %s", (_, credentials) => {
    expect(refused({ ...valid, credentials })).toEqual(["credentials: is empty: give at least one credential"]);
});

describe("what is wrong is named with its path and with what would be right", () => {
    const nearKey = (path: string, key: string, near: string) =>
        `${path}: is "${key}", not a key that Microsoft Graph knows; did you mean "${near}"? ` +
        "(for a key newer than this package set allowUnknownKeys: true)";
    const noKey =
        "is not a key that Microsoft Graph knows (for a key newer than this package set allowUnknownKeys: true)";
    const durations = 'a duration such as "30d", "720h", "5m", "90s" or "1h30m"';

    test.each<[string, Record<string, unknown>, string[]]>([
        [
            "no target",
            { servicePrincipalId: undefined },
            ["servicePrincipalId: is missing: give the servicePrincipalId or the applicationId to acquire a token for"],
        ],
        [
            "two targets",
            { applicationId: uuid },
            ["applicationId: is given beside servicePrincipalId: give exactly one of the two"],
        ],
        [
            "two targets, one of them unknown",
            { applicationId: unknownValue },
            ["applicationId: is given beside servicePrincipalId: give exactly one of the two"],
        ],
        [
            "the id of an application as a service principal's",
            { servicePrincipalId: `/applications/${uuid}` },
            [
                `servicePrincipalId: "/applications/${uuid}" is the id of another kind: give it as applicationId, or give a service principal's id here`,
            ],
        ],
        [
            "an id that is none",
            { servicePrincipalId: "acme" },
            [
                'servicePrincipalId: expected the object id, as a uuid or azuread\'s id (/servicePrincipals/<uuid>), got "acme"',
            ],
        ],
        [
            "an id of another type",
            { servicePrincipalId: 7 },
            ["servicePrincipalId: expected the object id as a string, got a value of type number"],
        ],
        [
            "a validation against nothing",
            { validation: {} },
            ["validation.templateId: is missing: give the synchronization template or the job (jobId) to validate for"],
        ],
        [
            "a validation against both",
            { validation: { templateId: "scim", jobId: unknownValue } },
            ["validation.jobId: is given beside templateId: give exactly one of the two"],
        ],
        [
            "a validation against something else",
            { validation: { template: "scim" } },
            [
                'validation.template: is not a property of a validation; did you mean "templateId"?',
                "validation.templateId: is missing: give the synchronization template or the job (jobId) to validate for",
            ],
        ],
        [
            "a template's id that is no text",
            { validation: { templateId: 7 } },
            ["validation.templateId: expected an id as a string, got a value of type number"],
        ],
        [
            "a job's id that is empty",
            { validation: { jobId: "" } },
            ["validation.jobId: expected an id as a string, got nothing"],
        ],
        [
            "a validation that is a text",
            { validation: "scim" },
            ["validation: expected { templateId } or { jobId }, got a value of type string"],
        ],
        [
            "a look that there is none of",
            { drift: { credential: false } },
            ['drift.credential: is not a look that a refresh takes; did you mean "credentials"?'],
        ],
        [
            "a look as a text",
            { drift: { target: "false" } },
            ["drift.target: expected true or false, got a value of type string"],
        ],
        [
            "looks as a flag",
            { drift: false },
            ["drift: expected { target, credentials }, each true or false, got a value of type boolean"],
        ],
        [
            "no credentials",
            { credentials: undefined },
            ["credentials: is missing: give a map from key to value, or a list of { key, value }"],
        ],
        ["an empty map", { credentials: {} }, ["credentials: is empty: give at least one credential"]],
        ["an empty list", { credentials: [] }, ["credentials: is empty: give at least one credential"]],
        [
            "a text instead of credentials",
            { credentials: "s3cr3t" },
            ["credentials: expected a map from key to value, or a list of { key, value }, got a value of type string"],
        ],
        [
            "an item that is no pair",
            { credentials: [{ key: "UserName", value: "x" }, "s3cr3t", null, ["s3cr3t"]] },
            [
                "credentials[1]: expected { key, value }, got a value of type string",
                "credentials[2]: expected { key, value }, got null",
                "credentials[3]: expected { key, value }, got a list",
            ],
        ],
        [
            "a pair without a key",
            { credentials: [{ value: "s3cr3t" }] },
            ['credentials[0].key: expected one of Graph\'s keys, such as "SecretToken", got a value of type undefined'],
        ],
        [
            "a pair with an empty key",
            { credentials: [{ key: "", value: "s3cr3t" }] },
            ['credentials[0].key: expected one of Graph\'s keys, such as "SecretToken", got nothing'],
        ],
        [
            "a pair without a value",
            { credentials: [{ key: "SecretToken" }] },
            ["credentials[0].value: has no value: give a string, or leave the credential out"],
        ],
        [
            "an empty value",
            { credentials: { SecretToken: "" } },
            ["credentials.SecretToken: is empty: give a value, or leave the credential out"],
        ],
        [
            "what stands for a value that can't be read back",
            { credentials: { SecretToken: "*" } },
            ["credentials.SecretToken: is *, which stands for a value that can't be read back: give the value"],
        ],
        [
            "a value that is null",
            { credentials: { SecretToken: null } },
            ["credentials.SecretToken: has no value: give a string, or leave the credential out"],
        ],
        [
            "a value that is a number",
            { credentials: { SecretToken: 12345 } },
            ["credentials.SecretToken: expected a string, as Graph takes it, got a value of type number"],
        ],
        [
            "a property that a pair does not have",
            { credentials: [{ kye: "SecretToken", key: "SecretToken", value: "x", name: "y" }] },
            [
                'credentials[0].kye: is not a property of a credential; did you mean "key"?',
                "credentials[0][…]: is not a property of a credential: give key and value, nothing else",
            ],
        ],
        [
            "a key with a typo in a map",
            { credentials: { SecretTokn: "x" } },
            [nearKey("credentials.SecretTokn", "SecretTokn", "SecretToken")],
        ],
        [
            "a key in snake case",
            { credentials: { secret_token: "x" } },
            [nearKey("credentials.secret_token", "secret_token", "SecretToken")],
        ],
        [
            "a key with a typo in a list",
            { credentials: [{ key: "Oauth2ClientID", value: "x" }] },
            [nearKey("credentials[0].key", "Oauth2ClientID", "Oauth2ClientId")],
        ],
        [
            "a key that is near none, not repeated",
            { credentials: [{ key: "hunter2", value: "x" }] },
            [`credentials[0].key: ${noKey}`],
        ],
        ["a key that is no name", { credentials: { "a b": "x" } }, [`credentials[entry 1]: ${noKey}`]],
        [
            "a key that is near one and no name",
            { credentials: { UserName: "ann", "Secret-Tokn": "x" } },
            [expect.stringMatching(/^credentials\["Secret-Tokn"\]: .*did you mean "SecretToken"/)],
        ],
        ["a key that objects have anyway", { credentials: { constructor: "x" } }, [`credentials[entry 1]: ${noKey}`]],
        [
            "a key and a value that are swapped, in a map",
            { credentials: { hunter2: "SecretToken" } },
            ['credentials[… of "SecretToken"]: has the key "SecretToken" in the value\'s place: swap the two'],
        ],
        [
            "a key and a value that are swapped, in a list",
            { credentials: [{ key: "hunter2", value: "SecretToken" }] },
            ['credentials[0].key: has the key "SecretToken" in the value\'s place: swap the two'],
        ],
        [
            "a key given twice, with both paths",
            {
                credentials: [
                    { key: "UserName", value: "x" },
                    { key: "Domain", value: "y" },
                    { key: "UserName", value: "x" },
                ],
            },
            ['credentials[2].key: repeats "UserName", which credentials[0].key gives already: give each key once'],
        ],
        [
            "a key of no known name given twice, not repeated",
            {
                credentials: [
                    { key: "hunter2", value: "x" },
                    { key: "hunter2", value: "x" },
                ],
                allowUnknownKeys: true,
            },
            ["credentials[1].key: repeats the key, which credentials[0].key gives already: give each key once"],
        ],
        ["a maxAge without a unit", { maxAge: "30" }, [`maxAge: expected ${durations}, got "30"`]],
        ["a maxAge that is a number", { maxAge: 30 }, [`maxAge: expected ${durations}, got a value of type number`]],
        [
            "a timeout that is no duration",
            { timeouts: { create: "soon" } },
            [`timeouts.create: expected ${durations}, got "soon"`],
        ],
        [
            "timeouts of other operations",
            { timeouts: { updte: "5m", delete: "5m" } },
            [
                'timeouts.updte: is not an operation with a timeout; did you mean "update"?',
                "timeouts.delete: is not an operation with a timeout",
            ],
        ],
        [
            "one timeout for all",
            { timeouts: "5m" },
            ["timeouts: expected { create, update, read } as durations, got a value of type string"],
        ],
        [
            "a list of timeouts",
            { timeouts: ["5m"] },
            ["timeouts: expected { create, update, read } as durations, got a list"],
        ],
        ["another version", { apiVersion: "v2.0" }, ['apiVersion: expected "v1.0" or "beta", got "v2.0"']],
        [
            "a version that is a number",
            { apiVersion: 1 },
            ['apiVersion: expected "v1.0" or "beta", got a value of type number'],
        ],
        [
            "a flag that is a text",
            { allowUnknownKeys: "true" },
            ["allowUnknownKeys: expected true or false, got a value of type string"],
        ],
        [
            "a property with a typo",
            { trigers: [1] },
            ['trigers: is not a property of this resource; did you mean "triggers"?'],
        ],
        ["a property of something else", { foo: "bar" }, ["foo: is not a property of this resource"]],
    ])("%s", (_, change, expected) => {
        expect(refused({ ...valid, ...change })).toEqual(expected);
    });

    test("everything that is wrong is named at once", () => {
        const failures = refused({
            applicationId: "x",
            credentials: { A: 1 },
            maxAge: "x",
            timeouts: 1,
            apiVersion: "x",
        });
        expect(failures.map((failure) => failure.split(":")[0])).toEqual([
            "applicationId",
            "credentials[entry 1]",
            "credentials[entry 1]",
            "maxAge",
            "timeouts",
            "apiVersion",
        ]);
    });
});

describe("unknown values", () => {
    test.each<[string, Record<string, unknown>, Partial<Record<keyof Inputs, unknown>>]>([
        ["the target", { servicePrincipalId: unknownValue }, { target: unknownValue }],
        ["the credentials as a whole", { credentials: unknownValue }, { credentials: unknownValue }],
        [
            "one credential's value in a map",
            { credentials: { UserName: "ann", Password: unknownValue } },
            {
                credentials: new Map([
                    ["UserName", "ann"],
                    ["Password", unknownValue],
                ]),
            },
        ],
        [
            "one credential's value in a list",
            { credentials: [{ key: "Password", value: unknownValue }] },
            { credentials: new Map([["Password", unknownValue]]) },
        ],
        ["one credential's key", { credentials: [{ key: unknownValue, value: "x" }] }, { credentials: unknownValue }],
        [
            "one item of the list",
            { credentials: [{ key: "UserName", value: "x" }, unknownValue] },
            { credentials: unknownValue },
        ],
        ["the triggers", { triggers: unknownValue }, { triggers: unknownValue }],
        ["one trigger", { triggers: [unknownValue] }, { triggers: [unknownValue] }],
        ["the age", { maxAge: unknownValue }, { maxAgeMs: unknownValue }],
        ["the timeouts", { timeouts: unknownValue }, { timeouts: accepted(valid).timeouts }],
        ["one timeout", { timeouts: { create: unknownValue } }, { timeouts: accepted(valid).timeouts }],
        ["the version", { apiVersion: unknownValue }, { apiVersion: unknownValue }],
        ["the validation", { validation: unknownValue }, { validation: unknownValue }],
        ["what to validate against", { validation: { jobId: unknownValue } }, { validation: unknownValue }],
        ["the looks", { drift: unknownValue }, { drift: { target: true, credentials: true } }],
        [
            "one look",
            { drift: { target: unknownValue, credentials: false } },
            { drift: { target: true, credentials: false } },
        ],
    ])("%s may be unknown", (_, change, expected) => {
        expect(accepted({ ...valid, ...change })).toEqual({ ...accepted(valid), ...expected });
    });

    test("while the flag is unknown any key may still be right", () => {
        const raw = { ...valid, credentials: { New: "x" }, allowUnknownKeys: unknownValue };
        expect(accepted(raw).credentials).toEqual(new Map([["New", "x"]]));
    });

    test("what is known beside an unknown is checked all the same", () => {
        const credentials = [unknownValue, { key: "SecretTokn", value: unknownValue }, { key: unknownValue, value: 7 }];
        expect(refused({ ...valid, credentials }).map((failure) => failure.split(":")[0])).toEqual([
            "credentials[1].key",
            "credentials[2].value",
        ]);
    });
});

describe("no shape at all", () => {
    const sentinel = "sentinel-93c1-of-a-credential";
    const names = [
        "servicePrincipalId",
        "applicationId",
        "credentials",
        "triggers",
        "maxAge",
        "timeouts",
        "apiVersion",
        "allowUnknownKeys",
        "credentialHashes",
        "__proto__",
        "constructor",
    ];
    const odd = fc.oneof(
        fc.anything({ withDate: true, withNullPrototype: true, withSparseArray: true, withBigInt: true }),
        fc.constantFrom(unknownValue, uuid, "", null, true, "5m", Number.NaN, () => undefined, Symbol("odd")),
    );
    const leaf = fc.oneof(
        fc.constant(sentinel),
        fc.string().map((text) => text + sentinel),
        odd,
    );
    const key = fc.oneof(
        fc.constantFrom<unknown>(...synchronizationSecretKeys, "SecretTokn", unknownValue, "", 7),
        leaf,
    );
    const pair = fc.record(
        { key, value: fc.oneof(leaf, fc.array(leaf), fc.record({ value: leaf })), "@odata.type": leaf, other: leaf },
        { requiredKeys: [] },
    );
    const credentials = fc.oneof(
        leaf,
        fc.array(fc.oneof(pair, leaf, fc.array(leaf))),
        fc.dictionary(
            fc.oneof(fc.constantFrom(...synchronizationSecretKeys), fc.string()),
            fc.oneof(leaf, fc.array(leaf)),
        ),
    );

    test("throws, and what parses holds no failure", () => {
        const anyRaw = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.oneof(odd, credentials));
        fc.assert(
            fc.property(anyRaw, (raw) => {
                const parsed = parseInputs(raw);
                expect((parsed.failures ?? ["none"]).length).toBeGreaterThan(0);
            }),
            { numRuns: 2000 },
        );
    });

    test("makes a failure show a credential's value", () => {
        const target = fc.constantFrom<Record<string, unknown>>({ servicePrincipalId: uuid }, {}, { applicationId: 7 });
        let failed = 0;
        fc.assert(
            fc.property(target, credentials, fc.constantFrom(true, false, undefined, "yes"), (given, raw, allow) => {
                const { failures = [] } = parseInputs({ ...given, credentials: raw, allowUnknownKeys: allow });
                failed += failures.length;
                expect(JSON.stringify(failures)).not.toContain(sentinel);
            }),
            { numRuns: 3000 },
        );
        expect(failed).toBeGreaterThan(1000);
    });
});
