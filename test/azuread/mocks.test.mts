import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { expect, test } from "vitest";
import { withHashKeyPlace } from "../../provider/core/hashKey.ts";
import { resourceType } from "../support/stack.mts";
import { type Example, examplesFor, secondStep } from "./examples.mts";

/* The examples, unmodified, under Pulumi's mocks: what they register, with what, in which order. */

interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** The types that were registered, and answered, before this one was asked for. */
    readonly after: readonly string[];
}

const principalType = "azuread:index/servicePrincipal:ServicePrincipal";
const applicationType = "azuread:index/application:Application";
const secretType = "azuread:index/synchronizationSecret:SynchronizationSecret";
const jobType = "azuread:index/synchronizationJob:SynchronizationJob";
const principalId = "/servicePrincipals/22222222-2222-4222-8222-222222222222";

const [scim, oauth] = examplesFor({
    clientId: "entra",
    clientSecret: "sentinel-client-secret",
    authorizationUri: "https://login.acme.example/authorize",
    tokenExchangeUri: "https://login.acme.example/token",
    baseAddress: "https://scim.acme.example/v2",
    scopes: [],
});

/** The application that Microsoft's template makes, and the service principal that comes with it. */
const ofTheTemplate = [
    {
        type: applicationType,
        name: "acme",
        inputs: { displayName: "Acme", templateId: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621" },
        after: [],
    },
    {
        type: principalType,
        name: "acme",
        inputs: { clientId: "client-id", useExisting: true },
        after: [applicationType],
    },
];

test("azuread-scim: application of the template, its principal, its credentials, the token, and then the job", async () => {
    const { registered, exports } = await run(scim);
    const credentials = [
        { key: "BaseAddress", value: "https://scim.acme.example/v2" },
        { key: "SecretToken", value: "sentinel-scim-token" },
    ];
    expect(registered).toEqual([
        ...ofTheTemplate,
        {
            type: secretType,
            name: "acme",
            inputs: { servicePrincipalId: principalId, credentials: secret(credentials) },
            after: [applicationType, principalType],
        },
        {
            type: resourceType,
            name: "acme",
            inputs: {
                servicePrincipalId: principalId,
                credentials: secret(withHashKeyPlace(credentials)),
                __provider: expect.any(String),
            },
            after: [applicationType, principalType, secretType],
        },
        {
            type: jobType,
            name: "acme",
            inputs: { servicePrincipalId: principalId, templateId: "scim" },
            after: [applicationType, principalType, secretType, resourceType],
        },
    ]);
    expect(exports).toEqual({ acquiredAt: "2026-01-02T03:04:05.678Z", jobId: "acme-id" });
});

test("azuread-oauth: application of the template, its principal, the token with all that a grant needs, and then the job", async () => {
    const { registered, exports } = await run(oauth);
    expect(registered).toEqual([
        ...ofTheTemplate,
        {
            type: resourceType,
            name: "acme",
            inputs: {
                servicePrincipalId: principalId,
                credentials: secret(
                    withHashKeyPlace({
                        BaseAddress: "https://scim.acme.example/v2",
                        AuthenticationType: "OAuth2ClientCredentialsGrant",
                        Oauth2TokenExchangeUri: "https://login.acme.example/token",
                        Oauth2ClientId: "entra",
                        Oauth2ClientSecret: "sentinel-client-secret",
                    }),
                ),
                validation: { templateId: "scim" },
                __provider: expect.any(String),
            },
            after: [applicationType, principalType],
        },
        {
            type: jobType,
            name: "acme",
            inputs: { servicePrincipalId: principalId, templateId: "scim" },
            after: [applicationType, principalType, resourceType],
        },
    ]);
    expect(exports).toEqual({ acquiredAt: "2026-01-02T03:04:05.678Z", jobId: "acme-id" });
});

test.each([
    { example: scim, adds: { maxAge: "90d" } },
    { example: oauth, adds: { triggers: { revoked: "2026-11-01" } } },
])("$example.name's second step changes the acquisition, by $adds, and nothing else", async ({ example, adds }) => {
    const before = (await run(example)).registered;
    const after = (await run(secondStep(example))).registered;
    expect(after).toEqual(
        before.map((registered) =>
            registered.type === resourceType
                ? { ...registered, inputs: { ...registered.inputs, ...adds } }
                : registered,
        ),
    );
});

test.each([scim, oauth])(
    "$name's page configures what the program asks for, as plain text or as a secret",
    (example) => {
        const page = readFileSync(new URL("README.md", pathToFileURL(example.file)), "utf8");
        const set = [...page.matchAll(/^pulumi config set (?:--plaintext )?(--secret )?(\w+)/gm)];
        const keys = (isSecret: boolean) =>
            set.filter(([, secret]) => (secret !== undefined) === isSecret).map(([, , key]) => key);
        expect(keys(false)).toEqual(Object.keys(example.config));
        expect(keys(true)).toEqual(Object.keys(example.secretConfig));
    },
);

const steps = [scim, oauth].flatMap((example) => [
    { ...example, step: "the first step" },
    { ...secondStep(example), step: "the second step" },
]);

test.each(steps)("$name, $step, compiles under strict rules against azuread's own types", ({ file }) => {
    const program = ts.createProgram([file], {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        types: ["node"],
    });
    const problems = ts.getPreEmitDiagnostics(program);
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
});

const runs = new Map<string, ReturnType<typeof runOnce>>();

/** What the program registers: a module is only loaded once, and so are these. */
function run(example: Example): ReturnType<typeof runOnce> {
    const running = runs.get(example.file) ?? runOnce(example);
    runs.set(example.file, running);
    return running;
}

/** Runs the program to its end; Pulumi's mocks take a moment for each resource, so that an order is one. */
async function runOnce({ name, file, config, secretConfig }: Example) {
    const registered: Registered[] = [];
    const answered: string[] = [];
    const inNamespace = (values: Readonly<Record<string, string>>) =>
        Object.fromEntries(Object.entries(values).map(([key, value]) => [`${name}:${key}`, value]));
    await pulumi.runtime.setMocks(
        {
            async newResource({ type, name: resource, inputs }) {
                registered.push({ type, name: resource, inputs, after: [...answered].sort(byOrder) });
                await new Promise((resolve) => setTimeout(resolve, 20));
                answered.push(type);
                const known: Readonly<Record<string, object>> = {
                    [applicationType]: { clientId: "client-id" },
                    [resourceType]: { acquiredAt: "2026-01-02T03:04:05.678Z" },
                };
                return {
                    id: type === principalType ? principalId : `${resource}-id`,
                    state: { ...inputs, ...known[type] },
                };
            },
            call: () => ({}),
        },
        name,
        "dev",
        false,
    );
    pulumi.runtime.setAllConfig(inNamespace({ ...config, ...secretConfig }), Object.keys(inNamespace(secretConfig)));
    const exported = (await import(file)) as Readonly<Record<string, pulumi.Output<unknown>>>;
    const exports = await Promise.all(
        Object.entries(exported)
            .filter(([, value]) => pulumi.Output.isInstance(value))
            .map(async ([key, value]) => [key, await new Promise((resolve) => value.apply(resolve))] as const),
    );
    return { registered, exports: Object.fromEntries(exports) };
}

function byOrder(one: string, other: string): number {
    const order = [applicationType, principalType, secretType, resourceType, jobType];
    return order.indexOf(one) - order.indexOf(other);
}

/** A secret as it goes over the wire to the engine. */
function secret(value: unknown) {
    return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}
