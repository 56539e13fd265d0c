/*
 * A user's program that names everything public, for the compiler alone: types.test.mts compiles it against the tarball
 * under each way of resolving modules. What must not compile says so.
 */
import * as pulumi from "@pulumi/pulumi";
import type {
    AcquisitionTimeouts,
    Credential,
    CredentialKey,
    CredentialMap,
    SynchronizationSecretKey,
    SynchronizationTokenAcquisitionArgs,
} from "pulumi-entrasync";
import {
    type AuthenticationError,
    ConfigurationError,
    DeadlineError,
    type EntrasyncError,
    InvalidInputError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RequestRejectedError,
    SynchronizationTokenAcquisition,
    type synchronizationSecretKeys,
    TargetNotFoundError,
    ThrottledError,
    UnreachableError,
} from "pulumi-entrasync";

/** Compiles where both are the same type, `any` being the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const config = new pulumi.Config();
const principalId = pulumi.output("/servicePrincipals/6f4e2b1c-0000-4000-8000-000000000001");

const byMap = new SynchronizationTokenAcquisition("by-map", {
    servicePrincipalId: principalId,
    credentials: {
        BaseAddress: "https://scim.acme.example/v2",
        SecretToken: config.requireSecret("scimToken"),
        Domain: Promise.resolve("acme.example"),
    },
});

const byList = new SynchronizationTokenAcquisition(
    "by-list",
    {
        applicationId: Promise.resolve("/applications/6f4e2b1c-0000-4000-8000-000000000002"),
        credentials: [
            { key: "BaseAddress", value: "https://scim.acme.example/v2" },
            { key: pulumi.output<CredentialKey>("SecretToken"), value: Promise.resolve("a token") },
            pulumi.output<Credential>({ key: "AKeyOfANewerGraph", value: "a value" }),
        ],
        triggers: { issued: "2026-11-01", generation: 2, when: principalId },
        maxAge: "30d",
        timeouts: { create: "10m", update: pulumi.output("90s"), read: Promise.resolve("1m") },
        apiVersion: "beta",
        allowUnknownKeys: true,
    },
    { dependsOn: [byMap], protect: true, ignoreChanges: ["credentials.SecretToken"] },
);

// As a whole, later; and written down apart from the resource.
const map: CredentialMap = { SecretToken: "a token", AKeyOfANewerGraph: config.requireSecret("other") };
const list: readonly Credential[] = [{ key: "SecretToken", value: "a token" }];
const timeouts: AcquisitionTimeouts = {};
const wholes: readonly SynchronizationTokenAcquisitionArgs[] = [
    { servicePrincipalId: principalId, credentials: map, timeouts },
    { servicePrincipalId: principalId, credentials: pulumi.secret(map), triggers: ["a", 1, principalId] },
    { servicePrincipalId: principalId, credentials: list, triggers: pulumi.output(["a"]) },
    {
        servicePrincipalId: principalId,
        credentials: pulumi.output([...list]),
        apiVersion: pulumi.output("v1.0" as const),
    },
    { servicePrincipalId: principalId, credentials: Promise.resolve(map), allowUnknownKeys: pulumi.output(true) },
    // Undefined for what is left out, as programs that compute their arguments have it.
    {
        servicePrincipalId: undefined,
        applicationId: principalId,
        credentials: map,
        triggers: undefined,
        maxAge: undefined,
    },
];

same<typeof byMap.id, pulumi.Output<pulumi.ID>>(true);
same<typeof byMap.urn, pulumi.Output<pulumi.URN>>(true);
same<typeof byMap.acquiredAt, pulumi.Output<string>>(true);
same<typeof byMap.requestId, pulumi.Output<string>>(true);
same<typeof byMap.credentialHashes, pulumi.Output<Readonly<Record<string, string>>>>(true);
same<(typeof synchronizationSecretKeys)[number], SynchronizationSecretKey>(true);
same<"SecretToken" extends SynchronizationSecretKey ? true : false, true>(true);
same<"SecretTokn" extends SynchronizationSecretKey ? true : false, false>(true);

const something: unknown = byList;
if (SynchronizationTokenAcquisition.isInstance(something)) {
    same<typeof something, SynchronizationTokenAcquisition>(true);
}

// The inputs are not outputs: the values stay out of them.
// @ts-expect-error
void byMap.credentials;
// @ts-expect-error
byMap.acquiredAt = pulumi.output("now");

const refused: readonly SynchronizationTokenAcquisitionArgs[] = [
    // @ts-expect-error the credentials are left out
    { servicePrincipalId: principalId },
    // @ts-expect-error a misspelt argument
    { servicePrincipalID: principalId, credentials: map },
    // @ts-expect-error a number for a target
    { servicePrincipalId: 42, credentials: map },
    // @ts-expect-error a number for a credential
    { servicePrincipalId: principalId, credentials: { CompanyId: 42 } },
    // @ts-expect-error a number for a credential in a list
    { servicePrincipalId: principalId, credentials: [{ key: "CompanyId", value: 42 }] },
    // @ts-expect-error a credential without a value
    { servicePrincipalId: principalId, credentials: [{ key: "SecretToken" }] },
    // @ts-expect-error no version of Graph
    { servicePrincipalId: principalId, credentials: map, apiVersion: "v2.0" },
    // @ts-expect-error a number of what?
    { servicePrincipalId: principalId, credentials: map, maxAge: 30 },
    // @ts-expect-error an operation that takes no time
    { servicePrincipalId: principalId, credentials: map, timeouts: { delete: "1m" } },
];
// @ts-expect-error the arguments are left out
new SynchronizationTokenAcquisition("without");

/** What a program that catches our errors may rely on. */
function tell(error: EntrasyncError): string {
    if (error instanceof InvalidInputError) {
        return error.failures.map(({ path, reason }) => `${path} ${reason}`).join();
    }
    if (error instanceof PermissionDeniedError || error instanceof RequestRejectedError) {
        return `${error.status} ${error.graphCode ?? ""} ${error.requestId ?? ""}`;
    }
    return `${error.code} ${error.message}`;
}

same<ConstructorParameters<typeof AuthenticationError>[0], string | undefined>(true);
void [
    tell,
    wholes,
    refused,
    ConfigurationError,
    DeadlineError,
    OutcomeUnknownError,
    TargetNotFoundError,
    ThrottledError,
    UnreachableError,
];
