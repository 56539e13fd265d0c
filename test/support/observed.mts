import type { Acquisition, Emulator, RequestLogEntry, SeededObject } from "pulumi-entrasync/emulator";

/** What the emulator has seen since a moment. */
export interface Observed {
    /** Every request of any kind, to Entra, to Graph and to the metadata endpoint. */
    readonly requests: readonly RequestLogEntry[];
    /** Those that ask for an acquisition, whatever came of them. */
    readonly posts: readonly RequestLogEntry[];
    readonly acquisitions: readonly Acquisition[];
}

/** Starts to watch; the answer says what came since. */
export function watch(emulator: Pick<Emulator, "requests" | "store">): () => Observed {
    const requestsBefore = emulator.requests.length;
    const acquisitionsBefore = emulator.store.acquisitions.length;
    return () => {
        const requests = emulator.requests.slice(requestsBefore);
        return {
            requests,
            posts: requests.filter(({ path }) => path.endsWith("/acquireAccessToken")),
            acquisitions: emulator.store.acquisitions.slice(acquisitionsBefore),
        };
    };
}

/** The acquisitions of one target. */
export function of(acquisitions: readonly Acquisition[], target: { readonly id: string }): readonly Acquisition[] {
    return acquisitions.filter(({ targetId }) => targetId === target.id);
}

/** A service principal for each of these names. */
export function createPrincipals<Name extends string>(
    emulator: Pick<Emulator, "createServicePrincipal">,
    names: readonly Name[],
): Readonly<Record<Name, SeededObject>> {
    return Object.assign({}, ...names.map((name) => ({ [name]: emulator.createServicePrincipal(name) })));
}
