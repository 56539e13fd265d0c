import { operationNames, operations } from "./contenders/contender.mts";
import { Figures, type Measured } from "./measured.mts";
import { describe, reach, round } from "./reach.mts";
import { type Spread, spread } from "./statistics.mts";

/** The report for people: ratios first, then what they were made of. Markdown that a terminal can show too. */
export function writeReport(measured: Measured): string {
    const figures = new Figures(measured);
    const { machine, latencyMs, isQuick } = measured;
    return [
        `# Measured on ${measured.startedAt.slice(0, 16).replace("T", " ")} UTC`,
        "",
        `${machine.processors} processors, Node.js ${machine.node}, Pulumi ${machine.pulumi}; Entra and Graph answer after ${latencyMs} ms. ` +
            `Load average ${machine.load.map((load) => load.toFixed(1)).join(" at the beginning, ")} at the end` +
            `${Math.max(...machine.load) > 3 ? ": the machine was busy, so of the times only the ratios mean much" : ""}.` +
            `${isQuick ? " A quick run: small, and each only once." : ""}`,
        "",
        "Median (least to most), where there was more than one round. The bars of times are for N = 200.",
        "",
        ...table(
            ["figure", "bar", "measured", ""],
            reach(measured).map(({ figure, bar, measured: value, holds }) => [
                figure,
                bar,
                value,
                holds === undefined ? "–" : holds ? "holds" : "DOES NOT HOLD",
            ]),
        ),
        "",
        ...figures.counts.flatMap((count) => wallTables(figures, count)),
        ...writtenOnceTable(new Figures(measured, measured.writtenOnce)),
        "## State of a resource, bytes",
        "",
        ...table(
            ["what", "bytes"],
            [
                ["the inputs themselves", String(measured.inputBytes)],
                ...figures.contenders.map((name) => [
                    name,
                    String(Math.round(figures.meanStateBytes(name) ?? Number.NaN)),
                ]),
            ],
        ),
        "",
        "## POSTs written by hand, ms",
        "",
        ...table(
            ["N", "side by side", "ms"],
            grouped(measured.byHand, ({ count, sideBySide }) => `${count}|${sideBySide}`).map((of) => [
                String(of[0]?.count),
                String(of[0]?.sideBySide),
                show(spread(of.map(({ ms }) => ms))),
            ]),
        ),
        "",
        "## To load, in a fresh process",
        "",
        ...table(
            ["what", "ms", "MB", "modules"],
            [
                load("require(pulumi-entrasync), after @pulumi/pulumi", measured.loads.program),
                load("require(pulumi-entrasync/runtime)", measured.loads.runtime),
                load("the plugin, to its port (MB: its process)", measured.loads.plugin),
                load("Pulumi's dynamic host, to its port (MB: its process)", measured.loads.dynamicHost),
            ],
        ),
        "",
        "## Throttled",
        "",
        ...table(
            ["who", "N", "a second", "time / limit", "s", "limit s", "refused", "refused %", "wall s"],
            measured.throttled.map((one) => [
                one.contender,
                String(one.count),
                String(one.perSecond),
                String(round(one.tookMs / one.leastMs)),
                String(round(one.tookMs / 1000)),
                String(round(one.leastMs / 1000)),
                String(one.refused),
                String(round((100 * one.refused) / one.requests)),
                String(round(one.wallMs / 1000)),
            ]),
        ),
        "",
        "## A fleet, simulated: 10,000 acquisitions in 200 stacks, 3,000 writes in 150 s for all",
        "",
        ...table(
            [
                "limit as a",
                "--parallel",
                "timeouts",
                "begin within",
                "time / limit",
                "s",
                "refused %",
                "failed",
                "stacks: least, median, most s",
            ],
            measured.fleet.map(({ limit, parallel, timeoutS, startsWithinS, result }) => {
                const stacks = spread(result.stackMs.map((ms) => ms / 1000));
                return [
                    limit,
                    String(parallel),
                    `${timeoutS / 60} min`,
                    `${startsWithinS} s`,
                    String(round(result.tookMs / result.leastMs)),
                    String(round(result.tookMs / 1000)),
                    String(round((100 * result.refused) / result.requests)),
                    String(result.failed),
                    stacks === undefined ? "" : [stacks.least, stacks.median, stacks.most].map(round).join(", "),
                ];
            }),
        ),
        "",
        ...(measured.leftOut.length === 0
            ? []
            : ["## Left out", "", ...measured.leftOut.map((what) => `- ${what}`), ""]),
    ].join("\n");
}

function wallTables(figures: Figures, count: number): string[] {
    const present = operations.filter((operation) =>
        figures.contenders.some((name) => figures.of(name, count, operation).length > 0),
    );
    const contenders = figures.contenders.filter((name) => figures.of(name, count, "up").length > 0);
    const cells = (name: string, of: (operation: (typeof operations)[number]) => string) => [name, ...present.map(of)];
    return [
        `## N = ${count}`,
        "",
        "Wall time, s:",
        "",
        ...table(
            ["who", ...present.map((operation) => operationNames[operation])],
            contenders.map((name) =>
                cells(name, (operation) => show(spread(figures.wallMs(name, count, operation).map((ms) => ms / 1000)))),
            ),
        ),
        "",
        "The provider's process: s of processor time, MB at its peak:",
        "",
        ...table(
            ["who", ...present.map((operation) => operationNames[operation])],
            contenders
                .filter((name) => figures.of(name, count, "up").some(({ run }) => run.provider !== undefined))
                .map((name) =>
                    cells(name, (operation) => {
                        const uses = figures.of(name, count, operation).flatMap(({ run }) => run.provider ?? []);
                        const cpu = spread(uses.map(({ cpuMs }) => cpuMs / 1000))?.median;
                        const peak = spread(uses.map(({ peakMb }) => peakMb))?.median;
                        return cpu === undefined || peak === undefined ? "–" : `${round(cpu)}, ${Math.round(peak)}`;
                    }),
                ),
        ),
        "",
        "Requests to Entra for a token + to Graph, and connections:",
        "",
        ...table(
            ["who", ...present.map((operation) => operationNames[operation])],
            contenders
                .filter((name) => figures.of(name, count, "up").some(({ asked }) => asked.connections > 0))
                .map((name) =>
                    cells(name, (operation) => {
                        const asked = figures.of(name, count, operation)[0]?.asked;
                        return asked === undefined
                            ? "–"
                            : `${asked.tokenRequests} + ${asked.graphRequests}, ${asked.connections}`;
                    }),
                ),
        ),
        "",
    ];
}

function writtenOnceTable(figures: Figures): string[] {
    if (figures.measurements.length === 0) {
        return [];
    }
    return [
        "## First up, with state written once (`PULUMI_SKIP_CHECKPOINTS`), s",
        "",
        ...table(
            ["who", ...figures.counts.map((count) => `N = ${count}`)],
            figures.contenders.map((name) => [
                name,
                ...figures.counts.map((count) =>
                    show(spread(figures.wallMs(name, count, "up").map((ms) => ms / 1000))),
                ),
            ]),
        ),
        "",
    ];
}

function load(
    name: string,
    loads: readonly { readonly ms: number; readonly mb: number; readonly modules?: number }[],
): readonly string[] {
    const modules = loads[0]?.modules;
    return [
        name,
        show(spread(loads.map(({ ms }) => ms))),
        show(spread(loads.map(({ mb }) => mb))),
        modules === undefined ? "" : String(modules),
    ];
}

function show(value: Spread | undefined): string {
    return value === undefined ? "–" : describe(value);
}

function grouped<Item>(items: readonly Item[], by: (item: Item) => string): readonly (readonly Item[])[] {
    const groups = new Map<string, Item[]>();
    for (const item of items) {
        groups.set(by(item), [...(groups.get(by(item)) ?? []), item]);
    }
    return [...groups.values()];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
    const widths = head.map((cell, column) =>
        Math.max(3, cell.length, ...rows.map((row) => (row[column] ?? "").length)),
    );
    const line = (cells: readonly string[]) =>
        `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
    return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)];
}
