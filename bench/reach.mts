import { Figures, faces, type Measured, names } from "./measured.mts";
import { type Spread, spread } from "./statistics.mts";

/** One bar, and whether what was measured is on the right side of it. */
export interface Row {
    readonly figure: string;
    readonly bar: string;
    readonly measured: string;
    /** `undefined`: not measured in this run, or with another number of acquisitions than the bar is for. */
    readonly holds: boolean | undefined;
    /** Whether it is a count, that no neighbour on the machine changes: a quick run fails where it does not hold. */
    readonly isCount: boolean;
}

/** How many acquisitions the bars of an operation and of a throttled run are for. */
const barsAreFor = 200;

/** What the package is held to. A bar that turned out too easy was raised: see README.md. */
export function reach(measured: Measured): readonly Row[] {
    const figures = new Figures(measured);
    const count = figures.mainCount;
    const once = new Figures(measured, measured.writtenOnce);
    const time = (figure: string, value: Spread | undefined, compare: "at least" | "at most", limit: number): Row => ({
        figure,
        bar: `${compare} ${limit}`,
        measured: value === undefined ? "not measured" : describe(value),
        holds: value === undefined ? undefined : compare === "at least" ? value.median >= limit : value.median <= limit,
        isCount: false,
    });
    const ofOperation = (...row: Parameters<typeof time>): Row =>
        count === barsAreFor ? time(...row) : { ...time(...row), holds: undefined };
    const number = (
        figure: string,
        value: number | undefined,
        compare: "at least" | "at most" | "exactly",
        limit: number,
        isCount = true,
    ): Row => ({
        figure,
        bar: `${compare} ${round(limit)}`,
        measured: value === undefined ? "not measured" : String(round(value)),
        holds:
            value === undefined
                ? undefined
                : compare === "at least"
                  ? value >= limit
                  : compare === "at most"
                    ? value <= limit
                    : value === limit,
        isCount,
    });
    const { components, emptyHooks, naive, openTofu, dynamic, plugin } = names;
    const bytes = (above: string, below: string) => {
        const [one, other] = [figures.meanStateBytes(above), figures.meanStateBytes(below)];
        return one === undefined || other === undefined ? undefined : one / other;
    };
    return [
        ofOperation(
            `first up, N = ${count}: our part, naive / dynamic`,
            figures.partRatio(naive, dynamic, "up"),
            "at least",
            3,
        ),
        ofOperation(
            `first up, N = ${count}: our part, naive / plugin`,
            figures.partRatio(naive, plugin, "up"),
            "at least",
            6,
        ),
        ofOperation(
            `first up, N = ${count}: whole, OpenTofu / dynamic`,
            figures.ratio(openTofu, dynamic, "up"),
            "at least",
            1,
        ),
        ofOperation(
            `first up, N = ${count}: whole, OpenTofu / plugin`,
            figures.ratio(openTofu, plugin, "up"),
            "at least",
            1,
        ),
        ...faces.map((face) =>
            ofOperation(
                `… with state written once: OpenTofu / ${face}`,
                once.ratio(openTofu, face, "up"),
                "at least",
                1,
            ),
        ),
        ofOperation(
            `no-op up, N = ${count}: dynamic / empty hooks`,
            figures.ratio(dynamic, emptyHooks, "noOp"),
            "at most",
            1.15,
        ),
        ofOperation(
            `no-op up, N = ${count}: plugin / components`,
            figures.ratio(plugin, components, "noOp"),
            "at most",
            1.3,
        ),
        ofOperation(
            `no-op up, N = ${count}: OpenTofu / dynamic`,
            figures.ratio(openTofu, dynamic, "noOp"),
            "at least",
            1.5,
        ),
        ofOperation(
            `no-op up, N = ${count}: OpenTofu / plugin`,
            figures.ratio(openTofu, plugin, "noOp"),
            "at least",
            1.5,
        ),
        number("state: dynamic / naive", bytes(dynamic, naive), "at most", 0.25),
        number("state: plugin / components", bytes(plugin, components), "at most", 2.2),
        ...faces.flatMap((face) => {
            const [up] = figures.of(face, count, "up");
            const noOp = figures.of(face, count, "noOp")[0]?.asked;
            const rotated = figures.of(face, count, "rotated")[0]?.asked;
            const asked = up?.asked;
            const idle = noOp && noOp.graphRequests + noOp.tokenRequests + noOp.connections;
            return [
                number(`${face}, first up: POSTs`, asked?.posts, "exactly", count),
                number(`${face}, first up: tokens`, asked?.tokenRequests, "exactly", 1),
                number(
                    `${face}, first up: other requests to Graph`,
                    asked && asked.graphRequests - asked.posts,
                    "exactly",
                    0,
                ),
                number(
                    `${face}, first up: connections to Graph`,
                    asked?.graphConnections,
                    "at most",
                    measured.sideBySide,
                ),
                number(`${face}, no-op up: requests and connections`, idle, "exactly", 0),
                number(`${face}, one rotated: requests to Graph`, rotated?.graphRequests, "exactly", 1),
            ];
        }),
        ...faces.map((face) => {
            const growth = figures.growth(face, "up");
            const figure = `first up, N = 50 → ${growth?.to ?? 1000}: exponent of our part, ${face}`;
            return number(figure, growth?.exponent, "at most", 1.1, false);
        }),
        ...faces.map((face) => {
            const growth = once.growth(face, "up");
            return number(`… with state written once, ${face}`, growth?.exponent, "at most", 1, false);
        }),
        ...measured.throttled
            .filter(({ contender }) => (faces as readonly string[]).includes(contender))
            .flatMap(({ contender, count: acquisitions, perSecond, tookMs, leastMs, requests, refused }) => [
                {
                    ...number(
                        `throttled, ${acquisitions} at ${perSecond} a second, ${contender}: time / limit`,
                        tookMs / leastMs,
                        "at most",
                        1.2,
                        false,
                    ),
                    ...(acquisitions === barsAreFor ? {} : { holds: undefined }),
                },
                number(`throttled, ${contender}: refused, %`, (100 * refused) / requests, "at most", 10, false),
            ]),
        time(
            "require(pulumi-entrasync) beyond @pulumi/pulumi, ms",
            spread(measured.loads.program.map(({ ms }) => ms)),
            "at most",
            5,
        ),
        number("… and the modules that it loads", measured.loads.program[0]?.modules, "at most", 8),
        number("… packages beside our own", measured.loads.program[0]?.packages.length, "exactly", 0),
        number("the runtime: modules", measured.loads.runtime[0]?.modules, "at most", 60),
        number("the runtime: packages beside our own", measured.loads.runtime[0]?.packages.length, "exactly", 0),
        ...measured.fleet
            .filter(
                ({ parallel, timeoutS, startsWithinS }) => parallel === 4 && timeoutS === 900 && startsWithinS === 10,
            )
            .flatMap(({ limit, result }) => [
                number(`fleet, limit as a ${limit}: acquisitions that fail`, result.failed, "exactly", 0),
                number(`fleet, limit as a ${limit}: time / limit`, result.tookMs / result.leastMs, "at most", 1.3),
                number(
                    `fleet, limit as a ${limit}: refused, %`,
                    (100 * result.refused) / result.requests,
                    "at most",
                    20,
                ),
            ]),
    ];
}

export function describe({ median, least, most, values }: Spread): string {
    return values.length === 1 ? String(round(median)) : `${round(median)} (${round(least)} to ${round(most)})`;
}

export function round(value: number): number {
    return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
