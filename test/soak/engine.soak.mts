import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { descendantsOf, endLeftovers } from "../faults/processes.mts";
import {
    allSentinels,
    argumentsOf,
    type Command,
    codeKey,
    commands,
    credentialsOf,
    edited,
    firstProgram,
    meaningOf,
    type Program,
    targetKinds,
} from "../model/sequences.mts";
import { watch } from "../support/observed.mts";
import { filesUnder, leaks } from "../support/sentinels.mts";
import { openStack, type Result, type Stack } from "../support/stack.mts";

/*
 * The sequences of `test/model`, by the real engine and by the real clock: what would take long is left out, and a kill is a
 * real one. One stack for all of them: each sequence has targets of its own and a resource of its own name.
 */

const sequencesInAll = 25;

let onArrival: (path: string, wasProcessed: boolean, status: number) => void = () => {};
let acquisitionsSeen = 0;
const emulator = await startEmulator({
    onRequest: ({ path, status }) => {
        const now = emulator.store.acquisitions.length;
        onArrival(path, now > acquisitionsSeen, status);
        acquisitionsSeen = now;
    },
});
const tally = { commands: 0, posts: 0, acquisitions: 0, failures: 0, kills: 0, noOps: 0 };
let stack: Stack;

beforeAll(async () => {
    stack = await openStack({ files: {}, project: "sequences", emulator });
    await stack.config("entrasync:replicationTimeout", "2s");
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    await emulator.close();
});

/** What a real clock has the time for. */
const isShort = (command: Command): boolean =>
    command.does !== "wait" &&
    (!("troubles" in command) ||
        command.troubles.every(
            ({ effect, times = 1 }) =>
                effect.kind !== "hang" &&
                effect.kind !== "echo" &&
                times < 100 &&
                (effect.kind !== "throttle" || effect.retryAfter === "1") &&
                (effect.kind !== "respond" || !["30", "315", "100000"].includes(effect.headers?.["retry-after"] ?? "")),
        ));

const sequences = fc.array(commands.filter(isShort), { minLength: 3, maxLength: 4, size: "max" });

/** One sequence's user, and what must hold whatever happens to him. */
class User {
    readonly #name: string;
    readonly #targets: readonly string[];
    readonly #sentCodes: { readonly call: string; readonly mayBeProcessed: boolean }[] = [];
    readonly #unknownToState = new Set<string>();
    readonly #broken: string[] = [];
    #program = firstProgram;
    #worked = firstProgram;
    #settled: string | undefined;
    #killNext = false;

    constructor(name: string) {
        emulator.reset();
        acquisitionsSeen = 0;
        this.#name = name;
        this.#targets = targetKinds.map((kind, index) =>
            kind === "applications"
                ? emulator.createApplication(`${name} ${index}`).id
                : emulator.createServicePrincipal(`${name} ${index}`).id,
        );
        onArrival = (path, wasProcessed, status) => this.#noteArrival(path, wasProcessed, status);
    }

    async run(command: Command): Promise<void> {
        tally.commands += 1;
        for (const trouble of "troubles" in command ? command.troubles : []) {
            if (trouble.effect.kind !== "echo") {
                emulator.faults.add({ ...trouble, effect: trouble.effect });
            }
        }
        switch (command.does) {
            case "up":
                this.#program = command.edits.reduce(edited, command.takesBack ? this.#worked : this.#program);
                await this.up(Number.isFinite(command.killAt));
                break;
            case "refresh": {
                const { code } = await this.#pulumi(["refresh", "--yes", "--skip-preview"]);
                expect(code).toBe(0);
                // What a killed run left behind, a refresh may see.
                const id = this.#object(this.#program)?.id;
                this.#settled = id === undefined || this.#unknownToState.has(id) ? undefined : this.#settled;
                break;
            }
            case "preview": {
                const seen = watch(emulator);
                const program = command.edits.reduce(edited, this.#program);
                this.#declare(program);
                await this.#pulumi(["preview"]);
                expect(seen().requests).toEqual([]);
                break;
            }
            case "destroy":
                expect((await this.#pulumi(["destroy", "--yes", "--skip-preview"])).code).toBe(0);
                this.#settled = undefined;
                break;
            case "lose": {
                const lost = this.#object({ ...this.#program, target: command.target });
                if (lost !== undefined) {
                    emulator.store.remove(lost);
                }
                break;
            }
            case "wait":
        }
        emulator.faults.clear();
    }

    async end(): Promise<void> {
        const target = ([0, 1, 2] as const).find((index) => this.#object({ ...this.#program, target: index }));
        if (target === undefined) {
            return;
        }
        const { versions, code } = this.#program;
        this.#program = {
            ...this.#program,
            target: this.#object(this.#program) === undefined ? target : this.#program.target,
            versions: Object.keys(versions).length === 0 ? { SecretToken: 0 } : versions,
            maxAge: undefined,
            code: code === undefined ? undefined : 1000,
        };
        const { code: exitCode, output } = await this.up(false);
        expect(exitCode, output).toBe(0);
    }

    async up(kills: boolean): Promise<Result> {
        const program = this.#program;
        const meaning = meaningOf(program);
        const isNoOp = this.#settled === meaning;
        this.#declare(program);
        this.#killNext = kills;
        const seen = watch(emulator);
        const result = await this.#pulumi(["up", "--yes", "--skip-preview"]);
        const wasKilled = kills && !this.#killNext;
        this.#killNext = false;
        if (wasKilled) {
            tally.kills += 1;
            await stack.run(["cancel", "--yes"]);
        }
        const { requests, acquisitions, posts } = seen();
        tally.posts += posts.length;
        tally.acquisitions += acquisitions.length;
        if (acquisitions.length > 0) {
            this.#unknownToState[wasKilled ? "add" : "delete"](this.#targets[program.target] ?? "");
        }
        if (isNoOp) {
            tally.noOps += 1;
            expect(requests, "an up that had nothing to do asked something").toEqual([]);
        }
        if (result.code === 0) {
            this.#settled = meaning;
            this.#worked = program;
            const target = this.#object(program);
            if (target !== undefined && !this.#unknownToState.has(target.id)) {
                expect([...target.secrets].sort(), "what Graph holds").toEqual([...credentialsOf(program)].sort());
            }
        } else {
            tally.failures += wasKilled ? 0 : 1;
            this.#settled = undefined;
            if (!wasKilled) {
                // A failure of ours ends with its code, a failure of the inputs names a path.
                expect(result.output).toMatch(/\([A-Z]+(_[A-Z]+)+\)|credentials|maxAge/);
                expect(result.output).not.toMatch(/TypeError|unhandled/i);
            }
        }
        return result;
    }

    async #pulumi(args: readonly string[]): Promise<Result> {
        const result = await stack.run(args);
        expect(this.#broken).toEqual([]);
        const folders = [stack.backend, stack.temporary, join(stack.environment.PULUMI_HOME ?? "", "entrasync")];
        const files = folders.filter((folder) => existsSync(folder)).map((folder) => filesUnder(folder));
        expect(leaks(Object.assign({ output: result.output }, ...files), allSentinels())).toEqual([]);
        return result;
    }

    #declare(program: Program): void {
        const args = JSON.stringify(argumentsOf(program, this.#targets));
        stack.declare(`new SynchronizationTokenAcquisition("${this.#name}", ${args});`);
    }

    #noteArrival(path: string, wasProcessed: boolean, status: number): void {
        if (!path.endsWith("/acquireAccessToken")) {
            return;
        }
        if (this.#program.code !== undefined) {
            const call = meaningOf(this.#program);
            if (this.#sentCodes.some((earlier) => earlier.mayBeProcessed && earlier.call === call)) {
                this.#broken.push("a code was sent again that may have been processed");
            }
            const isRefused = status >= 300 && status < 500 && status !== 408;
            this.#sentCodes.push({ call, mayBeProcessed: wasProcessed || !isRefused });
        }
        const accepted = emulator.store.acquisitions.map(({ values }) => values[codeKey]).filter(Boolean);
        if (new Set(accepted).size < accepted.length) {
            this.#broken.push("a code was accepted twice");
        }
        if (this.#killNext) {
            this.#killNext = false;
            endLeftovers(descendantsOf(process.pid));
        }
    }

    #object({ target }: Program) {
        return emulator.store[targetKinds[target]].get(this.#targets[target] ?? "");
    }
}

test(`${sequencesInAll} random sequences break no invariant on the real engine either`, async () => {
    let count = 0;
    await fc.assert(
        fc.asyncProperty(sequences, async (sequence) => {
            count += 1;
            const user = new User(`sequence-${count}`);
            for (const command of sequence) {
                await user.run(command);
            }
            await user.end();
        }),
        // To shrink would take an hour: the seed and the sequence as it is must do.
        { numRuns: sequencesInAll, endOnFailure: true },
    );
    console.log(`engine: ${JSON.stringify({ sequences: count, ...tally })}`);
    expect(count).toBe(sequencesInAll);
    expect(tally.kills).toBeGreaterThan(0);
    expect(tally.noOps).toBeGreaterThan(0);
    expect(tally.failures).toBeGreaterThan(0);
});
