import type { DirectoryObject, EmulatorStore } from "./store.js";
import { requireDelay } from "./visibility.js";

/** What a test or a person needs to know of an object that was put in the directory for it. */
export interface SeededObject {
    /** Object id, the bare uuid. */
    readonly id: string;
    readonly appId: string;
}

/** How an object is put in the directory. */
export interface SeedOptions {
    /** How long Graph doesn't find it yet: see `EmulatorOptions.visibilityDelayMs`. Default: 0, whatever that is. */
    readonly visibilityDelayMs?: number;
}

/** Seeded objects belong to the caller, so that they are in reach of `Application.ReadWrite.OwnedBy` too. */
export function seedApplication(
    store: EmulatorStore,
    displayName: string,
    { visibilityDelayMs = 0 }: SeedOptions = {},
): SeededObject {
    requireDelay(visibilityDelayMs);
    const created = store.createApplication(displayName, {}, [store.caller.objectId]);
    store.delayVisibility(created, visibilityDelayMs);
    return ids(created);
}

/**
 * @param appIdOrName the `appId` of an application that has no service principal yet; anything else is a name, for a
 * new application and its service principal.
 */
export function seedServicePrincipal(
    store: EmulatorStore,
    appIdOrName: string,
    options: SeedOptions = {},
): SeededObject {
    requireDelay(options.visibilityDelayMs ?? 0);
    const existing = store.find("applications", { by: "appId", value: appIdOrName });
    if (existing === undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(appIdOrName)) {
        throw new Error(`No application has the appId ${appIdOrName}. Create the application first, or give a name.`);
    }
    const { appId } = existing ?? seedApplication(store, appIdOrName, options);
    const created = store.createServicePrincipal(appId, {}, [store.caller.objectId]);
    if (created === undefined) {
        throw new Error(`The application with the appId ${appId} already has its service principal.`);
    }
    store.delayVisibility(created, options.visibilityDelayMs ?? 0);
    return ids(created);
}

function ids({ id, appId }: DirectoryObject): SeededObject {
    return { id, appId };
}
