import type { Address } from "../emulator.mts";
import type { ProcessUse } from "../processes.mts";

/** What is declared: one acquisition. */
export interface Tenant {
    readonly name: string;
    readonly servicePrincipalId: string;
    readonly baseAddress: string;
    readonly secretToken: string;
}

export const operations = ["up", "noOp", "preview", "rotated", "refresh", "destroy"] as const;
export type Operation = (typeof operations)[number];

/** What the table calls them. */
export const operationNames: Readonly<Record<Operation, string>> = {
    up: "first up",
    noOp: "up, nothing changed",
    preview: "preview",
    rotated: "up, one rotated",
    refresh: "refresh",
    destroy: "destroy",
};

/** What one run of an operation took. */
export interface Run {
    readonly wallMs: number;
    /** Of the provider's process or processes; `undefined` where there is none. */
    readonly provider: ProcessUse | undefined;
}

/** A program of so many acquisitions, with its state, ready to run. The operations come in their order. */
export interface Project extends AsyncDisposable {
    run(operation: Operation, environment?: Readonly<Record<string, string>>): Promise<Run>;
    /** The first one has another token from now on. */
    rotate(secretToken: string): void;
    /** Bytes of each resource in state, as compact JSON. */
    stateBytes(): Promise<readonly number[]>;
}

/** One way to get acquisitions made, or a floor below all of them. */
export interface Contender {
    readonly name: string;
    /** Whether it asks Graph for anything; a floor does not. */
    readonly acquires: boolean;
    open(tenants: readonly Tenant[], emulator: Address): Promise<Project>;
}
