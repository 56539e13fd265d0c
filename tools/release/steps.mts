import { messageOf } from "../engine/failure.mts";

/** How one thing went that a release needs. */
type Outcome = "ok" | "missing" | "not looked at" | "FAILED";

interface Row {
    readonly name: string;
    readonly outcome: Outcome;
    readonly detail: string;
    readonly seconds: number;
}

/** What is not there yet, and only a publication wants; the message says what to do. */
export class Missing extends Error {
    override readonly name = "Missing";
}

/** What can't be looked at here, with nothing wrong. */
export class NotLookedAt extends Error {
    override readonly name = "NotLookedAt";
}

/** Everything that is done, in its order, with how it went: no step ends the ones after it. */
export class Steps {
    readonly #rows: Row[] = [];

    /** Does one thing; what it gives to say of it is its line. `undefined` where it failed. */
    async do<Result extends { readonly detail: string }>(
        name: string,
        work: () => Result | Promise<Result>,
    ): Promise<Result | undefined> {
        const started = performance.now();
        const note = (outcome: Outcome, detail: string) =>
            this.#rows.push({ name, outcome, detail, seconds: (performance.now() - started) / 1000 });
        process.stderr.write(`release: ${name}\n`);
        try {
            const result = await work();
            note("ok", result.detail);
            return result;
        } catch (error) {
            const outcome =
                error instanceof Missing ? "missing" : error instanceof NotLookedAt ? "not looked at" : "FAILED";
            note(outcome, messageOf(error));
            return undefined;
        }
    }

    has(outcome: Outcome): boolean {
        return this.#rows.some((row) => row.outcome === outcome);
    }

    /** One table of all that was done. What takes more than a line goes below it. */
    table(): string {
        const lines = this.#rows.map((row) => [row.name, row.outcome, `${row.seconds.toFixed(1)} s`, row.detail]);
        const [names, outcomes, times] = [0, 1, 2].map((column) =>
            Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
        );
        return lines
            .map(([name = "", outcome = "", time = "", detail = ""]) =>
                [
                    name.padEnd(names ?? 0),
                    outcome.padEnd(outcomes ?? 0),
                    time.padStart(times ?? 0),
                    detail.replaceAll("\n", "\n    "),
                ].join("  "),
            )
            .join("\n");
    }
}
