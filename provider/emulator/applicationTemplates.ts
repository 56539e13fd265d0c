import type { JsonObject } from "./messages.js";

/** An application of Microsoft's gallery, and what its instances are provisioned with. */
interface GalleryApplication {
    readonly template: JsonObject & { readonly id: string; readonly displayName: string };
    readonly synchronization: SynchronizationTemplate;
}

/** How an application is provisioned: a template that jobs are made of. */
export interface SynchronizationTemplate {
    readonly id: string;
    readonly factoryTag: string;
}

/**
 * Documented: the id of the non-gallery application's template; AWS's template, and `aws`; that `scim` is what new
 * non-gallery applications get and `customappsso` what old ones have; `dataBricks`, in azuread's documentation. Seen:
 * the name `Custom`, the id of Databricks' template. What is beside these is a guess.
 *
 * @see https://learn.microsoft.com/graph/api/applicationtemplate-instantiate
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-configuration-api
 */
const gallery: readonly GalleryApplication[] = [
    {
        template: {
            id: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
            displayName: "Custom",
            homePageUrl: null,
            supportedSingleSignOnModes: ["password", "saml", "external"],
            supportedProvisioningTypes: ["sync"],
            logoUrl: null,
            categories: [],
            publisher: null,
            description: null,
        },
        synchronization: { id: "scim", factoryTag: "scim" },
    },
    {
        template: {
            id: "8b1025e4-1dd2-430b-a150-2ef79cd700f5",
            displayName: "AWS Single-Account Access",
            homePageUrl: "http://aws.amazon.com/",
            supportedSingleSignOnModes: ["password", "saml", "external"],
            supportedProvisioningTypes: ["sync"],
            logoUrl: null,
            categories: ["developerServices"],
            publisher: "Amazon",
            description: null,
        },
        synchronization: { id: "aws", factoryTag: "aws" },
    },
    {
        template: {
            id: "9c9818d2-2900-49e8-8ba4-22688be7c675",
            displayName: "Azure Databricks SCIM Provisioning Connector",
            homePageUrl: "https://azure.microsoft.com/services/databricks/",
            supportedSingleSignOnModes: ["external"],
            supportedProvisioningTypes: ["sync"],
            logoUrl: null,
            categories: ["developerServices"],
            publisher: "Microsoft",
            description: null,
        },
        synchronization: { id: "dataBricks", factoryTag: "dataBricks" },
    },
];

/** What any application can be provisioned with. New non-gallery applications get the former, old ones had the latter. */
const common: readonly SynchronizationTemplate[] = [
    { id: "scim", factoryTag: "scim" },
    { id: "customappsso", factoryTag: "customappsso" },
];

export const applicationTemplates: readonly GalleryApplication["template"][] = gallery.map(({ template }) => template);

/**
 * The synchronization templates of an application, the recommended one first: that of its gallery template, and the two
 * for applications that aren't in the gallery. That a gallery application has those too is looser than Graph.
 */
export function synchronizationTemplates(applicationTemplateId: unknown): readonly SynchronizationTemplate[] {
    const own = gallery.find(({ template }) => template.id === applicationTemplateId)?.synchronization;
    return own === undefined ? common : [own, ...common.filter(({ id }) => id !== own.id)];
}
