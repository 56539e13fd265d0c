import { createHmac } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { of, watch } from "../support/observed.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import { pluginResourceType, type Stack } from "../support/stack.mts";
import { declareSource, type Fixture, fixturePaths, Place, readFixture } from "./fixture.mts";

/*
 * What every version left in state, on the real engine with the package as it is now: the program is the one of then, and
 * nothing but what state asks for is done.
 */

/** The fixture's state in a stack of its own, beside its program. */
async function importFixture(path: string): Promise<{ place: Place; fixture: Fixture; stack: Stack }> {
    const place = await Place.open();
    onTestFinished(() => place[Symbol.asyncDispose]());
    const fixture = readFixture(path, place);
    const stack = await place.openStack(fixture.face, fixture.environment);
    onTestFinished(() => stack[Symbol.asyncDispose]());
    declareSource(stack, fixture.source);
    await stack.importState(fixture.state);
    return { place, fixture, stack };
}

const names = ({ targets }: Fixture) => Object.keys(targets);
const each = <Value,>(fixture: Fixture, value: (name: string) => Value) =>
    Object.fromEntries(names(fixture).map((name) => [name, value(name)]));
const nothingOfTheirs = (stack: Stack) =>
    Object.fromEntries(
        Object.keys(stack.environment)
            .filter((name) => name.startsWith("ARM_"))
            .map((name) => [name, undefined]),
    );

const paths = fixturePaths();
const settled = paths.filter((path) => !path.includes("unsettled"));
const unsettled = paths.filter((path) => path.includes("unsettled"));

describe.each(settled)("%s", (path) => {
    test("is previewed without a change, left alone, rotated once each, seen by a refresh, and forgotten", async () => {
        const { place, fixture, stack } = await importFixture(path);
        const asked = watch(place.emulator);

        // Fails on anything to be created, updated, replaced or deleted, providers included.
        await stack.does(["preview", "--expect-no-changes"]);
        const before = await stack.contents();
        await stack.does(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
        // No acquisition, no sign-in, nothing at all.
        expect(asked().requests).toEqual([]);
        const after = await stack.contents();
        // Of what was never released the engine takes the inputs anew, as the program has them now; it asks nobody.
        expect(isReleased(fixture) ? after : outputsOf(after)).toEqual(
            isReleased(fixture) ? before : outputsOf(before),
        );
        for (const [name, { inputs, outputs }] of Object.entries(before)) {
            expect(hashesOf(inputs?.credentials), name).toEqual(outputs?.credentialHashes);
        }

        const rotated = ["map", "list", "federal"].filter((name) => names(fixture).includes(name));
        const token = new Sentinel("rotated");
        declareSource(stack, rotate(fixture, rotated, token.value));
        const seen = watch(place.emulator);
        expect(await stack.upSteps()).toEqual(each(fixture, (name) => [rotated.includes(name) ? "update" : "same"]));
        expect(seen().posts).toHaveLength(rotated.length);
        for (const name of rotated) {
            const sent = of(seen().acquisitions, { id: fixture.targets[name]?.id ?? "" });
            expect(sent.map(({ values }) => values.SecretToken)).toEqual([token.value]);
        }

        const refreshed = watch(place.emulator);
        const kept = await stack.contents();
        const said = await stack.refresh();
        expect(await stack.contents()).toEqual(kept);
        const { output } = await stack.does(["preview", "--expect-no-changes"]);
        expect(refreshed().posts).toEqual([]);
        const { stdout: state } = await stack.does(["stack", "export"]);
        expect(leaks({ refresh: said.output, preview: output, state }, [token])).toEqual([]);

        const destroyed = watch(place.emulator);
        await stack.does(["destroy", "--yes", "--skip-preview"], { environment: nothingOfTheirs(stack) });
        expect(destroyed().requests).toEqual([]);
        expect(await stack.resources()).toEqual({});
    });
});

describe.each(unsettled)("%s", (path) => {
    test("has done what state asks for, once, and no more", async () => {
        const { place, fixture, stack } = await importFixture(path);
        const plan = await stack.plan();
        expect(Object.fromEntries(Object.entries(plan).map(([name, { op }]) => [name, op]))).toEqual(
            each(fixture, () => "update"),
        );

        const seen = watch(place.emulator);
        const { output } = await stack.tryUp("--continue-on-error");
        const { posts } = seen();
        const sent = each(
            fixture,
            (name) => posts.filter(({ path: asked }) => asked.includes(fixture.targets[name]?.id ?? " ")).length,
        );
        expect(sent).toEqual(fixture.posts);
        expect(posts.map(({ status }) => status)).toEqual(posts.map(() => 204));
        // The code's outcome stays unknown until somebody gives a new one.
        expect(output).toContain("the credentials were handed over at");
        expect(output).toContain("(OUTCOME_UNKNOWN)");
        expect(place.emulator.store.validations).toHaveLength(1);

        const again = watch(place.emulator);
        await stack.tryUp("--continue-on-error");
        const old = { id: fixture.targets.old?.id ?? "" };
        // It has an age of one second.
        expect(again().posts).toHaveLength(of(again().acquisitions, old).length);

        const destroyed = watch(place.emulator);
        await stack.does(["destroy", "--yes", "--skip-preview"], { environment: nothingOfTheirs(stack) });
        expect(destroyed().requests).toEqual([]);
    });
});

test("from the plugin back to the dynamic resource, with a changed trigger: one acquisition, then refresh and destroy work", async () => {
    const { place, fixture, stack } = await importFixture("0.1.0/plugin-government.json");
    const { id = "" } = fixture.targets.federal ?? {};
    const environment = { ARM_ENVIRONMENT: "usgovernment" };
    stack.write("Pulumi.yaml", `name: ${stack.project}\nruntime: nodejs\n`);
    stack.declare(`
        new SynchronizationTokenAcquisition("federal", {
            servicePrincipalId: "${id}",
            credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "the first of a test" },
            triggers: { face: "dynamic" },
        }, { aliases: [{ type: "${pluginResourceType}" }] });
    `);
    const seen = watch(place.emulator);
    expect(await stack.upSteps({ environment })).toEqual({ federal: ["update"] });
    expect(seen().posts).toHaveLength(1);
    const kept = await stack.contents();
    await stack.does(["refresh", "--yes", "--skip-preview"], { environment });
    expect(await stack.contents()).toEqual(kept);
    await stack.does(["destroy", "--yes", "--skip-preview"], { environment: nothingOfTheirs(stack) });
    expect(seen().posts).toHaveLength(1);
});

const isReleased = ({ version }: Fixture) => /^\d/.test(version);

type Contents = Awaited<ReturnType<Stack["contents"]>>;

function outputsOf(contents: Contents): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(contents).map(([name, { id, outputs }]) => [name, { id, outputs }]));
}

/** Another token in these resources. */
function rotate({ source, targets }: Fixture, rotated: readonly string[], token: string): Fixture["source"] {
    const replaced = (text: string) => text.replace('"the first of a test"', () => JSON.stringify(token));
    const ids = rotated.map((name) => targets[name]?.id ?? " ");
    if (typeof source === "string") {
        return source
            .split("\n")
            .map((line) => (ids.some((id) => line.includes(id)) ? replaced(line) : line))
            .join("\n");
    }
    return Object.fromEntries(
        Object.entries(source).map(([name, resource]) => [
            name,
            rotated.includes(name) ? JSON.parse(replaced(JSON.stringify(resource))) : resource,
        ]),
    );
}

/** The hashes as `v1:` promises them, computed here anew from what state keeps as a secret. */
function hashesOf(credentials: unknown): Readonly<Record<string, string>> {
    const plaintext: unknown = Reflect.get(Object(credentials), "plaintext");
    const held: unknown = JSON.parse(String(plaintext));
    const pairs = (Array.isArray(held) ? held : [held]).flatMap((item: Readonly<Record<string, string>>) =>
        "key" in item && "value" in item ? [[item.key, item.value] as const] : Object.entries(item),
    );
    const key = Buffer.from(String(pairs.find(([name]) => name === "@hashKey")?.[1]), "base64url");
    return Object.fromEntries(
        pairs
            .filter(([name]) => name !== "@hashKey")
            .map(([name, value]) => {
                const whole = createHmac("sha256", key)
                    .update(JSON.stringify([name, value]))
                    .digest();
                return [name, `v1:${whole.subarray(0, 12).toString("base64url")}`];
            }),
    );
}
