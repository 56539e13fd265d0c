import { isDeepStrictEqual } from "node:util";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { Killed, type Process } from "./process.mts";

/** What the engine keeps of a resource. */
export interface Resource {
    readonly id: string;
    readonly inputs: lifecycle.Properties;
    readonly outputs: lifecycle.Properties;
    /** The last operation failed and state was kept all the same: the next `up` updates, whatever the diff says. */
    readonly hasInitErrors: boolean;
}

export type Step = "create" | "update" | "replace" | "same";

/** How a command ended. */
export type Ended =
    | { readonly ended: "done"; readonly step?: Step }
    | { readonly ended: "failed"; readonly error: unknown }
    | { readonly ended: "invalid"; readonly reasons: readonly string[] }
    | { readonly ended: "killed" };

/**
 * The engine's part for one resource, as far as the lifecycle can tell: what it calls in which order with what, and what
 * it keeps. Seen on a real engine (3.259.0), with `runtime.ts` between the two; `test/soak` runs the same sequences there.
 *
 * - A killed process leaves state as it was. The engine then has a pending operation, of which an `up` only warns.
 * - Where the provider leaves the diff to the engine, the engine compares the inputs with those in state.
 * - Where nothing changes, state gets the new inputs all the same, in their new order and form.
 * - With a failed update that state must know of it keeps the new outputs, and the inputs of before.
 * - A replacement checks once more without any old inputs, and creates before it deletes.
 * - A refresh that finds the resource keeps the inputs, and forgets that the last operation failed.
 */
export class Stack {
    resource: Resource | undefined;

    async up(news: lifecycle.Properties, process: Process): Promise<Ended> {
        return this.#command(async () => {
            const { resource } = this;
            const checked = lifecycle.check(resource?.inputs ?? {}, news, process);
            if (checked.failures.length > 0) {
                return { ended: "invalid", reasons: checked.failures.map(({ reason }) => reason) };
            }
            if (resource === undefined) {
                return this.#create(checked.inputs, process, "create");
            }
            const step = plan(resource, checked.inputs, process);
            if (step === "same") {
                this.resource = { ...resource, inputs: checked.inputs };
                return { ended: "done", step };
            }
            return step === "update"
                ? this.#update(resource, checked.inputs, process)
                : this.#create(lifecycle.check({}, news, process).inputs, process, step);
        });
    }

    async preview(news: lifecycle.Properties, process: Process): Promise<Ended> {
        return this.#command(async () => {
            const { inputs, failures } = lifecycle.check(this.resource?.inputs ?? {}, news, process);
            if (failures.length > 0) {
                return { ended: "invalid", reasons: failures.map(({ reason }) => reason) };
            }
            const step = this.resource === undefined ? "create" : plan(this.resource, inputs, process);
            return { ended: "done", step };
        });
    }

    async refresh(process: Process): Promise<Ended> {
        return this.#command(async () => {
            const { resource } = this;
            if (resource !== undefined) {
                const found = await process.run(() => lifecycle.read(resource.id, resource.outputs, process));
                this.resource =
                    found.found === "gone"
                        ? undefined
                        : { ...resource, outputs: { ...found.outputs }, hasInitErrors: false };
            }
            return { ended: "done" };
        });
    }

    destroy(): void {
        this.resource = undefined;
    }

    async #create(inputs: lifecycle.Properties, process: Process, step: Step): Promise<Ended> {
        return this.#keep(inputs, step, () => process.run(() => lifecycle.create(inputs, process)));
    }

    async #update(resource: Resource, inputs: lifecycle.Properties, process: Process): Promise<Ended> {
        const { id, outputs } = resource;
        return this.#keep(inputs, "update", async () => {
            const updated = await process.run(() => lifecycle.update(id, outputs, inputs, process));
            return { id, outputs: updated.outputs };
        });
    }

    /** Writes state after an operation, also after one that failed and said what state must know. */
    async #keep(
        inputs: lifecycle.Properties,
        step: Step,
        operation: () => Promise<{ readonly id: string; readonly outputs: lifecycle.Outputs }>,
    ): Promise<Ended> {
        try {
            const { id, outputs } = await operation();
            this.resource = { id, inputs, outputs: { ...outputs }, hasInitErrors: false };
            return { ended: "done", step };
        } catch (error) {
            if (!(error instanceof lifecycle.KeptInStateError)) {
                throw error;
            }
            const { resourceId, outputs, failure } = error;
            const kept = (step === "update" ? this.resource?.inputs : undefined) ?? inputs;
            this.resource = { id: resourceId, inputs: kept, outputs: { ...outputs }, hasInitErrors: true };
            return { ended: "failed", error: failure };
        }
    }

    async #command(command: () => Promise<Ended>): Promise<Ended> {
        try {
            return await command();
        } catch (error) {
            if (error instanceof Killed) {
                return { ended: "killed" };
            }
            return { ended: "failed", error };
        }
    }
}

/** What `runtime.ts` answers the engine, and what the engine makes of it. */
function plan(
    { id, inputs, outputs, hasInitErrors }: Resource,
    news: lifecycle.Properties,
    process: Process,
): "update" | "replace" | "same" {
    const planned = lifecycle.diff(id, outputs, news, process);
    process.inform(lifecycle.describePlan(planned, outputs, news) ?? "");
    switch (planned.action) {
        case "replace":
            return "replace";
        case "none":
            return hasInitErrors ? "update" : "same";
        case "update":
            return !isAmongInputs(planned.changes, outputs) || hasInitErrors || !isDeepStrictEqual(inputs, news)
                ? "update"
                : "same";
    }
}

/** As in `runtime.ts`. */
function isAmongInputs(changes: readonly lifecycle.Change[], outputs: lifecycle.Properties): boolean {
    if (outputs.outcomeUnknownSince !== undefined || outputs.validationPendingSince !== undefined) {
        return false;
    }
    const lost: unknown = outputs.keysNotShown;
    return changes.some(
        (change) =>
            change.kind === "triggers" ||
            (change.kind === "credentials" && change.keys.some((key) => !Array.isArray(lost) || !lost.includes(key))),
    );
}
