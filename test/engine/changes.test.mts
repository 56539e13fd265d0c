import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrincipals, of, watch } from "../support/observed.mts";
import { changedKeys, operations } from "../support/preview.mts";
import { openStack, type Stack } from "../support/stack.mts";

/* The main job on one stack, step by step: what is acquired, when again, and when nothing is sent. In order. */

const emulator = await startEmulator();
const names = [
    "form",
    "order",
    "secret",
    "patience",
    "version",
    "rotated",
    "added",
    "triggered",
    "aged",
    "moved",
] as const;
const principals = createPrincipals(emulator, names);
const newTarget = emulator.createServicePrincipal("moved to");
const application = emulator.createApplication("moved to another kind");
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

const target = (name: (typeof names)[number]) => `servicePrincipalId: "/servicePrincipals/${principals[name].id}"`;
const acquisition = (name: (typeof names)[number], args: string, where = target(name)) =>
    `new SynchronizationTokenAcquisition("${name}", { ${where}, ${args} });\n`;
const map = (token: string) => `credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "${token}" }`;
const list = (...pairs: readonly (readonly [string, string])[]) =>
    `credentials: [${pairs.map(([key, value]) => `{ key: "${key}", value: ${value} }`).join(", ")}]`;

const before: Record<(typeof names)[number], string> = {
    form: acquisition("form", list(["BaseAddress", '"https://a.example"'], ["SecretToken", '"form-token"'])),
    order: acquisition("order", list(["BaseAddress", '"https://a.example"'], ["SecretToken", '"order-token"'])),
    secret: acquisition("secret", 'credentials: { SecretToken: "secret-token" }'),
    patience: acquisition("patience", map("patience-token")),
    version: acquisition("version", map("version-token")),
    rotated: acquisition("rotated", map("rotated-token")),
    added: acquisition("added", map("added-token")),
    triggered: acquisition("triggered", `${map("triggered-token")}, triggers: { run: 1 }`),
    aged: acquisition("aged", `${map("aged-token")}, maxAge: "30d"`),
    moved: acquisition("moved", map("moved-token")),
};
const sameButDifferent = {
    ...before,
    form: acquisition("form", 'credentials: { BaseAddress: "https://a.example", SecretToken: "form-token" }'),
    order: acquisition("order", list(["SecretToken", '"order-token"'], ["BaseAddress", '"https://a.example"'])),
    secret: acquisition("secret", 'credentials: { SecretToken: pulumi.secret("secret-token") }'),
    patience: acquisition("patience", `${map("patience-token")}, timeouts: { create: "1m", update: "90s" }`),
    version: acquisition("version", `${map("version-token")}, apiVersion: "beta"`),
};
const changed = {
    ...sameButDifferent,
    rotated: acquisition("rotated", map("rotated-token-2")),
    added: acquisition(
        "added",
        'credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "added-token", UserName: "scim" }',
    ),
    triggered: acquisition("triggered", `${map("triggered-token")}, triggers: { run: 2 }`),
    moved: acquisition("moved", map("moved-token"), `servicePrincipalId: "${newTarget.id}"`),
};

const all = (op: string) => Object.fromEntries(names.map((name) => [name, op]));
const declare = (program: Readonly<Record<string, string>>) => stack.declare(Object.values(program).join(""));

test("a preview of a new stack plans every acquisition and sends nothing", async () => {
    declare(before);
    const seen = watch(emulator);
    expect(operations(await stack.plan())).toEqual(all("create"));
    expect(seen().requests).toEqual([]);
});

test("the first up acquires once for each, with exactly the declared values and one sign-in", async () => {
    const seen = watch(emulator);
    expect(await stack.upSteps()).toEqual(Object.fromEntries(names.map((name) => [name, ["create"]])));
    const { acquisitions, posts } = seen();
    expect(posts).toHaveLength(names.length);
    expect(emulator.counts().tokenRequests).toBe(1);
    for (const name of names) {
        expect(of(acquisitions, principals[name]), name).toEqual([
            expect.objectContaining({ values: expect.objectContaining({ SecretToken: `${name}-token` }) }),
        ]);
    }
});

test("up again, nothing changed: nothing is sent and the hashes stay as they are", async () => {
    const hashesBefore = hashesIn(await stack.resources());
    const seen = watch(emulator);
    expect(await stack.upSteps()).toEqual(Object.fromEntries(names.map((name) => [name, ["same"]])));
    expect(seen().requests).toEqual([]);
    expect(hashesIn(await stack.resources())).toEqual(hashesBefore);
});

test("another form, order, mark, time-out or version is no change: the preview shows none and up sends nothing", async () => {
    declare(sameButDifferent);
    const hashesBefore = hashesIn(await stack.resources());
    const seen = watch(emulator);
    expect(operations(await stack.plan())).toEqual(all("same"));
    expect(await stack.upSteps()).toEqual(Object.fromEntries(names.map((name) => [name, ["same"]])));
    expect(seen().requests).toEqual([]);
    expect(hashesIn(await stack.resources())).toEqual(hashesBefore);
});

test("a changed credential, trigger or target is planned as what it is, and the preview names exactly the keys", async () => {
    declare(changed);
    const seen = watch(emulator);
    const plan = await stack.plan();
    expect(operations(plan)).toEqual({
        ...all("same"),
        rotated: "update",
        added: "update",
        triggered: "update",
        moved: expect.stringContaining("replace"),
    });
    const keys = (name: string) => changedKeys(plan[name] ?? {});
    expect({ rotated: keys("rotated"), added: keys("added"), triggered: keys("triggered") }).toEqual({
        rotated: ["SecretToken"],
        added: ["UserName"],
        triggered: [],
    });
    const { stdout } = await stack.does(["preview", "--diff"]);
    const shown = (name: string) => stdout.split(/^ {4}\S/m).find((part) => part.includes(`::${name}]`)) ?? "";
    expect(shown("rotated").match(/[~+-] \w+\s*: "?.*/g)).toEqual([
        expect.stringMatching(/^~ credentialHashes/),
        expect.stringMatching(/^~ SecretToken: "v1:[\w-]{16}" => "v1:[\w-]{16}"$/),
        expect.stringMatching(/^~ credentials\s*: \[secret\] => \[secret\]$/),
    ]);
    expect(shown("added").match(/[~+-] \w+\s*: "?.*/g)).toEqual([
        expect.stringMatching(/^~ credentialHashes/),
        expect.stringMatching(/^\+ UserName\s*: "v1:[\w-]{16}"$/),
        expect.stringMatching(/^~ credentials\s*: \[secret\] => \[secret\]$/),
    ]);
    expect(shown("triggered")).toMatch(/~ run\s*: 1 => 2/);
    expect(shown("moved")).toContain(`+ servicePrincipalId: "${newTarget.id}"`);
    expect(stdout).not.toContain("rotated-token");
    expect(seen().requests).toEqual([]);
});

test("up then acquires once for each of those, and the replaced one is deleted without a word", async () => {
    const seen = watch(emulator);
    expect(await stack.upSteps()).toMatchObject({
        form: ["same"],
        rotated: ["update"],
        added: ["update"],
        triggered: ["update"],
    });
    const { acquisitions, posts, requests } = seen();
    expect(posts).toHaveLength(4);
    expect(requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    const valuesOf = (id: string) => of(acquisitions, { id }).map(({ values }) => values);
    expect(valuesOf(principals.rotated.id)).toEqual([
        { BaseAddress: "https://scim.acme.example/v2", SecretToken: "rotated-token-2" },
    ]);
    expect(valuesOf(principals.added.id)).toEqual([
        { BaseAddress: "https://scim.acme.example/v2", SecretToken: "added-token", UserName: "scim" },
    ]);
    expect(valuesOf(principals.triggered.id)).toHaveLength(1);
    expect(valuesOf(principals.moved.id)).toEqual([]);
    expect(valuesOf(newTarget.id)).toHaveLength(1);
    const { moved } = await stack.resources();
    expect(moved?.id).toBe(`/servicePrincipals/${newTarget.id}/synchronization/acquireAccessToken`);
});

test("a target of the other kind replaces, and the application is asked for in Graph's other version where wanted", async () => {
    declare({
        ...changed,
        moved: acquisition(
            "moved",
            `${map("moved-token")}, apiVersion: "beta"`,
            `applicationId: "/applications/${application.id}"`,
        ),
    });
    const seen = watch(emulator);
    expect(operations(await stack.plan())).toMatchObject({ ...all("same"), moved: expect.stringContaining("replace") });
    expect((await stack.upSteps()).moved).toContain("replace");
    expect(seen().acquisitions).toEqual([
        expect.objectContaining({ targetKind: "applications", targetId: application.id, apiVersion: "beta" }),
    ]);
});

test("a passed maxAge acquires again once, and the next up nothing", async () => {
    const state = await stack.exportState();
    const age = (acquiredAt: string) => {
        for (const resource of state.deployment.resources ?? []) {
            if (resource.urn.endsWith("::aged")) Object.assign(resource.outputs ?? {}, { acquiredAt });
        }
        return stack.importState(state);
    };
    const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000).toISOString();
    await age(days(29));
    expect(operations(await stack.plan())).toMatchObject({ aged: "same" });
    await age(days(31));
    const plan = await stack.plan();
    expect(operations(plan)).toMatchObject({ ...all("same"), aged: "update" });
    expect(changedKeys(plan.aged ?? {})).toEqual([]);
    const seen = watch(emulator);
    expect(await stack.upSteps()).toMatchObject({ aged: ["update"] });
    expect(seen().acquisitions.map(({ targetId }) => targetId)).toEqual([principals.aged.id]);
    expect((await stack.resources()).aged?.outputs?.acquiredAt).toSatisfy(
        (at) => typeof at === "string" && at > days(1),
    );
    const seenAfter = watch(emulator);
    await stack.up();
    expect(seenAfter().requests).toEqual([]);
});

test("another cloud replaces everything, told without any network", async () => {
    const seen = watch(emulator);
    const plan = await stack.plan({ environment: { ARM_METADATA_HOSTNAME: undefined, ARM_ENVIRONMENT: "china" } });
    expect(new Set(Object.values(operations(plan)))).toEqual(new Set([expect.stringContaining("replace")]));
    expect(plan.form?.newState?.inputs?.cloud).toBe("china");
    expect(seen().requests).toEqual([]);
});

function hashesIn(resources: Awaited<ReturnType<Stack["resources"]>>): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(resources).map(([name, { outputs }]) => [name, outputs?.credentialHashes]),
    );
}
