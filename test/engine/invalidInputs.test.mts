import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watch } from "../support/observed.mts";
import { openStack, type Stack } from "../support/stack.mts";

/* What is wrong is said in the preview, all of it, with its path, before anything is sent. */

const emulator = await startEmulator();
const principal = emulator.createServicePrincipal("Acme");
const application = emulator.createApplication("Acme");
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

const right = `servicePrincipalId: "${principal.id}", credentials: { SecretToken: "a-token" }`;

// The engine ends at the first resource that has failures, so each is a program of its own.
const wrong: { what: string; args: string; says: readonly RegExp[] }[] = [
    {
        what: "a list with many mistakes",
        args: `
            servicePrincipalID: "${principal.id}",
            credentials: [
                { key: "SecretTokn", value: "a-token" },
                { key: "BaseAddress", value: "" },
                { key: "BaseAddress", value: "https://scim.acme.example/v2" },
                { key: "UserName", vlaue: "scim" },
                { key: "Password", value: 12345678 },
            ],
            maxAge: "30 days",
            timeouts: { create: "5", creat: "5m" },
            apiVersion: "v2.0"`,
        says: [
            /servicePrincipalID is not a property of this resource; did you mean "servicePrincipalId"\?/,
            /servicePrincipalId is missing/,
            /credentials\[0\]\.key.*did you mean "SecretToken"\?/,
            /credentials\[1\]\.value.*is empty/,
            /credentials\[2\]\.key.*repeats "BaseAddress", which credentials\[1\]\.key gives already/,
            /credentials\[3\]\.vlaue.*did you mean "value"\?/,
            /credentials\[3\]\.value.*has no value/,
            /credentials\[4\]\.value.*expected a string.*got a value of type number/,
            /maxAge expected a duration/,
            /timeouts\.create\b.*expected a duration/,
            /timeouts\.creat\b.*did you mean "create"\?/,
            /apiVersion expected "v1\.0" or "beta"/,
        ],
    },
    {
        what: "no id, and a map with many mistakes",
        args: `servicePrincipalId: "acme", credentials: { secretToken: "a-token", Password: null, UserName: true }`,
        says: [
            /servicePrincipalId expected the object id.*got "acme"/,
            /credentials\.secretToken.*did you mean "SecretToken"\?/,
            /credentials\.UserName.*expected a string.*got a value of type boolean/,
        ],
    },
    {
        what: "both targets, and no credential",
        args: `servicePrincipalId: "${principal.id}", applicationId: "${application.id}", credentials: {}`,
        says: [/applicationId is given beside servicePrincipalId/, /credentials is empty/],
    },
    {
        what: "an id of the other kind, and a text for credentials",
        args: `servicePrincipalId: "/applications/${application.id}", credentials: "a-token"`,
        says: [
            /is the id of another kind: give it as applicationId/,
            /credentials expected a map from key to value, or a list.*got a value of type string/,
        ],
    },
];

test.for(wrong)("$what: all of it is said, with its paths, and nothing is sent", async ({ args, says }) => {
    stack.declare(`new SynchronizationTokenAcquisition("wrong", { ${args} });`);
    const seen = watch(emulator);
    const { code, output } = await stack.run(["preview"]);
    expect(code).not.toBe(0);
    for (const said of says) expect(output, String(said)).toMatch(said);
    expect(output).not.toMatch(/a-token|12345678|unexpected error|at .*\.js:\d+/);
    expect(seen().requests).toEqual([]);
});

test("up refuses the same without sending anything and without a trace in state", async () => {
    stack.declare(`
        new SynchronizationTokenAcquisition("wrong", { servicePrincipalId: "${principal.id}", credentials: [] });`);
    const seen = watch(emulator);
    const { code, output } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(output).toMatch(/credentials is empty/);
    expect(seen().requests).toEqual([]);
    expect(await stack.resources()).toEqual({});
});

test("a cloud that there is not is refused in the preview, with those that there are", async () => {
    stack.declare(`new SynchronizationTokenAcquisition("acme", { ${right} });`);
    const seen = watch(emulator);
    const { code, output } = await stack.run(["preview"], {
        environment: { ARM_ENVIRONMENT: "mars", ARM_METADATA_HOSTNAME: undefined },
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(/environment \(entrasync:environment, azuread:environment or ARM_ENVIRONMENT\) is "mars"/);
    expect(output).toContain("usgovernment");
    expect(seen().requests).toEqual([]);
});

test("stack configuration wins over the environment, and this package's over azuread's", async () => {
    stack.declare(`exports.cloud = new SynchronizationTokenAcquisition("acme", { ${right} }).id;`);
    await stack.config("azuread:environment", "mars");
    await stack.config("entrasync:environment", "china");
    const environment = { ARM_METADATA_HOSTNAME: undefined };
    const plan = await stack.plan({ environment });
    expect(plan.acme?.newState?.inputs?.cloud).toBe("china");
    await stack.does(["config", "rm", "entrasync:environment"]);
    expect((await stack.run(["preview"], { environment })).output).toContain('is "mars"');
});

test("no way to sign in is said in up, with every setting that is missing and where it may stand", async () => {
    await stack.does(["config", "rm", "azuread:environment"]);
    const seen = watch(emulator);
    const { code, output } = await stack.run(["up", "--yes", "--skip-preview"], {
        environment: { ARM_CLIENT_ID: undefined, ARM_CLIENT_SECRET: "" },
    });
    expect(code).not.toBe(0);
    expect(output).toContain("client secret lacks clientId (ARM_CLIENT_ID) and clientSecret (ARM_CLIENT_SECRET)");
    expect(output).toContain("in the stack's configuration, under entrasync: or azuread:, or in the environment");
    expect(output).not.toContain("tenantId (");
    expect(seen().requests).toEqual([]);
});
