import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrincipals, of, watch } from "../support/observed.mts";
import { operations } from "../support/preview.mts";
import { openStack, type Stack } from "../support/stack.mts";

/*
 * Pulumi's commands, and the options that are about more than one resource: dependsOn, transforms, components, --target,
 * state rename, names that change, stack references. One program, two stacks. In order.
 */

const emulator = await startEmulator();
const names = [
    "first",
    "second",
    "third",
    "transformed",
    "legacy",
    "targeted",
    "untargeted",
    "replaced",
    "ignoresTriggers",
    "renamedByCommand",
    "movedIntoComponent",
    "renamed",
    "retained",
    "referring",
] as const;
type Name = (typeof names)[number];
const principals = createPrincipals(emulator, names);
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, emulator });
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

/** A resource under the name of its target, unless another is given. */
function acquisition(
    target: Name,
    { name = target as string, token = `${target}-token`, args = "", options = "{}" } = {},
) {
    return `const ${name} = new SynchronizationTokenAcquisition("${name}", {
        servicePrincipalId: "${principals[target].id}",
        credentials: { SecretToken: "${token}" }, ${args} }, ${options});\n`;
}

const dev = (change: Partial<Record<Name, string>> = {}): string => {
    const resources: Partial<Record<Name, string>> = {
        first: acquisition("first"),
        second: acquisition("second", { options: "{ dependsOn: [first] }" }),
        third: acquisition("third", { args: "triggers: { after: second.acquiredAt }" }),
        transformed: acquisition("transformed", {
            options: `{ transforms: [({ props, opts }) => ({
                props: {
                    ...props,
                    credentials: pulumi.output(props.credentials).apply((all) => ({ ...all, Domain: "acme.example" })),
                },
                opts,
            })] }`,
        }),
        legacy: acquisition("legacy", {
            options: `{ transformations: [({ props, opts }) => ({ props: { ...props, apiVersion: "beta" }, opts })] }`,
        }),
        targeted: acquisition("targeted"),
        untargeted: acquisition("untargeted"),
        replaced: acquisition("replaced", { options: '{ replaceOnChanges: ["credentials"] }' }),
        ignoresTriggers: acquisition("ignoresTriggers", {
            args: "triggers: { now: 1 }",
            options: '{ ignoreChanges: ["triggers"] }',
        }),
        renamedByCommand: acquisition("renamedByCommand"),
        movedIntoComponent: acquisition("movedIntoComponent"),
        renamed: acquisition("renamed"),
        retained: acquisition("retained", { options: "{ retainOnDelete: true }" }),
        ...change,
    };
    return Object.values(resources).join("");
};

/** The program of both stacks. */
function declare(resources: string): void {
    stack.declare(`
        class Component extends pulumi.ComponentResource {
            constructor(name) { super("fleet:index:Component", name); }
        }
        pulumi.runtime.registerResourceTransform(({ type, props, opts }) =>
            type.endsWith("entrasync:SynchronizationTokenAcquisition")
                ? { props: { ...props, timeouts: { create: "2m" } }, opts }
                : undefined);
        if (pulumi.getStack() === "dev") {
            ${resources}
            exports.acquiredAt = first.acquiredAt;
            exports.servicePrincipalId = "${principals.referring.id}";
            exports.token = pulumi.secret("referring-token");
        } else {
            const other = new pulumi.StackReference("organization/fleet/dev");
            exports.id = new SynchronizationTokenAcquisition("referring", {
                servicePrincipalId: other.requireOutput("servicePrincipalId"),
                credentials: { SecretToken: other.requireOutput("token") },
                triggers: { after: other.requireOutput("acquiredAt") },
            }).id;
        }`);
}

const urnOf = async (name: string) => (await stack.resources())[name]?.urn ?? "";
const values = (seen: ReturnType<typeof watch>, name: Name) =>
    of(seen().acquisitions, principals[name]).map((acquisition) => acquisition.values);

test("dependsOn, and an output in the triggers, put acquisitions one after the other", async () => {
    // Whoever did not wait for these would come before them.
    for (const name of ["first", "second"] as const) {
        emulator.faults.add({ match: { path: principals[name].id }, effect: { kind: "delay", ms: 700 } });
    }
    declare(dev());
    const seen = watch(emulator);
    await stack.up();
    const order = seen().acquisitions.map(({ targetId }) => targetId);
    const places = (["first", "second", "third"] as const).map((name) => order.indexOf(principals[name].id));
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(places).not.toContain(-1);
    expect(order).toHaveLength(names.length - 1);
});

test("transforms of the resource and of the whole stack, and old transformations, are what is acquired with", async () => {
    const { transformed, legacy } = await stack.resources();
    expect(of(emulator.store.acquisitions, principals.transformed).map((one) => one.values)).toEqual([
        { SecretToken: "transformed-token", Domain: "acme.example" },
    ]);
    expect(of(emulator.store.acquisitions, principals.legacy)).toMatchObject([{ apiVersion: "beta" }]);
    expect(transformed?.outputs).toMatchObject({ timeouts: { create: "2m" } });
    expect(legacy?.outputs).toMatchObject({ timeouts: { create: "2m" } });
    // As secret as ever, and with its hash key: the next up has nothing to do.
    expect(transformed?.inputs?.credentials).toMatchObject({ ciphertext: expect.any(String) });
    expect(JSON.stringify(await stack.exportState())).not.toMatch(/-token|acme\.example/);
    const seen = watch(emulator);
    expect(new Set(Object.values(operations(await stack.plan())))).toEqual(new Set(["same"]));
    expect(seen().requests).toEqual([]);
});

const changed: Partial<Record<Name, string>> = {
    targeted: acquisition("targeted", { token: "targeted-2" }),
    untargeted: acquisition("untargeted", { token: "untargeted-2" }),
    replaced: acquisition("replaced", { token: "replaced-2", options: '{ replaceOnChanges: ["credentials"] }' }),
    ignoresTriggers: acquisition("ignoresTriggers", {
        args: "triggers: { now: 2 }",
        options: '{ ignoreChanges: ["triggers"] }',
    }),
};

test("up --target acquires for what it names, and leaves what else has changed for later", async () => {
    declare(dev(changed));
    const seen = watch(emulator);
    await stack.up("--target", await urnOf("targeted"));
    expect(values(seen, "targeted")).toEqual([{ SecretToken: "targeted-2" }]);
    expect(seen().acquisitions).toHaveLength(1);
    expect(operations(await stack.plan())).toMatchObject({
        targeted: "same",
        untargeted: "update",
        replaced: "replace",
        ignoresTriggers: "same",
    });
});

test("replaceOnChanges replaces: one acquisition, and the deletion of the old one sends nothing", async () => {
    const seen = watch(emulator);
    const steps = await stack.upSteps();
    expect(steps.untargeted).toEqual(["update"]);
    expect(steps.replaced).toEqual(expect.arrayContaining(["create-replacement", "delete-replaced"]));
    expect(steps.ignoresTriggers).toEqual(["same"]);
    expect(values(seen, "untargeted")).toEqual([{ SecretToken: "untargeted-2" }]);
    expect(values(seen, "replaced")).toEqual([{ SecretToken: "replaced-2" }]);
    expect(seen().acquisitions).toHaveLength(2);
    expect(seen().requests.filter(({ method }) => method === "DELETE")).toEqual([]);
});

test("state rename, and an alias for a new parent, carry state over; a new name alone acquires anew", async () => {
    await stack.does(["state", "rename", await urnOf("renamedByCommand"), "byCommand", "--yes"]);
    const { movedIntoComponent, byCommand } = await stack.contents();
    const { retained: _, ...others } = {
        ...changed,
        renamedByCommand: acquisition("renamedByCommand", { name: "byCommand" }),
        movedIntoComponent: `const component = new Component("component");
            ${acquisition("movedIntoComponent", {
                options: "{ parent: component, aliases: [{ parent: pulumi.rootStackResource }] }",
            })}`,
        renamed: acquisition("renamed", { name: "newName" }),
        retained: "",
    };
    declare(dev({ ...others, retained: "" }));
    const seen = watch(emulator);
    const steps = await stack.upSteps();
    expect(steps).toMatchObject({
        byCommand: ["same"],
        movedIntoComponent: ["same"],
        newName: ["create"],
        renamed: ["delete"],
    });
    expect(seen().acquisitions.map(({ targetId }) => targetId)).toEqual([principals.renamed.id]);
    // Neither of those that are gone is told to anybody: not the renamed one, nor the one that is retained.
    expect(seen().requests.filter(({ path }) => path.includes(principals.retained.id))).toEqual([]);
    const after = await stack.contents();
    expect(after.movedIntoComponent).toEqual(movedIntoComponent);
    expect(after.byCommand).toEqual(byCommand);
    expect(after).not.toHaveProperty("retained");
    expect(await urnOf("movedIntoComponent")).toContain("fleet:index:Component$");
});

test("another stack takes target, credential and trigger by reference, secret all the way", async () => {
    await stack.does(["stack", "init", "reader"]);
    const seen = watch(emulator);
    await stack.up();
    expect(values(seen, "referring")).toEqual([{ SecretToken: "referring-token" }]);
    expect(seen().acquisitions).toHaveLength(1);
    const exported = JSON.stringify(await stack.exportState());
    expect(exported).toContain(principals.referring.id);
    expect(exported).not.toContain("referring-token");
    // What the other stack acquires anew, this one follows.
    await stack.does(["stack", "select", "dev"]);
    declare(dev({ ...changed, first: acquisition("first", { token: "first-2" }) }));
    await stack.up("--target", await urnOf("first"));
    await stack.does(["stack", "select", "reader"]);
    const following = watch(emulator);
    const preview = await stack.does(["preview"]);
    expect(preview.output).toContain(`acquires again: triggers changed.`);
    expect(await stack.upSteps()).toEqual({ referring: ["update"] });
    expect(values(following, "referring")).toEqual([{ SecretToken: "referring-token" }]);
    const after = watch(emulator);
    expect(await stack.upSteps()).toEqual({ referring: ["same"] });
    expect(after().requests).toEqual([]);
});
