import { expect } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import { synchronizationSecretKeys } from "../../provider/core/keys.ts";
import * as lifecycle from "../../provider/core/lifecycle.ts";
import { FakeClock } from "./fakeClock.ts";

export const uuid = "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
export const resourceId = `/servicePrincipals/${uuid}/synchronization/acquireAccessToken`;

/** What Graph was asked, with the time that it was given. */
type Asked<Question extends lifecycle.Look> = Omit<Question, "deadline" | "onDoubt"> & { readonly timeoutMs: number };

/** Graph, the clock and the rest of the world, all of which tests turn by hand. */
export class World implements lifecycle.Surroundings, lifecycle.Graph {
    readonly clock = new FakeClock();
    readonly acquisitions: Asked<lifecycle.Acquisition>[] = [];
    readonly looks: Asked<lifecycle.Look>[] = [];
    /** The questions for the keys that Graph holds. */
    readonly secretLooks: Asked<lifecycle.Look>[] = [];
    readonly warnings: string[] = [];
    answer: () => boolean | Promise<boolean> = () => true;
    /** What Graph shows: every key that there is, unless a test says otherwise. */
    heldKeys: () => readonly string[] | Promise<readonly string[]> = () => synchronizationSecretKeys;
    readonly validations: Asked<lifecycle.Validation>[] = [];
    validity: () => lifecycle.Validity | Promise<lifecycle.Validity> = () => ({ valid: true });
    readonly informed: string[] = [];
    /** Whether Graph's answer to an attempt gets lost before the acquisition ends. */
    losesAnAnswer = false;
    cloudName = "public";
    private random = 0;

    cloud(): string {
        if (this.cloudName === "") {
            throw new ConfigurationError("no cloud is configured");
        }
        return this.cloudName;
    }

    async graph(): Promise<lifecycle.Graph> {
        return this;
    }

    randomBytes(count: number): Uint8Array {
        this.random += 1;
        return new Uint8Array(count).fill(this.random);
    }

    inform(message: string): void {
        this.informed.push(message);
    }

    async validateCredentials({ deadline, ...validation }: lifecycle.Validation): Promise<lifecycle.Validity> {
        this.validations.push({ ...validation, timeoutMs: deadline.timeoutMs });
        return this.validity();
    }

    warn(message: string): void {
        this.warnings.push(message);
    }

    async acquireAccessToken({
        deadline,
        onDoubt,
        ...acquisition
    }: lifecycle.Acquisition): Promise<lifecycle.Acquired> {
        if (this.losesAnAnswer) {
            onDoubt?.();
        }
        this.acquisitions.push({ ...acquisition, timeoutMs: deadline.timeoutMs });
        await this.answer();
        return { requestId: `request-${this.acquisitions.length}` };
    }

    async targetExists({ deadline, ...look }: lifecycle.Look): Promise<boolean> {
        this.looks.push({ ...look, timeoutMs: deadline.timeoutMs });
        return this.answer();
    }

    async secretKeys({ deadline, ...look }: lifecycle.Look): Promise<readonly string[]> {
        this.secretLooks.push({ ...look, timeoutMs: deadline.timeoutMs });
        return this.heldKeys();
    }
}

/** What the engine keeps of a resource. */
export interface State {
    readonly id: string;
    readonly inputs: lifecycle.Properties;
    readonly outputs: lifecycle.Properties;
}

export const place = { "@hashKey": "" };

export const args = (change: Readonly<Record<string, unknown>> = {}): lifecycle.Properties => {
    const credentials = { UserName: "ann", Password: "s3cr3t", ...place };
    return { servicePrincipalId: uuid, credentials, ...change };
};

/** What the engine does with a program, one step after the other. */
export function engineIn(world: World) {
    const check = (olds: lifecycle.Properties, news: lifecycle.Properties): lifecycle.Properties => {
        const { inputs, failures } = lifecycle.check(olds, news, world);
        expect(failures).toEqual([]);
        return inputs;
    };
    return {
        check,

        async created(change: Readonly<Record<string, unknown>> = {}): Promise<State> {
            const inputs = check({}, args(change));
            const { id, outputs } = await lifecycle.create(inputs, world);
            return { id, inputs, outputs: { ...outputs } };
        },

        /** What the next preview of a changed program says. */
        preview(state: State, change: Readonly<Record<string, unknown>>): lifecycle.Plan {
            return lifecycle.diff(state.id, state.outputs, check(state.inputs, args(change)), world);
        },

        async updated(state: State, change: Readonly<Record<string, unknown>>): Promise<State> {
            const inputs = check(state.inputs, args(change));
            const { outputs } = await lifecycle.update(state.id, state.outputs, inputs, world);
            return { id: state.id, inputs, outputs: { ...outputs } };
        },

        /** The state that a failed operation leaves: the engine keeps the outputs, and the inputs with them. */
        async failed(state: State | undefined, change: Readonly<Record<string, unknown>>) {
            const inputs = check(state?.inputs ?? {}, args(change));
            const operation =
                state === undefined
                    ? lifecycle.create(inputs, world)
                    : lifecycle.update(state.id, state.outputs, inputs, world);
            const { error } = await world.clock.settled<unknown>(operation);
            const kept = error instanceof lifecycle.KeptInStateError ? error : undefined;
            const next = kept && { id: kept.resourceId, inputs, outputs: { ...kept.outputs } as lifecycle.Properties };
            return { error, kept, state: next ?? state };
        },
    };
}
