import type { Emulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RowName, resendTable } from "../../provider/core/resend.ts";
import { playByClient } from "./client.mts";
import { playByEngine } from "./engine.mts";
import { type Cell, cellsOf, nameOfCell, operations, rowOf } from "./expected.mts";
import { faults } from "./faults.mts";
import { holdsTo, nobodyWentElsewhere, type Observation } from "./observation.mts";
import { formatMatrix } from "./table.mts";

/*
 * Every fault × create and update × credentials that work twice and a code that works once. What must come of a cell is
 * derived from the row of the resend table that explains it, so that a cell which contradicts its row fails.
 */

const cells = cellsOf(faults);
const named = cells.map((cell) => ({ cell, name: nameOfCell(cell) }));
const observed = new Map<string, Observation>();

const observationOf = (cell: Cell): Observation => {
    const observation = observed.get(nameOfCell(cell));
    if (observation === undefined) {
        throw new Error("the cell was not played");
    }
    return observation;
};

test("every row of the resend table explains a fault", () => {
    const rows = new Set(faults.flatMap((fault) => operations.map((operation) => rowOf({ fault, operation }))));
    expect([...rows].sort()).toEqual((Object.keys(resendTable) as RowName[]).sort());
});

describe("by the client", () => {
    let asked: Emulator["requests"] = [];

    beforeAll(async () => {
        const { observations, requests } = await playByClient(cells);
        for (const [cell, observation] of observations) {
            observed.set(nameOfCell(cell), observation);
        }
        asked = requests;
    });

    test("nobody asked for what a redirect leads to", () => {
        nobodyWentElsewhere(asked);
    });

    test.each(named)("$name", ({ cell }) => {
        holdsTo(cell, observationOf(cell));
    });
});

describe("by the engine", () => {
    const through = named.filter(({ cell }) => cell.fault.engine === true);
    let byEngine: ReadonlyMap<Cell, Observation>;

    beforeAll(async () => {
        byEngine = await playByEngine(through.map(({ cell }) => cell));
    });

    test.each(through)("$name", ({ cell }) => {
        const observation = byEngine.get(cell);
        if (observation === undefined) {
            throw new Error("the cell was not played");
        }
        holdsTo(cell, observation);
    });
});

afterAll(() => {
    process.stdout.write(`\n${formatMatrix(observed, nameOfCell, ({ engine }) => engine === true)}\n\n`);
});
