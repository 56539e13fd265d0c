import type { Emulator } from "pulumi-entrasync/emulator";
import { of, type watch } from "./observed.mts";
import type { Stack, StateResource } from "./stack.mts";

type Seen = ReturnType<typeof watch>;

/** What the tests of living resources ask of a stack and of its Graph, by a resource's name; the same for both faces. */
export function lookInto<Name extends string>(
    emulator: Pick<Emulator, "store">,
    principals: Readonly<Record<Name, { readonly id: string }>>,
    theStack: () => Stack,
) {
    return {
        outputsOf: async (name: Name) => (await theStack().resources())[name]?.outputs ?? {},
        tokensOf: (name: Name, seen: Seen) =>
            of(seen().acquisitions, principals[name]).map(({ values }) => values.SecretToken),
        validationsOf: (name: Name) =>
            emulator.store.validations.filter(({ targetId }) => targetId === principals[name].id),
        askedFor: (name: Name, seen: Seen) =>
            seen()
                .requests.filter(({ path }) => path.includes(principals[name].id))
                .map(({ method, path }) => `${method} ${path.slice(path.indexOf(principals[name].id) + 36)}`),
        /** Changes a resource's outputs in state. */
        async change(name: Name, outputs: Readonly<Record<string, unknown>>): Promise<void> {
            const state = await theStack().exportState();
            for (const resource of state.deployment.resources ?? ([] as StateResource[])) {
                if (resource.urn.endsWith(`::${name}`)) Object.assign(resource.outputs ?? {}, outputs);
            }
            await theStack().importState(state);
        },
    };
}
