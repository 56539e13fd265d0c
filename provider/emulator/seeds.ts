import type { DirectoryObject, EmulatorStore } from "./store.js";

/** What a test or a person needs to know of an object that was put in the directory for it. */
export interface SeededObject {
    /** Object id, the bare uuid. */
    readonly id: string;
    readonly appId: string;
}

/** Seeded objects belong to the caller, so that they are in reach of `Application.ReadWrite.OwnedBy` too. */
export function seedApplication(store: EmulatorStore, displayName: string): SeededObject {
    return ids(store.createApplication(displayName, {}, [store.caller.objectId]));
}

/**
 * @param appIdOrName the `appId` of an application that has no service principal yet; anything else is a name, for a
 * new application and its service principal.
 */
export function seedServicePrincipal(store: EmulatorStore, appIdOrName: string): SeededObject {
    const existing = store.find("applications", { by: "appId", value: appIdOrName });
    if (existing === undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(appIdOrName)) {
        throw new Error(`No application has the appId ${appIdOrName}. Create the application first, or give a name.`);
    }
    const { appId } = existing ?? seedApplication(store, appIdOrName);
    const created = store.createServicePrincipal(appId, {}, [store.caller.objectId]);
    if (created === undefined) {
        throw new Error(`The application with the appId ${appId} already has its service principal.`);
    }
    return ids(created);
}

function ids({ id, appId }: DirectoryObject): SeededObject {
    return { id, appId };
}
