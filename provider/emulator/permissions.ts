import { directoryNotAllowed, synchronizationNotAllowed } from "./graphErrors.js";
import type { DirectoryObject, EmulatorStore } from "./store.js";
import type { DelegatedClaims, TokenClaims } from "./tokens.js";

/**
 * Who may do what, by the permissions in the token, as Microsoft's permissions reference has it.
 *
 * An application: that `Application.ReadWrite.All` opens the synchronization routes too is a guess: their pages name the
 * other two. With `Application.ReadWrite.OwnedBy` alone a caller writes what it owns. That being the owner of the
 * application is enough for its service principal is a guess.
 *
 * A signed-in user: the delegated permission and one of the directory roles, both, as the pages of the synchronization
 * routes have it. Hybrid Identity Administrator is documented for Cloud Sync only; the emulator doesn't know which jobs
 * are. That what a user owns can be written without a role is documented for the directory alone.
 */
const readers = ["Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"];

/** Template ids, which are the same in every tenant. */
const applicationAdministrators = [
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
];
const synchronizationAdministrators = [
    ...applicationAdministrators,
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
];

/** Application Administrator: what a token has whose roles nobody named. */
export const defaultDirectoryRoles: readonly string[] = applicationAdministrators.slice(0, 1);

export function requireDirectoryRead(caller: TokenClaims): void {
    if (!permissionsOf(caller).some((permission) => readers.includes(permission))) {
        throw directoryNotAllowed();
    }
}

export function requireDirectoryCreate(caller: TokenClaims): void {
    if (!writesAll(caller) && !(caller.kind === "application" && writesOwned(caller))) {
        throw directoryNotAllowed();
    }
}

export function requireDirectoryWrite(caller: TokenClaims, object: DirectoryObject, store: EmulatorStore): void {
    requireDirectoryCreate(caller);
    const isEntitled = caller.kind === "application" ? writesAll(caller) : hasRole(caller, applicationAdministrators);
    if (!isEntitled && !owns(caller, object, store)) {
        throw directoryNotAllowed();
    }
}

/** The permissions alone: whoever has none of them isn't told whether the target exists. */
export function requireSynchronizationRole(caller: TokenClaims): void {
    if (!synchronizesAll(caller) && !(caller.kind === "application" && writesOwned(caller))) {
        throw synchronizationNotAllowed();
    }
}

export function requireSynchronization(caller: TokenClaims, object: DirectoryObject, store: EmulatorStore): void {
    requireSynchronizationRole(caller);
    if (!synchronizesAll(caller) && !owns(caller, object, store)) {
        throw synchronizationNotAllowed();
    }
}

/**
 * Graph makes the caller the owner of what it creates with `Application.ReadWrite.OwnedBy`, as it would lose sight of
 * it otherwise, and, documented, the user of what a user creates.
 */
export function ownsWhatItCreates(caller: TokenClaims): boolean {
    return caller.kind === "delegated" || !writesAll(caller);
}

function permissionsOf(caller: TokenClaims): readonly string[] {
    return caller.kind === "application" ? caller.roles : caller.scopes;
}

function writesAll(caller: TokenClaims): boolean {
    return permissionsOf(caller).includes("Application.ReadWrite.All");
}

function writesOwned(caller: TokenClaims): boolean {
    return permissionsOf(caller).includes("Application.ReadWrite.OwnedBy");
}

function synchronizesAll(caller: TokenClaims): boolean {
    const isPermitted = permissionsOf(caller).includes("Synchronization.ReadWrite.All");
    switch (caller.kind) {
        case "application":
            return isPermitted || writesAll(caller);
        case "delegated":
            return isPermitted && hasRole(caller, synchronizationAdministrators);
    }
}

function hasRole({ directoryRoles }: DelegatedClaims, roles: readonly string[]): boolean {
    return directoryRoles.some((role) => roles.includes(role));
}

function owns(caller: TokenClaims, object: DirectoryObject, store: EmulatorStore): boolean {
    if (object.owners.has(caller.objectId)) {
        return true;
    }
    const application = store.find("applications", { by: "appId", value: object.appId });
    return application?.owners.has(caller.objectId) ?? false;
}
