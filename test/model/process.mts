import type { Graph, Surroundings } from "../../provider/core/lifecycle.ts";
import type { Emulator, RequestLogEntry } from "../../provider/emulator/index.ts";
import { createGraph } from "../../provider/graph/client.ts";
import { createSentCodes, type Note, type SentCodes } from "../../provider/graph/sentCodes.ts";
import { createTransport, type Transport, type TransportRequest } from "../../provider/graph/transport.ts";
import { LeapingClock } from "./clock.mts";

/** What outlives a process. */
export interface Machine {
    readonly emulator: Emulator;
    readonly token: string;
    /** Where one-time codes are noted. */
    readonly notes: string;
    /** Told of each request that reached the emulator, with the body that its sender gave it. */
    readonly onArrival: (entry: RequestLogEntry, request: TransportRequest | undefined) => void;
}

/** The process was killed: nothing of it goes on. */
export class Killed extends Error {}

const oneHourMs = 3_600_000;

/**
 * A provider's process as one command of the engine has it: the real client over real TLS, with a clock that leaps and a
 * point at which it dies.
 *
 * A dead process does nothing any more: its connection is torn down, and whatever it waited for never comes. The points
 * are those at which something outside it changes: the sign-in, the note, the request, the answer, the end.
 */
export class Process implements Surroundings {
    readonly clock: LeapingClock;
    /** All that it told its user. */
    readonly said: string[] = [];
    readonly #machine: Machine;
    readonly #killAt: number;
    readonly #death = new AbortController();
    readonly #killed = Promise.withResolvers<never>();
    #points = 0;
    #flight: { readonly request: TransportRequest; readonly landed: () => void } | undefined;
    #graph: Promise<Graph> | undefined;

    /** `killAt`: at which point it dies, counted from 0; `Infinity`: at none. */
    constructor(machine: Machine, nowMs: number, killAt: number) {
        this.#machine = machine;
        this.#killAt = killAt;
        this.clock = new LeapingClock(nowMs);
        this.#killed.promise.catch(() => {});
    }

    cloud(): string {
        return "public";
    }

    /** Not a secret here, and not of chance: a failure must come again. */
    randomBytes(count: number): Uint8Array {
        return new Uint8Array(count).fill(1 + (Math.floor(this.clock.now().getTime() / 1000) % 250));
    }

    inform(message: string): void {
        this.said.push(message);
    }

    warn(message: string): void {
        this.said.push(message);
    }

    graph(): Promise<Graph> {
        this.#graph ??= this.#connect();
        return this.#graph;
    }

    /** What the work gives, unless the process dies first: then `Killed` is thrown. */
    async run<Result>(work: () => Promise<Result>): Promise<Result> {
        const untilTheEnd = async () => {
            const result = await work();
            await this.#point();
            return result;
        };
        try {
            return await this.clock.turnUntilDone(Promise.race([untilTheEnd(), this.#killed.promise]));
        } finally {
            this.#death.abort();
        }
    }

    /** A request of this process reached the emulator, and its answer is settled but not sent. */
    arrived(entry: RequestLogEntry): void {
        this.#machine.onArrival(entry, this.#flight?.request);
        if (entry.faulted === "hang") {
            this.#flight?.landed();
        }
        void this.#point();
    }

    async #connect(): Promise<Graph> {
        const { emulator, notes } = this.#machine;
        const scope = `${emulator.url}/.default`;
        const tokens = {
            getToken: async () => {
                await this.#point();
                return { token: this.#machine.token, expiresOnTimestamp: Date.now() + oneHourMs };
            },
        };
        const transport = await this.#held(() => createTransport(tokens, scope));
        return createGraph({
            endpoints: { graph: emulator.url, authority: emulator.url, scope },
            transport: this.#mortal(transport),
            inform: (message) => this.said.push(message),
            sentCodes: this.#noted(
                createSentCodes(
                    notes,
                    () => this.clock.now(),
                    (message) => this.warn(message),
                ),
            ),
            clock: this.clock,
            random: () => 0.5,
        });
    }

    /** A point at which it may die. A dead one stays here. */
    async #point(): Promise<void> {
        if (this.#points === this.#killAt) {
            this.#death.abort();
            this.#killed.reject(new Killed());
        }
        this.#points += 1;
        if (this.#death.signal.aborted) {
            await new Promise(() => {});
        }
    }

    async #held<Result>(work: () => Promise<Result>): Promise<Result> {
        const release = this.clock.hold();
        try {
            return await work();
        } finally {
            release();
        }
    }

    #mortal(transport: Transport): Transport {
        return {
            claims: () => transport.claims(),
            send: async (request) => {
                await this.#point();
                const landed = this.clock.hold();
                this.#flight = { request, landed };
                try {
                    const abortSignal = AbortSignal.any([request.abortSignal, this.#death.signal]);
                    return await transport.send({ ...request, abortSignal });
                } finally {
                    landed();
                    this.#flight = undefined;
                    await this.#point();
                }
            },
        };
    }

    #noted(codes: SentCodes): SentCodes {
        const step = async <Result,>(work: () => Promise<Result>): Promise<Result> => {
            await this.#point();
            const result = await this.#held(work);
            await this.#point();
            return result;
        };
        return {
            begin: async (acquisition) => {
                const note = await step(() => codes.begin(acquisition));
                return {
                    ...note,
                    accepted: () => step(() => note.accepted()),
                    forget: () => step(() => note.forget()),
                } satisfies Note;
            },
        };
    }
}
