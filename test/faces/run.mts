import { type Acquisition, type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { watch } from "../support/observed.mts";
import {
    nameOf,
    openStack,
    pluginResourceType,
    resourceType,
    type Stack,
    type StateResource,
} from "../support/stack.mts";
import { type Arguments, idOf, type StepName, scenarios, steps } from "./scenarios.mts";

export type FaceName = "dynamic" | "plugin";

/** What a step did with one scenario's resource, without what no two runs have in common. */
export interface Observation {
    readonly ops: readonly string[];
    /** Requests that asked for an acquisition. */
    readonly posts: number;
    readonly accepted: readonly Pick<Acquisition, "targetKind" | "keys" | "values" | "apiVersion">[];
    /** What the engine was told went wrong. */
    readonly failure: string | undefined;
    readonly state: Pick<StateResource, "id" | "inputs" | "outputs"> | undefined;
    /** The credentials whose hash is another than before. */
    readonly newHashes: readonly string[];
}

export type Observations = Readonly<Record<StepName, Readonly<Record<string, Observation>>>>;

/** All requests of a step that are no acquisition's, by method and path, without the targets. */
export type OtherRequests = Readonly<Record<StepName, readonly string[]>>;

interface Face {
    declare(stack: Stack, programs: Readonly<Record<string, Arguments>>): void;
}

const faces: Readonly<Record<FaceName, Face>> = {
    dynamic: {
        declare: (stack, programs) =>
            stack.declare(
                Object.entries(programs)
                    .map(
                        ([name, args]) =>
                            `new SynchronizationTokenAcquisition(${JSON.stringify(name)}, ${literal(args)});`,
                    )
                    .join("\n"),
            ),
    },
    plugin: {
        declare: (stack, programs) =>
            stack.declareYaml({
                resources: Object.fromEntries(
                    Object.entries(programs).map(([name, properties], index) => [
                        `resource${index}`,
                        { type: "entrasync:SynchronizationTokenAcquisition", name, properties },
                    ]),
                ),
            }),
    },
};

/** The value as JavaScript; what YAML marks by a function, `pulumi.secret` does here. */
function literal(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const hidden: unknown = Reflect.get(value, "fn::secret");
    if (hidden !== undefined) return `pulumi.secret(${literal(hidden)})`;
    return `{ ${Object.entries(value)
        .map(([name, inner]) => `${JSON.stringify(name)}: ${literal(inner)}`)
        .join(", ")} }`;
}

/** The whole table on one face, in a stack and with a directory of its own. */
export async function runFace(name: FaceName): Promise<{ observations: Observations; others: OtherRequests }> {
    const emulator = await startEmulator();
    try {
        await using stack = await openStack({
            files: {},
            emulator,
            language: name === "plugin" ? "yaml" : "javascript",
        });
        // A target that is gone does not come.
        await stack.config("entrasync:replicationTimeout", "0");
        return await new Run(faces[name], emulator, stack).all();
    } finally {
        await emulator.close();
    }
}

class Run {
    readonly #face: Face;
    readonly #emulator: Emulator;
    readonly #stack: Stack;
    /** Object ids by scenario and target. */
    readonly #ids: ReadonlyMap<string, Readonly<Record<string, string>>>;
    readonly #hashes = new Map<string, Readonly<Record<string, unknown>>>();

    constructor(face: Face, emulator: Emulator, stack: Stack) {
        this.#face = face;
        this.#emulator = emulator;
        this.#stack = stack;
        this.#ids = new Map(
            Object.keys(scenarios).map((name) => [
                name,
                {
                    own: emulator.createServicePrincipal(name).id,
                    another: emulator.createServicePrincipal(`${name}, another`).id,
                    "own application": emulator.createApplication(name).id,
                },
            ]),
        );
    }

    async all(): Promise<{ observations: Observations; others: OtherRequests }> {
        const observations: Partial<Record<StepName, Observations[StepName]>> = {};
        const others: Partial<Record<StepName, readonly string[]>> = {};
        for (const step of steps) {
            const seen = watch(this.#emulator);
            const events = await this.#take(step);
            const { posts, acquisitions, requests } = seen();
            const contents = step.startsWith("preview") ? {} : await this.#stack.contents();
            observations[step] = Object.fromEntries(
                Object.keys(scenarios).map((name) => {
                    const isOfIt = (text: string) => this.#idsOf(name).some((id) => text.includes(id));
                    const state = contents[name] && this.#common(name, contents[name]);
                    return [
                        name,
                        {
                            ops: events.ops[name] ?? [],
                            posts: posts.filter(({ path }) => isOfIt(path)).length,
                            accepted: acquisitions
                                .filter(({ targetId }) => isOfIt(targetId))
                                .map(({ targetKind, keys, values, apiVersion }) =>
                                    this.#common(name, { targetKind, keys, values, apiVersion }),
                                ),
                            failure: events.failures[name] && this.#common(name, events.failures[name]),
                            state,
                            newHashes: this.#newHashes(name, contents[name]?.outputs),
                        },
                    ];
                }),
            );
            others[step] = requests
                .filter((request) => !posts.includes(request))
                .map(({ method, path }) => `${method} ${path.replaceAll(/[\w-]{36}/g, "<uuid>")}`)
                .sort();
        }
        return { observations: observations as Observations, others: others as OtherRequests };
    }

    async #take(step: StepName): Promise<Events> {
        for (const [name, { faults }] of Object.entries(scenarios)) {
            const effect = faults?.[step];
            const [own = ""] = this.#idsOf(name);
            if (effect) this.#emulator.faults.add({ match: { method: "POST", path: own }, effect });
        }
        switch (step) {
            case "preview":
                this.#declare("before");
                return this.#pulumi("preview");
            case "up":
            case "again":
            case "mend":
            case "after the refresh":
                return this.#pulumi("up");
            case "preview the change":
                await this.#age();
                this.#declare("after");
                return this.#pulumi("preview");
            case "change":
                return this.#pulumi("up");
            case "refresh":
                for (const [name, { isGone, isCleared }] of Object.entries(scenarios)) {
                    const { store } = this.#emulator;
                    const [id = ""] = this.#idsOf(name);
                    const object = store.find("servicePrincipals", { by: "id", value: id });
                    if (object !== undefined && isGone) store.remove(object);
                    if (object !== undefined && isCleared) store.setSecrets(object, []);
                }
                return this.#pulumi("refresh");
            case "preview another cloud":
                return this.#pulumi("preview", { ARM_METADATA_HOSTNAME: undefined, ARM_ENVIRONMENT: "china" });
            case "destroy":
                return this.#pulumi(
                    "destroy",
                    Object.fromEntries(Object.keys(this.#emulator.environment).map((name) => [name, undefined])),
                );
        }
    }

    #declare(when: "before" | "after"): void {
        const programs = Object.entries(scenarios).flatMap(([name, scenario]) => {
            const args = when === "after" && "after" in scenario ? scenario.after : scenario.before;
            return args === undefined ? [] : [[name, this.#withIds(name, args)] as const];
        });
        this.#face.declare(this.#stack, Object.fromEntries(programs));
    }

    #withIds(name: string, args: Arguments): Arguments {
        let text = JSON.stringify(args);
        for (const [target, id] of Object.entries(this.#ids.get(name) ?? {})) {
            text = text.replaceAll(`${idOf(target)}"`, `${id}"`);
        }
        return JSON.parse(text) as Arguments;
    }

    #idsOf(name: string): readonly string[] {
        return Object.values(this.#ids.get(name) ?? {});
    }

    async #age(): Promise<void> {
        const state = await this.#stack.exportState();
        const acquiredAt = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000).toISOString();
        for (const { urn, outputs = {} } of state.deployment.resources ?? []) {
            if (scenarios[nameOf(urn)]?.isAged) Object.assign(outputs, { acquiredAt });
        }
        await this.#stack.importState(state);
    }

    async #pulumi(command: string, environment: Readonly<Record<string, string | undefined>> = {}): Promise<Events> {
        const args = command === "preview" ? [command, "--json"] : [command, "--json", "--yes", "--skip-preview"];
        const { stdout, stderr } = await this.#stack.run(
            [...args, ...(command === "up" ? ["--continue-on-error"] : [])],
            { environment: { ...environment, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" } },
        );
        const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
        const events = readEvents(lines.map((line) => JSON.parse(line) as EngineEvent));
        if (events.count === 0) throw new Error(`pulumi ${command} said nothing: ${stdout}${stderr}`);
        return events;
    }

    #newHashes(name: string, outputs: Readonly<Record<string, unknown>> | undefined): readonly string[] {
        if (outputs === undefined) return [];
        const before = this.#hashes.get(name) ?? {};
        const after: Readonly<Record<string, unknown>> = Object(outputs.credentialHashes);
        this.#hashes.set(name, after);
        return [...new Set([...Object.keys(before), ...Object.keys(after)])]
            .filter((key) => before[key] !== after[key])
            .sort();
    }

    /** The same for every run: no id, no instant, no hash and no address of this one. */
    #common<Value>(name: string, value: Value): Value {
        const ids = Object.entries(this.#ids.get(name) ?? {});
        const text = (raw: string) =>
            ids
                .reduce((words, [target, id]) => words.replaceAll(id, `<${target}>`), raw)
                .replaceAll(this.#emulator.host, "<host>")
                .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<instant>")
                .replaceAll(/\bv1:[\w-]{16}(?![\w-])/g, "<hash>")
                .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>");
        const read = (raw: unknown): unknown => {
            if (typeof raw === "string") return text(raw);
            if (Array.isArray(raw)) return raw.map(read);
            if (raw === null || typeof raw !== "object") return raw;
            const plaintext: unknown = Reflect.get(raw, "plaintext");
            if (typeof plaintext === "string") return { secret: read(JSON.parse(plaintext)) };
            return Object.fromEntries(
                Object.entries(raw).map(([key, inner]) => [key, key === "@hashKey" ? "<key>" : read(inner)]),
            );
        };
        return read(value) as Value;
    }
}

interface EngineEvent {
    readonly resourcePreEvent?: { readonly metadata: { readonly urn: string; readonly op: string } };
    readonly diagnosticEvent?: { readonly urn?: string; readonly severity: string; readonly message: string };
}

interface Events {
    readonly count: number;
    readonly ops: Readonly<Record<string, readonly string[]>>;
    readonly failures: Readonly<Record<string, string>>;
}

function readEvents(events: readonly EngineEvent[]): Events {
    const ops: Record<string, string[]> = {};
    const failures: Record<string, string> = {};
    const isOurs = (urn: string) => [resourceType, pluginResourceType].some((type) => urn.includes(`${type}::`));
    for (const { resourcePreEvent, diagnosticEvent } of events) {
        if (resourcePreEvent !== undefined && isOurs(resourcePreEvent.metadata.urn)) {
            const { urn, op } = resourcePreEvent.metadata;
            ops[nameOf(urn)] = [...(ops[nameOf(urn)] ?? []), op];
        }
        if (diagnosticEvent?.severity === "error" && diagnosticEvent.urn && isOurs(diagnosticEvent.urn)) {
            const words = diagnosticEvent.message.replaceAll(/<\{%.*?%\}>/g, "").trim();
            failures[nameOf(diagnosticEvent.urn)] = words;
        }
    }
    return { count: events.length, ops, failures };
}
