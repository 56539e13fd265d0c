import { applicationTemplates } from "../applicationTemplates.js";
import { badRequest, resourceNotFound } from "../graphErrors.js";
import { type GraphCall, type GraphOptions, graphRoute, odataAnswer, readJson } from "../graphRoutes.js";
import type { Answer } from "../messages.js";
import { ownsWhatItCreates, requireDirectoryCreate } from "../permissions.js";
import type { Route } from "../routing.js";
import { filtered, representation } from "./directory.js";

/**
 * The gallery: what `@pulumi/azuread`'s `getApplicationTemplate`, `ApplicationFromTemplate` and an `Application` with a
 * `templateId` ask. The latter, by its source, then lists applications by `applicationTemplateId` and `displayName` until
 * the new one is there, and its service principal by `appId`.
 *
 * @see https://learn.microsoft.com/graph/api/resources/applicationtemplate
 */
export function applicationTemplateRoutes(options: GraphOptions): readonly Route[] {
    return [
        ...graphRoute(options, "GET", "/applicationTemplates", list),
        ...graphRoute(options, "GET", "/applicationTemplates/{template}", (call) =>
            odataAnswer(200, { "@odata.context": context(call, "/$entity"), ...find(call) }),
        ),
        ...graphRoute(options, "POST", "/applicationTemplates/{template}/instantiate", (call) =>
            instantiate(call, options),
        ),
    ];
}

function list(call: GraphCall): Answer {
    const value = filtered(applicationTemplates, call, ["displayName"], (template, property) => template[property]);
    return odataAnswer(200, { "@odata.context": context(call, ""), value });
}

/** Documented: the body's `displayName`, 201, and both objects. Whether it must be there is a guess. */
function instantiate(call: GraphCall, { store }: GraphOptions): Answer {
    requireDirectoryCreate(call.caller);
    const { id: applicationTemplateId } = find(call);
    const { displayName } = readJson(call.request);
    if (typeof displayName !== "string" || displayName === "") {
        throw badRequest("A value is required for property 'displayName' of resource 'Application'.");
    }
    const owners = ownsWhatItCreates(call.caller) ? [call.caller.objectId] : [];
    const application = store.createApplication(displayName, { applicationTemplateId }, owners);
    const servicePrincipal = store.createServicePrincipal(application.appId, { applicationTemplateId }, owners);
    store.delayVisibility(application);
    if (servicePrincipal === undefined) {
        throw new Error("A new application has no service principal.");
    }
    store.delayVisibility(servicePrincipal);
    return odataAnswer(201, {
        "@odata.context": `${call.site.origin}/${call.apiVersion}/$metadata#microsoft.graph.applicationServicePrincipal`,
        application: representation(application),
        servicePrincipal: representation(servicePrincipal),
    });
}

function find(call: GraphCall) {
    const id = (call.parameters.template ?? "").toLowerCase();
    const found = applicationTemplates.find((template) => template.id === id);
    if (found === undefined) {
        throw resourceNotFound(id);
    }
    return found;
}

function context(call: GraphCall, suffix: string): string {
    return `${call.site.origin}/${call.apiVersion}/$metadata#applicationTemplates${suffix}`;
}
