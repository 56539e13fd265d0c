import { directoryNotAllowed, synchronizationNotAllowed } from "./graphErrors.js";
import type { DirectoryObject, EmulatorStore } from "./store.js";
import type { TokenClaims } from "./tokens.js";

/**
 * Who may do what, by the roles in the token, as Microsoft's permissions reference has it. That
 * `Application.ReadWrite.All` opens the synchronization routes too is a guess: their pages name the other two. With
 * `Application.ReadWrite.OwnedBy` alone a caller writes what it owns. That being the owner of the application is enough
 * for its service principal is a guess.
 */
const readers = ["Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"];

export function requireDirectoryRead(caller: TokenClaims): void {
    if (!readers.some((role) => caller.roles.includes(role))) {
        throw directoryNotAllowed();
    }
}

export function requireDirectoryCreate(caller: TokenClaims): void {
    if (
        !caller.roles.includes("Application.ReadWrite.All") &&
        !caller.roles.includes("Application.ReadWrite.OwnedBy")
    ) {
        throw directoryNotAllowed();
    }
}

export function requireDirectoryWrite(caller: TokenClaims, object: DirectoryObject, store: EmulatorStore): void {
    requireDirectoryCreate(caller);
    if (!caller.roles.includes("Application.ReadWrite.All") && !owns(caller, object, store)) {
        throw directoryNotAllowed();
    }
}

/** The roles alone: whoever has none of them isn't told whether the target exists. */
export function requireSynchronizationRole(caller: TokenClaims): void {
    const roles = ["Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Synchronization.ReadWrite.All"];
    if (!roles.some((role) => caller.roles.includes(role))) {
        throw synchronizationNotAllowed();
    }
}

export function requireSynchronization(caller: TokenClaims, object: DirectoryObject, store: EmulatorStore): void {
    const unbounded = ["Application.ReadWrite.All", "Synchronization.ReadWrite.All"];
    if (!unbounded.some((role) => caller.roles.includes(role)) && !owns(caller, object, store)) {
        throw synchronizationNotAllowed();
    }
}

/**
 * Graph makes the caller the owner of what it creates with `Application.ReadWrite.OwnedBy`; it would lose sight of it
 * otherwise.
 */
export function ownsWhatItCreates(caller: TokenClaims): boolean {
    return !caller.roles.includes("Application.ReadWrite.All");
}

function owns(caller: TokenClaims, object: DirectoryObject, store: EmulatorStore): boolean {
    if (object.owners.has(caller.objectId)) {
        return true;
    }
    const application = store.find("applications", { by: "appId", value: object.appId });
    return application?.owners.has(caller.objectId) ?? false;
}
