import type { TargetKind } from "./fixture.mts";

/** A resource of a recorded program. */
export interface Declared {
    readonly target?: TargetKind;
    /** `${name.output}` stands for another resource's output, and `{ "fn::secret": … }` for a secret, as in YAML. */
    readonly args: Readonly<Record<string, unknown>>;
    /** How many acquisitions the next `up` asks for. Default: none, and the next preview shows no change at all. */
    readonly posts?: number;
    /** Whether the resource is one that state can hold only with the plugin. */
    readonly isPluginOnly?: boolean;
}

export type ProgramName = "settled" | "unsettled" | "government";

const BaseAddress = "https://scim.acme.example/v2";
const scim = { credentials: { BaseAddress, SecretToken: "the first of a test" } };

/** Where nothing is left to do: the next preview must show no change. */
const settled: Readonly<Record<string, Declared>> = {
    map: { args: scim },
    list: {
        args: {
            credentials: [
                { key: "BaseAddress", value: BaseAddress },
                { key: "SecretToken", value: "the first of a test" },
            ],
        },
    },
    unknownKey: { args: { credentials: { KeyOfTomorrow: "of a test" }, allowUnknownKeys: true } },
    triggered: {
        args: { ...scim, triggers: { issued: "2026-11-01", list: [1, { deep: true }], hidden: { "fn::secret": "x" } } },
    },
    // Long enough for every machine that is going to read it.
    aged: { args: { ...scim, maxAge: "36500d" } },
    timed: { args: { ...scim, timeouts: { create: "2m", update: "90s", read: "1h30m" } } },
    application: { target: "applications", args: scim },
    beta: { args: { ...scim, apiVersion: "beta" } },
    code: { args: { credentials: { BaseAddress, Oauth2AuthorizationCode: "a code of a test" } } },
    refreshed: { args: { ...scim, triggers: ["1"] } },
    validated: { args: { ...scim, validation: { templateId: "scim" } } },
    blind: { args: { ...scim, drift: { target: false, credentials: false } } },
    hidden: { args: scim },
    dependent: { args: { credentials: { BaseAddress, UserName: `\${blind.acquiredAt}` } } },
};

/** Where state knows of something to be done: the next `up` must do that and no more. */
const unsettled: Readonly<Record<string, Declared>> = {
    inDoubt: { args: { credentials: { BaseAddress, SecretToken: "the second of a test" } }, posts: 1 },
    inDoubtCode: { args: { credentials: { BaseAddress, Oauth2AuthorizationCode: "a code of a test" } }, posts: 0 },
    cleared: { args: scim, posts: 1 },
    pending: { args: { ...scim, validation: { templateId: "scim" } }, posts: 0 },
    old: { args: { ...scim, maxAge: "1s" }, posts: 1 },
    imported: { args: scim, posts: 1, isPluginOnly: true },
};

export const programs: Readonly<Record<ProgramName, Readonly<Record<string, Declared>>>> = {
    settled,
    unsettled,
    government: { federal: { args: scim } },
};
