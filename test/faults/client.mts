import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Emulator, type SeededObject, startEmulator } from "pulumi-entrasync/emulator";
import type { Clock } from "../../provider/core/clock.ts";
import { EntrasyncError } from "../../provider/core/errors.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { createGraph } from "../../provider/graph/client.ts";
import { createSentCodes } from "../../provider/graph/sentCodes.ts";
import { createTransport, type TokenSource, type Transport } from "../../provider/graph/transport.ts";
import { watch } from "../support/observed.mts";
import { type Cell, credentialsOf, expectedOf } from "./expected.mts";
import { frontCertificate, openFront } from "./fronts.mts";
import { type Held, type Observation, seenOf, type Turn } from "./observation.mts";

/** As many cells at once: more, and a slow machine's sockets would need longer than the deadlines of this clock. */
const atOnce = 16;

/** So many times faster than the calendar: waits and deadlines alike. Sockets take the time that they take. */
const speed = 50;

/** How often the clock moves. On a machine that has no time for this process it moves less often, and nobody is late. */
const tickMs = 4;

class FastClock implements Clock {
    readonly #startMs = Date.now();
    #elapsedMs = 0;
    #timers: { readonly dueMs: number; readonly action: () => void }[] = [];

    now(): Date {
        return new Date(this.#startMs + this.#elapsedMs);
    }

    elapsedMs(): number {
        return this.#elapsedMs;
    }

    after(delayMs: number, action: () => void): () => void {
        const timer = { dueMs: this.#elapsedMs + delayMs, action };
        this.#timers.push(timer);
        return () => {
            this.#timers = this.#timers.filter((other) => other !== timer);
        };
    }

    /** Runs until it is told to stop. */
    start(): () => void {
        const ticking = setInterval(() => {
            const untilMs = this.#elapsedMs + tickMs * speed;
            for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
                this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
                timer.action();
            }
            this.#elapsedMs = untilMs;
        }, tickMs);
        return () => clearInterval(ticking);
    }

    #next(untilMs: number) {
        const [next] = this.#timers
            .filter(({ dueMs }) => dueMs <= untilMs)
            .sort((one, other) => one.dueMs - other.dueMs);
        this.#timers = this.#timers.filter((timer) => timer !== next);
        return next;
    }
}

const clock = new FastClock();

interface State {
    readonly id: string;
    readonly inputs: lifecycle.Properties;
    readonly outputs: lifecycle.Properties & Held;
}

/**
 * One resource as the engine keeps it: what `up` calls, and what of it becomes state. The real engine has the same to do
 * in `engine.mts`; here it costs milliseconds.
 */
class Resource {
    state: State | undefined;

    async up(
        news: lifecycle.Properties,
        surroundings: lifecycle.Surroundings,
    ): Promise<Pick<Turn, "ended" | "message">> {
        const { inputs, failures } = lifecycle.check(this.state?.inputs ?? {}, news, surroundings);
        if (failures.length > 0) {
            throw new Error(JSON.stringify(failures));
        }
        try {
            await this.#apply(inputs, surroundings);
            return { ended: "ok", message: "" };
        } catch (error) {
            if (error instanceof lifecycle.KeptInStateError) {
                // Of an update the engine keeps the inputs of before beside the new outputs (seen on 3.259.0).
                const kept = this.state?.inputs ?? inputs;
                this.state = { id: error.resourceId, inputs: kept, outputs: { ...error.outputs } };
                return { ended: error.failure.code, message: error.failure.message };
            }
            if (error instanceof EntrasyncError) {
                return { ended: error.code, message: error.message };
            }
            throw error;
        }
    }

    async #apply(inputs: lifecycle.Properties, surroundings: lifecycle.Surroundings): Promise<void> {
        if (this.state === undefined) {
            const { id, outputs } = await lifecycle.create(inputs, surroundings);
            this.state = { id, inputs, outputs: { ...outputs } };
            return;
        }
        const { id, outputs: olds } = this.state;
        const plan = lifecycle.diff(id, olds, inputs, surroundings);
        if (plan.action === "replace") {
            throw new Error("nothing was to be replaced");
        }
        const { outputs } =
            plan.action === "none" ? { outputs: olds } : await lifecycle.update(id, olds, inputs, surroundings);
        this.state = { id, inputs, outputs: { ...outputs } };
    }

    get held(): Held | undefined {
        const { acquiredAt, credentialHashes, outcomeUnknownSince } = this.state?.outputs ?? {};
        return acquiredAt === undefined || credentialHashes === undefined
            ? undefined
            : { acquiredAt, credentialHashes, ...(outcomeUnknownSince === undefined ? {} : { outcomeUnknownSince }) };
    }
}

/** Plays every cell by the real client, over real sockets, against an emulator in this process. */
export async function playByClient(
    cells: readonly Cell[],
): Promise<{ readonly observations: ReadonlyMap<Cell, Observation>; readonly requests: Emulator["requests"] }> {
    const emulator = await startEmulator();
    const folder = mkdtempSync(join(tmpdir(), "entrasync-faults-"));
    const trusted = getCACertificates("default");
    setDefaultCACertificates([...trusted, emulator.caCertificate, (await frontCertificate()).ca]);
    const stopClock = clock.start();
    try {
        const transport = await createTransport(tokensOf(emulator), `${emulator.url}/.default`);
        const context: Context = { emulator, folder, transport };
        const players = cells.map((cell) => new Player(cell, context));
        await eachOf(players, (player) => player.prepare());
        await eachOf(players, (player) => player.play());
        emulator.faults.clear();
        await eachOf(players, (player) => player.goOn());
        return {
            observations: new Map(players.map((player) => [player.cell, player.observation])),
            requests: [...emulator.requests],
        };
    } finally {
        stopClock();
        setDefaultCACertificates(trusted);
        rmSync(folder, { recursive: true });
        await emulator.close();
    }
}

interface Context {
    readonly emulator: Emulator;
    readonly folder: string;
    readonly transport: Transport;
}

class Player {
    readonly cell: Cell;
    readonly #context: Context;
    readonly #principal: SeededObject;
    readonly #resource = new Resource();
    #before: Held | undefined;
    #turns: Turn[] = [];

    constructor(cell: Cell, context: Context) {
        this.cell = cell;
        this.#context = context;
        this.#principal = context.emulator.createServicePrincipal("Acme");
    }

    async prepare(): Promise<void> {
        if (this.cell.operation === "update") {
            const { ended, message } = await this.#up("first");
            if (ended !== "ok") {
                throw new Error(`what should be updated could not be created: ${message}`);
            }
        }
        this.#before = this.#resource.held;
    }

    async play(): Promise<void> {
        const { emulator } = this.#context;
        const { play, lasts } = this.cell.fault;
        switch (play.by) {
            case "graph": {
                const effect = typeof play.effect === "function" ? play.effect(clock.now()) : play.effect;
                const path = `/servicePrincipals/${this.#principal.id}/synchronization/acquireAccessToken`;
                emulator.faults.add({ match: { method: "POST", path }, times: lasts, effect });
                this.#turns.push(await this.#up("second"));
                return;
            }
            case "front": {
                const front = await openFront(play.front, emulator, lasts);
                this.#turns.push(await this.#up("second", front.url));
                await front.close();
                return;
            }
            case "token": {
                const weak = await createTransport(tokensOf(emulator, play.roles), `${emulator.url}/.default`);
                this.#turns.push(await this.#up("second", emulator.url, weak));
                return;
            }
        }
    }

    async goOn(): Promise<void> {
        this.#turns.push(await this.#up("second"));
        if (expectedOf(this.cell).next === "asks for a new code") {
            this.#turns.push(await this.#up("third"));
        }
    }

    get observation(): Observation {
        const [played, next, renewed] = this.#turns;
        if (played === undefined || next === undefined) {
            throw new Error("not played yet");
        }
        return {
            ...(this.#before === undefined ? {} : { before: this.#before }),
            played,
            next,
            ...(renewed === undefined ? {} : { renewed }),
            submitted: ["first", "second", "third"].map((turn) => `sentinel.${this.#principal.id}.${turn}`),
            targetId: this.#principal.id,
        };
    }

    async #up(turn: string, graphUrl = this.#context.emulator.url, transport = this.#context.transport): Promise<Turn> {
        const { emulator, folder } = this.#context;
        const progress: string[] = [];
        const voice = {
            inform: (message: string) => void progress.push(message),
            warn: (message: string) => void progress.push(`warning: ${message}`),
        };
        const graph = createGraph({
            endpoints: { graph: graphUrl, authority: emulator.url, scope: `${emulator.url}/.default` },
            transport,
            inform: voice.inform,
            sentCodes: createSentCodes(
                folder,
                () => clock.now(),
                (message) => progress.push(`warning: ${message}`),
            ),
            clock,
            random: () => 0.5,
        });
        const surroundings: lifecycle.Surroundings = {
            cloud: () => emulator.host,
            graph: async () => graph,
            clock,
            randomBytes,
            ...voice,
        };
        const { id } = this.#principal;
        const { fault, kind } = this.cell;
        const news = {
            servicePrincipalId: id,
            credentials: { ...credentialsOf(kind, id, turn), "@hashKey": "" },
            ...(fault.exhausts || fault.brief ? { timeouts: { create: "60s", update: "60s" } } : {}),
        };
        const seen = watch(emulator);
        const { ended, message } = await this.#resource.up(news, surroundings);
        const { held } = this.#resource;
        return {
            ...seenOf(seen(), this.#principal),
            ended,
            message,
            progress,
            ...(held === undefined ? {} : { held }),
        };
    }
}

function tokensOf(emulator: Emulator, roles?: readonly string[]): TokenSource {
    return {
        getToken: async () => ({
            token: await emulator.issueToken(roles === undefined ? {} : { roles }),
            expiresOnTimestamp: Date.now() + 3_600_000,
        }),
    };
}

async function eachOf<Item>(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
    const waiting = [...items];
    const work = async () => {
        for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
            await action(item);
        }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
}
