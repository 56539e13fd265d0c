import { aFewTimes, type RowName, resendTable } from "../../provider/core/resend.ts";
import type { Fault, Operation } from "./faults.mts";

/** What the credentials hold. */
export type Kind = "plain" | "oneTimeCode";

export const operations: readonly Operation[] = ["create", "update"];
export const kinds: readonly Kind[] = ["plain", "oneTimeCode"];

/** One field of the matrix. */
export interface Cell {
    readonly fault: Fault;
    readonly operation: Operation;
    readonly kind: Kind;
}

/** What the row of the table makes of a cell. */
export interface Expected {
    readonly row: RowName;
    /** Attempts in all, whether or not anything was sent; `many`: again and again, as long as there is time. */
    readonly attempts: number | "many";
    /** POSTs that reached Graph, and those that it accepted. */
    readonly sent: number | "many";
    readonly accepted: number | "many";
    /** What the operation ends with: an error's code, or `ok`. */
    readonly ends: string;
    /** Whether nobody knows what came of it. */
    readonly inDoubt: boolean;
    /** Whether state holds a failed operation. */
    readonly kept: boolean;
    /**
     * What the next `up` does, with the fault gone: nothing to do; acquires; or sends nothing and fails, because the
     * outcome is unknown.
     */
    readonly next: "nothing" | "acquires" | "asks for a new code";
}

/** How many attempts in all may meet a row: what the table says, in a number. */
const attemptsOf = {
    never: 1,
    once: 2,
    "a few times": aFewTimes,
    "until replicationTimeout": Number.POSITIVE_INFINITY,
    "until the deadline": Number.POSITIVE_INFINITY,
} as const;

/** What a row that is not sent again, or no more, is to the user. A refusal is what its status says. */
const codes: Readonly<Record<RowName, string | undefined>> = {
    accepted: "ok",
    challenged: "AUTHENTICATION_FAILED",
    throttled: "THROTTLED",
    notConnected: "GRAPH_UNREACHABLE",
    lost: "OUTCOME_UNKNOWN",
    gateway: "OUTCOME_UNKNOWN",
    replicating: undefined,
    refused: undefined,
};

const refusals: Readonly<Record<number, string>> = {
    401: "PERMISSION_DENIED",
    403: "PERMISSION_DENIED",
    404: "TARGET_NOT_FOUND",
};

export function rowOf({ fault: { row }, operation }: Omit<Cell, "kind">): RowName {
    return typeof row === "string" ? row : row[operation];
}

/** What must come of a cell, by its row in `resendTable` and by nothing else. */
export function expectedOf(cell: Cell): Expected {
    const { fault, operation, kind } = cell;
    const row = rowOf(cell);
    const { again } = resendTable[row];
    const allowed = fault.outlasts || fault.exhausts ? 1 : attemptsOf[again[kind]];
    const isAccepted = row === "accepted";
    // A call that would do no harm twice, and yet is not sent again with a code: nobody knows whether Graph processed it.
    const inDoubt = again.plain !== again.oneTimeCode;
    const recovers = !isAccepted && fault.lasts < allowed;
    const faulted = isAccepted ? 1 : Math.min(fault.lasts, allowed);
    const attempts = faulted + (recovers ? 1 : 0);
    const ends = isAccepted || recovers ? "ok" : (codes[row] ?? refusals[fault.status ?? 0] ?? "REQUEST_REJECTED");
    // A create with plain credentials leaves no state: the next one sends them in any case.
    const kept = ends !== "ok" && inDoubt && (kind === "oneTimeCode" || operation === "update");
    const count = (number: number) => (Number.isFinite(number) ? number : "many");
    return {
        row,
        attempts: count(attempts),
        sent: row === "notConnected" ? attempts - faulted : count(attempts),
        accepted: count((fault.processed ? faulted : 0) + (recovers ? 1 : 0)),
        ends,
        inDoubt,
        kept,
        next: ends === "ok" ? "nothing" : kept && kind === "oneTimeCode" ? "asks for a new code" : "acquires",
    };
}

/** Every cell that there is. */
export function cellsOf(faults: readonly Fault[]): Cell[] {
    return faults.flatMap((fault) =>
        operations.flatMap((operation) => kinds.map((kind) => ({ fault, operation, kind }))),
    );
}

export function nameOfCell({ fault, operation, kind }: Cell): string {
    return `${fault.name}: ${operation}, ${kind === "plain" ? "plain credentials" : "one-time code"}`;
}

/** The credentials of a kind; each `turn` has a value of its own, and so has each target. */
export function credentialsOf(kind: Kind, target: string, turn: string): Readonly<Record<string, string>> {
    const value = `sentinel.${target}.${turn}`;
    return kind === "plain"
        ? { BaseAddress: "https://scim.acme.example/v2", SecretToken: value }
        : {
              Oauth2AuthorizationCode: value,
              Oauth2RedirectUri: "https://acme.example/callback",
              Oauth2ClientId: "entra",
          };
}
