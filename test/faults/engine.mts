import { type Emulator, type SeededObject, startEmulator } from "pulumi-entrasync/emulator";
import { type Observed, watch } from "../support/observed.mts";
import { openStack, type Result, type Stack, type StateResource } from "../support/stack.mts";
import { type Cell, credentialsOf, expectedOf } from "./expected.mts";
import { type Held, type Observation, seenOf, type Turn } from "./observation.mts";

/** What an operation has where the fault takes all of it; and how long a target may be too new. In Pulumi's own time. */
const exhaustedAfter = "15s";
const replicationTimeout = "12s";

/**
 * Plays every cell by `pulumi up`: side by side, as resources of one stack. Those that Graph throttles are another stack's:
 * a pause is everybody's, and so is the pace after it, which would take the others' time.
 */
export async function playByEngine(cells: readonly Cell[]): Promise<ReadonlyMap<Cell, Observation>> {
    const throttles = ({ fault }: Cell) => fault.row === "throttled";
    const played = [
        await playInOneStack(cells.filter(throttles)),
        await playInOneStack(cells.filter((cell) => !throttles(cell))),
    ];
    return new Map(played.flatMap((some) => [...some]));
}

async function playInOneStack(cells: readonly Cell[]): Promise<ReadonlyMap<Cell, Observation>> {
    const emulator = await startEmulator();
    const stack = await openStack({ files: {}, emulator });
    try {
        await stack.config("entrasync:replicationTimeout", replicationTimeout);
        return await play(cells, emulator, stack);
    } finally {
        await stack[Symbol.asyncDispose]();
        await emulator.close();
    }
}

interface Part {
    readonly cell: Cell;
    readonly name: string;
    readonly principal: SeededObject;
}

async function play(cells: readonly Cell[], emulator: Emulator, stack: Stack): Promise<ReadonlyMap<Cell, Observation>> {
    const parts = cells.map((cell, index) => {
        const name = `cell${index}`;
        return { cell, name, principal: emulator.createServicePrincipal(name) };
    });
    const up = async (declared: (part: Part) => string | undefined): Promise<Up> => {
        stack.declare(programOf(parts, declared));
        const seen = watch(emulator);
        const result = await stack.tryUp("--continue-on-error", "--parallel", "16");
        return { result, seen: seen(), state: await stack.resources("--show-secrets") };
    };

    const prepared = await up(({ cell }) => (cell.operation === "update" ? "first" : undefined));
    if (prepared.result.code !== 0) {
        throw new Error(prepared.result.output);
    }
    for (const { cell, principal } of parts) {
        const { play, lasts } = cell.fault;
        if (play.by !== "graph" || typeof play.effect === "function") {
            throw new Error(`${cell.fault.name} is no fault for the engine`);
        }
        const path = `/servicePrincipals/${principal.id}/synchronization/acquireAccessToken`;
        emulator.faults.add({ match: { method: "POST", path }, times: lasts, effect: play.effect });
    }
    const played = await up(() => "second");
    emulator.faults.clear();
    const next = await up(() => "second");
    const asksForCode = ({ cell }: Part) => expectedOf(cell).next === "asks for a new code";
    const renewed = await up((part) => (asksForCode(part) ? "third" : "second"));

    return new Map(
        parts.map((part) => {
            const before = heldIn(prepared.state[part.name]);
            return [
                part.cell,
                {
                    ...(before === undefined ? {} : { before }),
                    played: turnOf(part, played),
                    next: turnOf(part, next),
                    ...(asksForCode(part) ? { renewed: turnOf(part, renewed) } : {}),
                    submitted: ["first", "second", "third"].map((turn) => `sentinel.${part.principal.id}.${turn}`),
                    targetId: part.principal.id,
                },
            ];
        }),
    );
}

interface Up {
    readonly result: Result;
    readonly seen: Observed;
    readonly state: Readonly<Record<string, StateResource>>;
}

function programOf(parts: readonly Part[], declared: (part: Part) => string | undefined): string {
    return parts
        .flatMap((part) => {
            const turn = declared(part);
            const { cell, name, principal } = part;
            if (turn === undefined) {
                return [];
            }
            const args = {
                servicePrincipalId: principal.id,
                credentials: credentialsOf(cell.kind, principal.id, turn),
                ...(cell.fault.exhausts ? { timeouts: { create: exhaustedAfter, update: exhaustedAfter } } : {}),
            };
            return [`new SynchronizationTokenAcquisition("${name}", ${JSON.stringify(args)});`];
        })
        .join("\n");
}

/** What the user reads of one resource in what `pulumi up` prints. */
function turnOf({ name, principal }: Part, { result, seen, state }: Up): Turn {
    const tried = `Acquiring a token for /servicePrincipals/${principal.id}: `;
    const diagnostics = result.output.slice(result.output.indexOf("\nDiagnostics:\n"));
    const lines = diagnostics
        .split("\n")
        // Of a failure that state holds the engine makes a list.
        .map((line) => line.replace(/^\s*(error: |\* )?/, "").trim())
        .filter((line) => line.startsWith(tried));
    const errors = lines.filter((line) => /\([A-Z_]+\)$/.test(line));
    const message = errors[0] ?? "";
    const held = heldIn(state[name]);
    return {
        ...seenOf(seen, principal),
        ended: /\(([A-Z_]+)\)$/.exec(message)?.[1] ?? "ok",
        message,
        progress: lines.filter((line) => !errors.includes(line)),
        ...(held === undefined ? {} : { held }),
    };
}

function heldIn(resource: StateResource | undefined): Held | undefined {
    if (resource === undefined) {
        return undefined;
    }
    const { acquiredAt, credentialHashes, outcomeUnknownSince } = (resource.outputs ?? {}) as Partial<Held>;
    return {
        acquiredAt: acquiredAt ?? "",
        credentialHashes: credentialHashes ?? {},
        ...(outcomeUnknownSince === undefined ? {} : { outcomeUnknownSince }),
    };
}
