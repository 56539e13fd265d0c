import { randomUUID } from "node:crypto";

/** An identity of the machine that asks: Entra knows it, and no secret of it. */
export interface ManagedIdentity {
    readonly clientId: string;
    /** Object id of its service principal: its tokens' `oid`. */
    readonly objectId: string;
}

/** The identities that the metadata service of the emulated machine has. */
export class ManagedIdentities {
    /** The machine's own. There from the start, with fresh ids. */
    readonly systemAssigned: ManagedIdentity = { clientId: randomUUID(), objectId: randomUUID() };
    readonly #userAssigned = new Map<string, ManagedIdentity>();

    add(clientId: string): ManagedIdentity {
        const identity = { clientId, objectId: randomUUID() };
        this.#userAssigned.set(clientId.toLowerCase(), identity);
        return identity;
    }

    /** Without a client id: the machine's own. */
    find(clientId: string | null): ManagedIdentity | undefined {
        return clientId === null ? this.systemAssigned : this.#userAssigned.get(clientId.toLowerCase());
    }

    /** The user-assigned ones go, the machine's own stays. */
    clear(): void {
        this.#userAssigned.clear();
    }
}
