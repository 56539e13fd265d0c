import { type Cell, kinds, operations, rowOf } from "./expected.mts";
import { type Fault, faults } from "./faults.mts";
import type { Observation } from "./observation.mts";

/** The matrix as a table of text: what was observed of each cell. `isOfEngine` are those that the engine ran as well. */
export function formatMatrix(
    observations: ReadonlyMap<string, Observation>,
    nameOf: (cell: Cell) => string,
    isOfEngine: (fault: Fault) => boolean,
): string {
    const columns = operations.flatMap((operation) => kinds.map((kind) => ({ operation, kind })));
    const head = [
        "fault (* through the engine too)",
        "row",
        ...columns.map(({ operation, kind }) => `${operation} ${kind === "plain" ? "plain" : "code"}`),
    ];
    const rows = faults.map((fault) => [
        `${fault.name}${isOfEngine(fault) ? " *" : ""}`,
        [...new Set(operations.map((operation) => rowOf({ fault, operation })))].join("/"),
        ...columns.map((column) => formatCell(observations.get(nameOf({ fault, ...column })))),
    ]);
    const widths = head.map((_, index) => Math.max(...[head, ...rows].map((row) => row[index]?.length ?? 0)));
    return [head, widths.map((width) => "-".repeat(width)), ...rows]
        .map((row) =>
            row
                .map((text, index) => text.padEnd(widths[index] ?? 0))
                .join(" | ")
                .trimEnd(),
        )
        .join("\n");
}

/** `2 sent, 1 accepted, ok`; `1 sent, OUTCOME_UNKNOWN, kept`. */
function formatCell(observation: Observation | undefined): string {
    if (observation === undefined) {
        return "not played";
    }
    const { posts, accepted, ended, held } = observation.played;
    return [
        `${posts.length} sent`,
        ...(accepted > 0 ? [`${accepted} accepted`] : []),
        ended,
        ...(held?.outcomeUnknownSince === undefined ? [] : ["kept"]),
    ].join(", ");
}
