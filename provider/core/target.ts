/** The two collections under which Graph offers the action. */
export type TargetKind = "servicePrincipals" | "applications";

/** The object under which Graph holds the provisioning service's credentials. */
export interface Target {
    readonly kind: TargetKind;
    /** The object's id, a uuid in lower case. */
    readonly objectId: string;
}

/** The input that names a target of this kind. */
export const targetProperties = {
    servicePrincipals: "servicePrincipalId",
    applications: "applicationId",
} as const satisfies Record<TargetKind, string>;

const uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const inputForm = new RegExp(`^(?:/(servicePrincipals|applications)/)?(${uuid})$`);
const resourceForm = new RegExp(`^/(servicePrincipals|applications)/(${uuid})/synchronization/acquireAccessToken$`);

/** The target that an input names, or why it names none. */
export function parseTarget(kind: TargetKind, text: string): Target | { readonly problem: string } {
    const [, written, objectId] = inputForm.exec(text) ?? [];
    if (objectId === undefined) {
        const examples = `a uuid or azuread's id (/${kind}/<uuid>)`;
        return { problem: `expected the object id, as ${examples}, got ${JSON.stringify(text)}` };
    }
    if (written !== undefined && written !== kind) {
        const other = targetProperties[written as TargetKind];
        return {
            problem: `${JSON.stringify(text)} is the id of another kind: give it as ${other}, or give ${nouns[kind]}'s id here`,
        };
    }
    return { kind, objectId: objectId.toLowerCase() };
}

const nouns: Record<TargetKind, string> = { servicePrincipals: "a service principal", applications: "an application" };

/** The resource's id in state: the path of the action under its target. */
export function formatResourceId(target: Target): string {
    return `/${target.kind}/${target.objectId}/synchronization/acquireAccessToken`;
}

/** The target in a resource's id; `undefined` for an id that is not ours. */
export function parseResourceId(id: string): Target | undefined {
    const [, kind, objectId] = resourceForm.exec(id) ?? [];
    return kind === undefined || objectId === undefined
        ? undefined
        : { kind: kind as TargetKind, objectId: objectId.toLowerCase() };
}

/** A target as messages name it. */
export function describeTarget(target: Target): string {
    return `/${target.kind}/${target.objectId}`;
}
