import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { EntrasyncError } from "../../provider/core/errors.ts";
import { type Emulator, type Fault, type RequestLogEntry, startEmulator } from "../../provider/emulator/index.ts";
import type { TransportRequest } from "../../provider/graph/transport.ts";
import { filesUnder, leaks } from "../support/sentinels.mts";
import { type Ended, type Resource, Stack } from "./engine.mts";
import { type Machine, Process } from "./process.mts";
import {
    allSentinels,
    type Command,
    codeKey,
    credentialsOf,
    edited,
    firstProgram,
    inputsOf,
    meaningOf,
    type Program,
    type Trouble,
    targetKinds,
} from "./sequences.mts";

/** A call that handed over a one-time code, by all that makes it the same call again for a user. */
interface SentCode {
    readonly call: string;
    /** Whether Graph processed it, or its sender could not be sure. */
    readonly mayBeProcessed: boolean;
}

/** What all sequences came to, so that nobody takes "nothing went wrong" for "something was tried". */
export interface Tally {
    sequences: number;
    commands: number;
    posts: number;
    acquisitions: number;
    failures: number;
    kills: number;
    noOps: number;
}

export const newTally = (): Tally => ({
    sequences: 0,
    commands: 0,
    posts: 0,
    acquisitions: 0,
    failures: 0,
    kills: 0,
    noOps: 0,
});

/** The emulator that all sequences run against, one after the other. */
export interface Place {
    readonly emulator: Emulator;
    readonly token: string;
    onRequest: (entry: RequestLogEntry) => void;
}

export async function openPlace(): Promise<Place> {
    let place: Place | undefined;
    const emulator = await startEmulator({ onRequest: (entry) => place?.onRequest(entry) });
    place = { emulator, token: await emulator.issueToken(), onRequest: () => {} };
    return place;
}

/** One sequence's world: a stack, a machine, a directory; and what must hold in it whatever happens. */
export class World implements Disposable {
    readonly #emulator: Emulator;
    readonly #machine: Machine;
    readonly #stack = new Stack();
    readonly #targets: readonly string[];
    readonly #tally: Tally;
    readonly #sentCodes: SentCode[] = [];
    /** What the emulator saw and no sequence may do: kept until the command has ended, for nobody may throw there. */
    readonly #broken: string[] = [];
    #process: Process | undefined;
    #program = firstProgram;
    /** The program as of the last `up` that worked. */
    #worked = firstProgram;
    /** What the last successful `up` was for, until something may have changed since. */
    #settled: string | undefined;
    /** The targets whose last acquisition was sent by a process that was killed before state could know of it. */
    readonly #unknownToState = new Set<string>();
    #acquisitions = 0;
    #nowMs = Date.now();

    constructor(place: Place, tally: Tally) {
        const { emulator } = place;
        emulator.reset();
        this.#emulator = emulator;
        this.#tally = tally;
        this.#targets = targetKinds.map((kind, index) =>
            kind === "applications"
                ? emulator.createApplication(`Target ${index}`).id
                : emulator.createServicePrincipal(`Target ${index}`).id,
        );
        this.#machine = {
            emulator,
            token: place.token,
            notes: mkdtempSync(join(tmpdir(), "entrasync-model-")),
            onArrival: (entry, request) => this.#noteArrival(entry, request),
        };
        place.onRequest = (entry) => this.#process?.arrived(entry);
        tally.sequences += 1;
    }

    [Symbol.dispose](): void {
        this.#process = undefined;
        rmSync(this.#machine.notes, { recursive: true, force: true });
    }

    async run(command: Command): Promise<void> {
        this.#tally.commands += 1;
        switch (command.does) {
            case "up":
                this.#program = command.edits.reduce(edited, command.takesBack ? this.#worked : this.#program);
                this.#addFaults(command.troubles);
                await this.#up(command.killAt);
                break;
            case "refresh":
                this.#addFaults(command.troubles);
                await this.#refresh(command.killAt);
                break;
            case "preview":
                await this.#preview(command.edits.reduce(edited, this.#program), command.unknownKey);
                break;
            case "destroy":
                this.#stack.destroy();
                this.#settled = undefined;
                break;
            case "wait":
                this.#nowMs += command.minutes * 60_000;
                break;
            case "lose": {
                const target = this.#object(command.target);
                if (target !== undefined) {
                    this.#emulator.store.remove(target);
                }
                break;
            }
        }
        this.#emulator.faults.clear();
    }

    /** However it went: with a target that is there and, where one is wanted, a new code, everything can be put right. */
    async end(): Promise<void> {
        const target = ([0, 1, 2] as const).find((index) => this.#object(index) !== undefined);
        if (target === undefined) {
            return;
        }
        const here = this.#object(this.#program.target) === undefined ? target : this.#program.target;
        const { versions, code } = this.#program;
        this.#program = {
            ...this.#program,
            target: here,
            versions: Object.keys(versions).length === 0 ? { SecretToken: 0 } : versions,
            maxAge: undefined,
            code: code === undefined ? undefined : 1000,
        };
        for (const expected of ["sends what is to be sent", "sends nothing"]) {
            const before = this.#requests();
            const ended = await this.#up(Number.POSITIVE_INFINITY);
            hold(ended.ended === "done", `a last up ${expected}, but ${ended.ended}: ${inspect(ended)}`);
            hold(
                expected !== "sends nothing" || this.#requests() === before,
                "the up after the last one sent something",
            );
        }
        const ended = await this.#preview(this.#program, undefined);
        hold(ended.ended === "done" && ended.step === "same", `a preview after the last up: ${inspect(ended)}`);
    }

    async #up(killAt: number): Promise<Ended> {
        const program = this.#program;
        const meaning = meaningOf(program);
        const isNoOp = this.#settled === meaning && !this.#isTooOld(program);
        const before = this.#requests();
        const acquisitionsBefore = this.#acquisitions;
        const ended = await this.#within(killAt, (process) =>
            this.#stack.up(inputsOf(program, this.#targets), process),
        );
        if (this.#acquisitions > acquisitionsBefore) {
            const target = this.#targets[program.target] ?? "";
            this.#unknownToState[ended.ended === "killed" ? "add" : "delete"](target);
        }
        if (isNoOp) {
            this.#tally.noOps += 1;
            hold(this.#requests() === before, "an up that had nothing to do asked something");
            hold(
                ended.ended === "invalid" || ended.ended === "done",
                `an up that had nothing to do: ${inspect(ended)}`,
            );
        }
        if (ended.ended === "done") {
            this.#settled = meaning;
            this.#worked = program;
            this.#holdsWhatTheProgramSays(program);
        } else if (ended.ended !== "invalid") {
            this.#settled = undefined;
        }
        return ended;
    }

    async #refresh(killAt: number): Promise<void> {
        const { resource } = this.#stack;
        const ended = await this.#within(killAt, (process) => this.#stack.refresh(process));
        hold(ended.ended === "done" || ended.ended === "killed", `a refresh: ${inspect(ended)}`);
        // What a killed run left behind, a refresh may see.
        const mayDiffer = this.#unknownToState.has(this.#targets[this.#program.target] ?? "");
        if (resource !== undefined && (this.#stack.resource === undefined || mayDiffer)) {
            this.#settled = undefined;
        }
    }

    async #preview(program: Program, unknownKey: string | undefined): Promise<Ended> {
        const before = this.#requests();
        const ended = await this.#within(Number.POSITIVE_INFINITY, (process) =>
            this.#stack.preview(inputsOf(program, this.#targets, unknownKey), process),
        );
        hold(this.#requests() === before, "a preview asked something");
        hold(ended.ended !== "failed", `a preview: ${inspect(ended)}`);
        return ended;
    }

    async #within(killAt: number, command: (process: Process) => Promise<Ended>): Promise<Ended> {
        const process = new Process(this.#machine, this.#nowMs, killAt);
        this.#process = process;
        const ended = await command(process);
        this.#process = undefined;
        hold(this.#broken.length === 0, this.#broken.join("; "));
        this.#nowMs = process.clock.now().getTime() + 1000;
        hold(process.clock.elapsedMs() <= longestMs, `it took ${process.clock.elapsedMs()} ms`);
        hold(ended.ended === "killed" || process.clock.timers === 0, "a timer was not given back");
        this.#tally.kills += ended.ended === "killed" ? 1 : 0;
        if (ended.ended === "failed") {
            this.#tally.failures += 1;
            hold(ended.error instanceof EntrasyncError, `no error of ours: ${inspect(ended.error)}`);
        }
        this.#saysNoSecret(process.said, ended);
        return ended;
    }

    #noteArrival(entry: RequestLogEntry, request: TransportRequest | undefined): void {
        const before = this.#acquisitions;
        this.#acquisitions = this.#emulator.store.acquisitions.length;
        if (!entry.path.endsWith("/acquireAccessToken")) {
            return;
        }
        this.#tally.posts += 1;
        const wasProcessed = this.#acquisitions > before;
        this.#tally.acquisitions += wasProcessed ? 1 : 0;
        const { credentials } = JSON.parse(request?.body ?? "") as { credentials: { key: string; value: string }[] };
        if (!credentials.some(({ key }) => key === codeKey)) {
            return;
        }
        const pairs = credentials.map(({ key, value }) => [key, value]).sort();
        const target = entry.path.split("/")[3];
        const call = JSON.stringify([target, this.#program.trigger ?? null, pairs]);
        if (this.#sentCodes.some((earlier) => earlier.mayBeProcessed && earlier.call === call)) {
            this.#broken.push("a code was sent again that may have been processed");
        }
        const isRefused = entry.status >= 300 && entry.status < 500 && entry.status !== 408;
        this.#sentCodes.push({ call, mayBeProcessed: wasProcessed || !isRefused });
        const accepted = this.#emulator.store.acquisitions.map(({ values }) => values[codeKey]).filter(Boolean);
        if (new Set(accepted).size < accepted.length) {
            this.#broken.push("a code was accepted twice");
        }
    }

    #isTooOld({ maxAge }: Program): boolean {
        const acquiredAtMs = Date.parse(String(this.#stack.resource?.outputs.acquiredAt));
        return maxAge === "1h" && this.#nowMs - acquiredAtMs > 3_600_000;
    }

    /**
     * A known limit: where a run was killed between Graph's acceptance and the writing of state, and the user then takes
     * the edit back, state says that there is nothing to do. Nothing but state tells an `up` what Graph holds.
     */
    #holdsWhatTheProgramSays(program: Program): void {
        const target = this.#object(program.target);
        if (target !== undefined && !this.#unknownToState.has(target.id)) {
            const held = JSON.stringify([...target.secrets].sort());
            const said = JSON.stringify([...credentialsOf(program)].sort());
            hold(held === said, `after a successful up Graph holds ${held}, the program says ${said}`);
        }
    }

    #saysNoSecret(said: readonly string[], ended: Ended): void {
        const { inputs = {}, ...rest }: Partial<Resource> = this.#stack.resource ?? {};
        const { credentials: _, ...clearInputs } = inputs;
        const error = ended.ended === "failed" ? ended.error : undefined;
        const surfaces = {
            said: said.join("\n"),
            state: JSON.stringify({ ...rest, inputs: clearInputs }),
            end: inspect(ended, { depth: 10, showHidden: true }),
            error: error instanceof Error ? `${error.message}\n${error.stack}\n${JSON.stringify(error)}` : "",
            ...filesUnder(this.#machine.notes),
            names: Object.keys(filesUnder(this.#machine.notes)).join("\n"),
            log: JSON.stringify(this.#emulator.requests),
        };
        const found = leaks(surfaces, allSentinels());
        hold(found.length === 0, `a secret got out: ${found.join("; ")}`);
    }

    #addFaults(troubles: readonly Trouble[]): void {
        for (const trouble of troubles) {
            this.#emulator.faults.add(trouble.effect.kind === "echo" ? this.#echo() : (trouble as Fault));
        }
    }

    /** Only the acquisition carries values that could be said back. */
    #echo(): Fault {
        const [, value] = credentialsOf(this.#program).at(-1) ?? ["", ""];
        const body = { error: { code: "RequestParameterInvalid", message: `The value ${value} is not valid.` } };
        return { match: { path: "acquireAccessToken" }, effect: { kind: "respond", status: 400, body } };
    }

    #object(index: 0 | 1 | 2) {
        return this.#emulator.store[targetKinds[index]].get(this.#targets[index] ?? "");
    }

    #requests(): number {
        return this.#emulator.counts().graphRequests;
    }
}

/** The longest timeout of any program, and a second. */
const longestMs = 5 * 60_000 + 1000;

/** An invariant: what must be so, and what it means that it is not. */
function hold(isSo: boolean, what: string): void {
    if (!isSo) {
        throw new Error(what);
    }
}
