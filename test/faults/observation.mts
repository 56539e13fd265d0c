import type { Emulator } from "pulumi-entrasync/emulator";
import { expect } from "vitest";
import { resendTable } from "../../provider/core/resend.ts";
import { type Observed, of } from "../support/observed.mts";
import { type Cell, type Expected, expectedOf } from "./expected.mts";
import { elsewhere } from "./faults.mts";

/** What state holds of a resource, as far as the matrix asks. */
export interface Held {
    readonly acquiredAt: string;
    readonly credentialHashes: Readonly<Record<string, string>>;
    readonly outcomeUnknownSince?: string;
}

/** What one `up` did with one resource. */
export interface Turn {
    /** POSTs that reached Graph, with what it answered; 0 where no whole answer was sent. */
    readonly posts: readonly number[];
    readonly accepted: number;
    /** `ok`, or the code of the error. */
    readonly ended: string;
    /** What the user read at the end; empty for a success. */
    readonly message: string;
    /** What the user read meanwhile, a line for each wait. */
    readonly progress: readonly string[];
    /** What state holds afterwards; missing where it holds no such resource. */
    readonly held?: Held;
}

/** What became of a cell: the operation with the fault, the next one without, and, where that asks for one, a new code. */
export interface Observation {
    /** State before; missing for a create. */
    readonly before?: Held;
    readonly played: Turn;
    readonly next: Turn;
    readonly renewed?: Turn;
    /** The values that no message may repeat. */
    readonly submitted: readonly string[];
    readonly targetId: string;
}

/** The part of an `up` that Graph saw of one target. */
export function seenOf(seen: Observed, target: { readonly id: string }): Pick<Turn, "posts" | "accepted"> {
    return {
        posts: seen.posts.filter(({ path }) => path.includes(target.id)).map(({ status }) => status),
        accepted: of(seen.acquisitions, target).length,
    };
}

/** Fails unless all that was observed is what the cell's row in the table makes of it. */
export function holdsTo(cell: Cell, { before, played, next, renewed, submitted, targetId }: Observation): void {
    const expected = expectedOf(cell);
    const why = `row ${expected.row}: ${resendTable[expected.row].because}`;

    counts(played.posts.length, expected.sent, `POSTs sent; ${why}`);
    counts(played.accepted, expected.accepted, `POSTs accepted; ${why}`);
    expect(played.ended, `${why}; it said: ${played.message}`).toBe(expected.ends);
    isTold(cell, played, expected, targetId);

    if (expected.kept) {
        expect(played.held, why).toMatchObject({
            acquiredAt: before?.acquiredAt ?? "",
            outcomeUnknownSince: expect.stringMatching(/^\d{4}-.*Z$/),
        });
        expect(played.held?.credentialHashes).not.toEqual(before?.credentialHashes);
    } else if (expected.ends === "ok") {
        isAcquired(played.held, before);
    } else {
        expect(played.held, "a failure whose outcome is known, or does no harm, leaves state as it was").toEqual(
            before,
        );
    }

    switch (expected.next) {
        case "nothing":
            expect(next).toMatchObject({ posts: [], ended: "ok" });
            expect(next.held).toEqual(played.held);
            break;
        case "acquires":
            expect(next).toMatchObject({ posts: [204], accepted: 1, ended: "ok" });
            isAcquired(next.held, before);
            break;
        case "asks for a new code":
            expect(next).toMatchObject({ posts: [], ended: "OUTCOME_UNKNOWN" });
            expect(next.message).toContain(`handed over at ${played.held?.outcomeUnknownSince}`);
            expect(next.message).toContain("Nothing was sent now.");
            expect(next.held).toEqual(played.held);
            expect(renewed).toMatchObject({ posts: [204], accepted: 1, ended: "ok" });
            isAcquired(renewed?.held, next.held);
    }

    for (const { message, progress } of [played, next, ...(renewed === undefined ? [] : [renewed])]) {
        for (const value of submitted) {
            expect(message + progress.join("\n")).not.toContain(value);
        }
    }
    // Whatever the table says: no code was sent a second time, which Graph would have answered with a refusal.
    const unfaulted = [...next.posts, ...(renewed?.posts ?? [])];
    expect(unfaulted.filter((status) => status !== 204)).toEqual([]);
    if (cell.kind === "oneTimeCode") {
        expect(played.accepted).toBeLessThanOrEqual(1);
    }
}

/** What the user is told: what was tried, what came back, whether it may have worked, and what is next. */
function isTold({ fault, kind }: Cell, played: Turn, expected: Expected, targetId: string): void {
    const target = `Acquiring a token for /servicePrincipals/${targetId}: `;
    // The token policy answers a challenge at once, without a word.
    const waits = expected.row === "challenged" || expected.attempts === "many" ? undefined : expected.attempts - 1;
    if (expected.row === "challenged") {
        expect(played.progress).toEqual([]);
    } else {
        counts(played.progress.length, waits ?? "many", "lines of progress");
    }
    for (const line of played.progress) {
        expect(line).toMatch(/waiting \d+ s/);
        expect(line.startsWith(target)).toBe(true);
        if (expected.row === "replicating") {
            expect(line).toContain("may not have reached every part of Graph yet");
        }
    }
    if (expected.ends === "ok") {
        expect(played.message).toBe("");
        return;
    }
    expect(played.message.startsWith(target), played.message).toBe(true);
    expect(played.message).toMatch(fault.says);
    if (expected.inDoubt) {
        expect(played.message).toContain("Graph may or may not have acquired the token.");
        expect(played.message).toContain(
            kind === "plain"
                ? "next pulumi up sends the credentials again"
                : "no pulumi up sends this one again until a credential or a trigger changes",
        );
        expect(played.message).not.toMatch(/Nothing was (acquired|sent)/);
    } else {
        expect(played.message).toMatch(/Nothing was (acquired|sent)\./);
    }
    if (expected.row === "replicating") {
        expect(played.message).toMatch(/This went on for \d+ s\./);
    }
}

function isAcquired(held: Held | undefined, before: Held | undefined): void {
    expect(held?.acquiredAt).toMatch(/^\d{4}-.*Z$/);
    expect(held?.acquiredAt).not.toBe(before?.acquiredAt);
    expect(held?.credentialHashes).not.toEqual(before?.credentialHashes);
    expect(held).not.toHaveProperty("outcomeUnknownSince");
}

function counts(actual: number, expected: number | "many", of: string): void {
    if (expected === "many") {
        expect(actual, of).toBeGreaterThan(1);
    } else {
        expect(actual, of).toBe(expected);
    }
}

/** That a redirect's target was never asked for. */
export function nobodyWentElsewhere(requests: Emulator["requests"]): void {
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter(({ path }) => path.includes(elsewhere))).toEqual([]);
}
