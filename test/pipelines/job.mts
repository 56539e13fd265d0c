import type { Machine } from "./machine.mts";

/** Why a pipeline is started. */
export type Event =
    | { readonly kind: "change"; readonly from: "branch" | "fork" }
    | { readonly kind: "push"; readonly branch: string };

/** One step, as the system's own runner would take it. */
export interface Step {
    readonly name: string;
    /** What it does to the machine, or on it. */
    readonly run: (machine: Machine) => Promise<void>;
}

/** What a file says is to be done for an event. */
export interface Job {
    readonly name: string;
    /** The deployment environment that the file names. */
    readonly environment?: string;
    /** What no other run may hold at the same time. */
    readonly exclusive?: string;
    /** The audiences of the identity tokens that it may have, or ask for; `*` is any. */
    readonly audiences: readonly string[];
    readonly steps: readonly Step[];
}

/** What was set once in the system, beside the file: its variables, its secrets. */
export interface Settings {
    readonly variables: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<string, string>>;
}

/** A CI system: how it reads its file. */
export interface System {
    readonly name: string;
    /** Where the file is, in the folder of examples and in a user's repository. */
    readonly file: string;
    /** The page that says what to set once. */
    readonly page: string;
    /** The method, as doctor calls it. */
    readonly signsInBy: string;
    /** The jobs that the file asks for, in their order. */
    readonly jobsFor: (file: string, event: Event, settings: Settings) => readonly Job[];
}
