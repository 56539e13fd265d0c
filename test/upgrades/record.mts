import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { pluginResourceType, resourceType, type Stack, type State } from "../support/stack.mts";
import {
    currentVersion,
    declareSource,
    type Face,
    type Fixture,
    fixturesFolder,
    Place,
    pathOf,
    type RecordedTarget,
} from "./fixture.mts";
import { type Declared, type ProgramName, programs } from "./programs.mts";
import { sumsFile, sumsOf } from "./sums.mts";

/*
 * Writes the state of this version as fixtures, on the real engine, once for each release:
 *
 *     node test/upgrades/record.mts
 *
 * Another build's state, such as an older commit's, is written with
 *
 *     node test/upgrades/record.mts --package FOLDER --version NAME [--face FACE] [--program PROGRAM] [--without NAMES]
 *
 * What was recorded before is never written again.
 */

const { values } = parseArgs({
    options: {
        package: { type: "string", default: repositoryRoot },
        version: { type: "string", default: currentVersion() },
        face: { type: "string", multiple: true, default: ["dynamic", "plugin"] },
        program: { type: "string", multiple: true, default: Object.keys(programs) },
        without: { type: "string", default: "" },
    },
});
const packageFolder = resolve(values.package);
const without = values.without.split(",");

for (const face of values.face as Face[]) {
    for (const program of values.program as ProgramName[]) {
        const path = join(fixturesFolder, pathOf({ version: values.version, face, program }));
        if (existsSync(path)) {
            console.log(`${path} is there already, and stays as it is`);
            continue;
        }
        const fixture = await record(face, program);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${JSON.stringify(fixture, null, 1)}\n`);
        console.log(`${path} is written`);
    }
}
const sums = sumsOf(fixturesFolder);
const changed = readFileSync(sumsFile, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !sums.split("\n").includes(line));
if (changed.length > 0) throw new Error(`these are not what they were, and the list stays:\n${changed.join("\n")}`);
writeFileSync(sumsFile, sums);

async function record(face: Face, program: ProgramName): Promise<Fixture> {
    await using place = await Place.open();
    // The dynamic face takes a cloud from its surroundings alone; the plugin can be given one by the program.
    const environment: Record<string, string> =
        program === "government" && face === "dynamic" ? { ARM_ENVIRONMENT: "usgovernment" } : {};
    await using stack = await place.openStack(face, environment);
    if (face === "dynamic") {
        stack.unlink("pulumi-entrasync");
        symlinkSync(packageFolder, join(stack.folder, "node_modules/pulumi-entrasync"));
    }
    const declared = Object.entries(programs[program]).filter(
        ([name, { isPluginOnly }]) => !without.includes(name) && (face === "plugin" || isPluginOnly !== true),
    );
    const targets = Object.fromEntries(
        declared.map(([name, { target: kind = "servicePrincipals" }]) => [
            name,
            { kind, id: place.createTarget(name, kind).id },
        ]),
    );
    const idOf = (name: string) => targets[name]?.id ?? "";
    const declare = (resources: readonly (readonly [string, Declared])[]) => {
        const source = sourceOf(face, program, resources, idOf);
        declareSource(stack, source);
        if (face === "plugin") {
            const file = join(stack.folder, "Pulumi.yaml");
            const text = readFileSync(file, "utf8").replace(join(repositoryRoot, "dist"), join(packageFolder, "dist"));
            writeFileSync(file, text);
        }
        return source;
    };
    const shown = new Map<string, readonly string[]>();
    const recording = { place, stack, face, declared, declare, idOf, shown };
    const source = await (program === "unsettled" ? recordUnsettled(recording) : recordSettled(recording));
    const held = Object.fromEntries(place.emulator.provisioning().map(({ targetId, keys }) => [targetId, keys]));
    return {
        version: values.version,
        face,
        program,
        environment,
        targets: Object.fromEntries(
            Object.entries(targets).map(([name, { kind, id }]): [string, RecordedTarget] => [
                name,
                { kind, id, held: shown.get(name) ?? held[id] ?? [] },
            ]),
        ),
        source,
        posts: Object.fromEntries(
            declared.flatMap(([name, { posts }]) => (posts === undefined ? [] : [[name, posts] as const])),
        ),
        state: withoutTraces(await stack.exportState()),
    };
}

/** Without where the engine saw a resource declared, which is nothing of this package's, and of one machine only. */
function withoutTraces(state: State): State {
    const drop = (name: string, value: unknown) =>
        name === "stackTrace" || name === "sourcePosition" ? undefined : value;
    return JSON.parse(JSON.stringify(state, drop)) as State;
}

interface Recording {
    readonly place: Place;
    readonly stack: Stack;
    readonly face: Face;
    readonly declared: readonly (readonly [string, Declared])[];
    declare(resources: readonly (readonly [string, Declared])[]): Fixture["source"];
    idOf(name: string): string;
    /** The keys that Graph shows of a target, where they are not all that it holds. */
    readonly shown: Map<string, readonly string[]>;
}

async function recordSettled(recording: Recording): Promise<Fixture["source"]> {
    const { place, stack, declared, declare, idOf, shown } = recording;
    const source = declare(declared);
    if (declared.some(([name]) => name === "unknownKey")) {
        // The emulator knows Graph's keys of today: in its place this one is accepted by a Graph that knows more.
        place.emulator.faults.add({
            match: { method: "POST", path: `${idOf("unknownKey")}/synchronization/acquireAccessToken` },
            effect: { kind: "respond", status: 204, headers: { "request-id": randomUUID() } },
        });
        shown.set("unknownKey", ["KeyOfTomorrow"]);
    }
    await stack.up();
    const refreshed = declared.map(([name]) => name).filter((name) => name === "hidden" || name === "refreshed");
    if (refreshed.includes("hidden")) {
        place.emulator.faults.add({
            match: { method: "GET", path: `${idOf("hidden")}/synchronization/secrets` },
            times: Number.POSITIVE_INFINITY,
            effect: { kind: "respond", status: 200, body: { value: [{ key: "BaseAddress", value: "*" }] } },
        });
        shown.set("hidden", ["BaseAddress"]);
    }
    if (refreshed.length > 0) {
        await stack.refresh(...refreshed.flatMap((name) => ["--target", urnOf(recording, name)]));
        await stack.up(...refreshed.flatMap((name) => ["--target", urnOf(recording, name)]));
        // Once more, for an up puts back what a refresh takes out of state.
        await stack.refresh("--target", urnOf(recording, "refreshed"));
    }
    return source;
}

async function recordUnsettled(recording: Recording): Promise<Fixture["source"]> {
    const { place, stack, face, declared, declare, idOf } = recording;
    const { emulator } = place;
    const lose = (name: string, times: number) =>
        emulator.faults.add({
            match: { method: "POST", path: `${idOf(name)}/synchronization/acquireAccessToken` },
            times,
            effect: { kind: "reset", when: "after" },
        });
    emulator.store.validation = "refuse";
    lose("inDoubtCode", 1);
    const first = declared
        .filter(([name]) => name !== "imported")
        .map(([name, one]) => [name, name === "inDoubt" ? { args: programs.settled.map?.args ?? {} } : one] as const);
    declare(first);
    await stack.tryUp("--continue-on-error");
    emulator.store.clearCredentials("servicePrincipals", idOf("cleared"));
    await stack.refresh("--target", urnOf(recording, "cleared"));
    if (face === "plugin") {
        const id = `/servicePrincipals/${idOf("imported")}/synchronization/acquireAccessToken`;
        await stack.does(["import", pluginResourceType, "imported", id, "--yes", "--protect=false"]);
    }
    const source = declare(declared);
    // As often as it is sent.
    lose("inDoubt", 4);
    await stack.tryUp("--target", urnOf(recording, "inDoubt"));
    return source;
}

function urnOf({ stack, face }: Recording, name: string): string {
    return `urn:pulumi:${stack.name}::${stack.project}::${face === "plugin" ? pluginResourceType : resourceType}::${name}`;
}

function sourceOf(
    face: Face,
    program: ProgramName,
    declared: readonly (readonly [string, Declared])[],
    idOf: (name: string) => string,
): Fixture["source"] {
    const withTarget = ([name, { target, args }]: readonly [string, Declared]) => ({
        [target === "applications" ? "applicationId" : "servicePrincipalId"]: idOf(name),
        ...args,
    });
    if (face === "dynamic") {
        return declared
            .map((one) => {
                const args = JSON.stringify(withTarget(one))
                    .replaceAll(/"\$\{([\w.]+)\}"/g, "$1")
                    .replaceAll(/\{"fn::secret":("\w+")\}/g, "pulumi.secret($1)");
                return `const ${one[0]} = new SynchronizationTokenAcquisition("${one[0]}", ${args});`;
            })
            .join("\n");
    }
    const own = { type: "pulumi:providers:entrasync", properties: { environment: "usgovernment" } };
    const isGovernment = program === "government";
    return {
        ...(isGovernment ? { own } : {}),
        ...Object.fromEntries(
            declared.map((one) => [
                one[0],
                {
                    type: "entrasync:SynchronizationTokenAcquisition",
                    properties: withTarget(one),
                    ...(isGovernment ? { options: { provider: `\${own}` } } : {}),
                },
            ]),
        ),
    };
}
