import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Emulator, microsoftHostNames, type SeededObject, startEmulator } from "pulumi-entrasync/emulator";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { type ConnectProxy, startConnectProxy } from "../emulator/connectProxy.mts";
import { openStack, type Stack, type State } from "../support/stack.mts";
import type { ProgramName } from "./programs.mts";

export type Face = "dynamic" | "plugin";
export type TargetKind = "servicePrincipals" | "applications";

/** A program, the state that a version of this package left of it, and what was outside of either. */
export interface Fixture {
    /** The version that wrote it; `unreleased-` and a commit, where that was never released. */
    readonly version: string;
    readonly face: Face;
    readonly program: ProgramName;
    /** What the stack's processes were given beside the sign-in. */
    readonly environment: Readonly<Record<string, string>>;
    readonly targets: Readonly<Record<string, RecordedTarget>>;
    /** JavaScript statements, or a YAML program's resources. */
    readonly source: string | Readonly<Record<string, unknown>>;
    /** How many acquisitions the next `up` asks for, by resource; those that are not named must be left alone. */
    readonly posts: Readonly<Record<string, number>>;
    readonly state: State;
}

export interface RecordedTarget {
    readonly kind: TargetKind;
    readonly id: string;
    /** The keys that Graph showed of it. */
    readonly held: readonly string[];
}

/** With it every fixture's secrets are encrypted, for anybody to read: they are a test's. */
const passphrase = "the passphrase of the fixtures in test/upgrades, which is no secret";

export const fixturesFolder = join(import.meta.dirname, "fixtures");

/** The paths of all fixtures, from their folder. */
export function fixturePaths(): readonly string[] {
    return readdirSync(fixturesFolder, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".json") && path.includes("/"))
        .sort();
}

export function pathOf({ version, face, program }: Pick<Fixture, "version" | "face" | "program">): string {
    return join(version, `${face}-${program}.json`);
}

/** Where the stacks of fixtures find Microsoft's clouds: an emulator that plays them, behind a proxy. */
export class Place implements AsyncDisposable {
    readonly emulator: Emulator;
    readonly #proxy: ConnectProxy;

    private constructor(emulator: Emulator, proxy: ConnectProxy) {
        this.emulator = emulator;
        this.#proxy = proxy;
    }

    static async open(): Promise<Place> {
        const emulator = await startEmulator({ hostNames: microsoftHostNames });
        return new Place(emulator, await startConnectProxy(Number(new URL(emulator.url).port)));
    }

    /** By their names, as users have them: state then says `public`, or the government's cloud, and no host of a test. */
    environment(more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
        const { ARM_METADATA_HOSTNAME: _, ...environment } = this.emulator.environment;
        return { ...environment, HTTPS_PROXY: this.#proxy.url, PULUMI_CONFIG_PASSPHRASE: passphrase, ...more };
    }

    openStack(face: Face, more: Readonly<Record<string, string>>): Promise<Stack> {
        const emulator = { environment: this.environment(more) };
        return openStack({ files: {}, emulator, language: face === "plugin" ? "yaml" : "javascript" });
    }

    createTarget(name: string, kind: TargetKind): SeededObject {
        return kind === "applications"
            ? this.emulator.createApplication(name)
            : this.emulator.createServicePrincipal(name);
    }

    async [Symbol.asyncDispose](): Promise<void> {
        await this.#proxy.close();
        await this.emulator.close();
    }
}

/**
 * The fixture with targets that this place's directory has, which gives each object an id of its own: nothing else of the
 * text is touched.
 */
export function readFixture(path: string, place: Place): Fixture {
    let text = readFileSync(join(fixturesFolder, path), "utf8");
    const { targets } = JSON.parse(text) as Fixture;
    for (const [name, { kind, id, held }] of Object.entries(targets)) {
        const target = place.createTarget(name, kind);
        const object = place.emulator.store.find(kind, { by: "id", value: target.id });
        if (object === undefined) throw new Error(`the directory does not know ${name}`);
        place.emulator.store.setSecrets(
            object,
            held.map((key) => [key, "of the fixture"]),
        );
        text = text.replaceAll(id, target.id);
    }
    return JSON.parse(text) as Fixture;
}

/** Writes the program that state is of into the stack's folder. */
export function declareSource(stack: Stack, source: Fixture["source"]): void {
    if (typeof source === "string") stack.declare(source);
    else stack.declareYaml({ resources: source });
}

/** What there are fixtures of: released versions, and what was never released, by its commit. */
export function recordedVersions(): readonly string[] {
    return readdirSync(fixturesFolder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
}

/** This repository's version. */
export function currentVersion(): string {
    return (JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string }).version;
}
