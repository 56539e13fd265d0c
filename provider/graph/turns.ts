import type { Deadline } from "../core/deadline.js";

/**
 * Who may act when: one at a time for a target, and no more than so many at once for all.
 *
 * Two acquisitions of one target side by side could end with the older credentials. The bound is for Graph, which counts
 * the calls of an application, and for machines whose engine runs everything at once.
 */
export interface Turns {
    /** Runs the action when it is its turn; `undefined` where the deadline came first, and then nothing was run. */
    take<Result>(
        key: string,
        deadline: Deadline,
        action: () => Promise<Result>,
    ): Promise<{ result: Result } | undefined>;
}

export function createTurns(atOnce: number): Turns {
    const lines = new Map<string, Promise<void>>();
    const waiting: (() => void)[] = [];
    let running = 0;

    async function enter(deadline: Deadline): Promise<boolean> {
        if (running < atOnce) {
            running += 1;
            return true;
        }
        let enterNow = ignore;
        const place = new Promise<void>((resolve) => {
            enterNow = resolve;
        });
        waiting.push(enterNow);
        if (await reached(place, deadline)) {
            return true;
        }
        const index = waiting.indexOf(enterNow);
        if (index >= 0) {
            waiting.splice(index, 1);
        } else {
            // The place came at the very moment of the deadline: it is the next one's.
            leave();
        }
        return false;
    }

    /** The place goes from hand to hand: whoever waits longest has it next. */
    function leave(): void {
        const next = waiting.shift();
        if (next === undefined) {
            running -= 1;
        } else {
            next();
        }
    }

    async function inLine<Result>(deadline: Deadline, action: () => Promise<Result>) {
        if (deadline.waiting.aborted || !(await enter(deadline))) {
            return undefined;
        }
        try {
            return { result: await action() };
        } finally {
            leave();
        }
    }

    return {
        async take(key, deadline, action) {
            const before = lines.get(key) ?? Promise.resolve();
            // Whoever gives up still holds the place in line: the next one waits for those before as well.
            const mine = before.then(() => inLine(deadline, action));
            const done = mine.then(ignore, ignore).then(() => {
                if (lines.get(key) === done) {
                    lines.delete(key);
                }
            });
            lines.set(key, done);
            return (await reached(before, deadline)) ? mine : undefined;
        },
    };
}

/** Whether a turn came before the deadline did. */
async function reached(turn: Promise<void>, deadline: Deadline): Promise<boolean> {
    try {
        await deadline.race(turn, () => new Error());
        return true;
    } catch {
        return false;
    }
}

function ignore(): void {}
