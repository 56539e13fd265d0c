import type { TargetKind } from "../../graph/wire.js";
import { type SynchronizationTemplate, synchronizationTemplates } from "../applicationTemplates.js";
import { parameterInvalid, resourceNotFound } from "../graphErrors.js";
import {
    type GraphCall,
    type GraphOptions,
    graphRoute,
    odataAnswer,
    provisionedTarget,
    readJson,
} from "../graphRoutes.js";
import { type Answer, emptyAnswer, type JsonObject } from "../messages.js";
import type { SynchronizationJob } from "../provisioning.js";
import type { Route } from "../routing.js";
import type { DirectoryObject, EmulatorStore } from "../store.js";

/**
 * Synchronization templates and jobs, as far as Graph documents them and `@pulumi/azuread`'s `SynchronizationJob` asks:
 * it POSTs the template's id, GETs the job until it is there five times, POSTs `start` or `pause`, and DELETEs.
 *
 * The pages of jobs name service principals only; that applications have them too is Graph's metadata. There is no
 * page for changing a job, and no route.
 *
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationjob
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationtemplate
 */
export function jobRoutes(kind: TargetKind, options: GraphOptions): readonly Route[] {
    const { store } = options;
    const base = `/${kind}/{target}/synchronization`;
    const route = (method: string, path: string, handle: (call: GraphCall, target: DirectoryObject) => Answer) =>
        graphRoute(options, method, `${base}/${path}`, (call) => handle(call, provisionedTarget(kind, call, store)));
    return [
        ...route("GET", "templates", (_, target) => listTemplates(target, store)),
        ...route("GET", "templates/{template}", (call, target) => showTemplate(call, target, store)),
        ...route("GET", "jobs", (_, target) => listJobs(target, store)),
        ...route("POST", "jobs", (call, target) => createJob(call, target, store)),
        ...route("GET", "jobs/{job}", (call, target) => showJob(findJob(call, target, store), target, store)),
        ...route("DELETE", "jobs/{job}", (call, target) => {
            store.removeJob(target, findJob(call, target, store));
            return emptyAnswer(204);
        }),
        ...route("POST", "jobs/{job}/start", (call, target) => setState(call, target, store, "Active")),
        ...route("POST", "jobs/{job}/pause", (call, target) => setState(call, target, store, "Paused")),
    ];
}

/**
 * @throws GraphRefusal 404 where the target has no such job, or it can't be seen yet. The status is what azuread takes
 *     for a job that is gone; code and words are a guess.
 */
export function findJob(call: GraphCall, target: DirectoryObject, store: EmulatorStore): SynchronizationJob {
    const id = call.parameters.job ?? "";
    const job = store.jobs(target).find((candidate) => candidate.id === id);
    if (job === undefined || !store.isVisible(job)) {
        throw resourceNotFound(id);
    }
    return job;
}

/** The templates that a target has, by the gallery's template that it was made of. */
export function templatesOf(target: DirectoryObject, store: EmulatorStore): readonly SynchronizationTemplate[] {
    const application = store.find("applications", { by: "appId", value: target.appId });
    return synchronizationTemplates(
        target.properties.applicationTemplateId ?? application?.properties.applicationTemplateId,
    );
}

function listTemplates(target: DirectoryObject, store: EmulatorStore): Answer {
    const value = templatesOf(target, store).map((template, index) => templateOf(template, index === 0, target));
    return odataAnswer(200, { value });
}

function showTemplate(call: GraphCall, target: DirectoryObject, store: EmulatorStore): Answer {
    const id = call.parameters.template ?? "";
    const templates = templatesOf(target, store);
    const index = templates.findIndex((candidate) => candidate.id === id);
    const template = templates[index];
    if (template === undefined) {
        throw resourceNotFound(id);
    }
    return odataAnswer(200, templateOf(template, index === 0, target));
}

/** Members and the empty schema are documented, whose id `applicationId` is isn't. */
function templateOf(
    { id, factoryTag }: SynchronizationTemplate,
    isDefault: boolean,
    { appId }: DirectoryObject,
): JsonObject {
    return {
        id,
        applicationId: appId,
        default: isDefault,
        description: null,
        discoverable: true,
        factoryTag,
        metadata: [],
        schema: { directories: [], synchronizationRules: [] },
    };
}

function listJobs(target: DirectoryObject, store: EmulatorStore): Answer {
    const value = store
        .jobs(target)
        .filter((job) => store.isVisible(job))
        .map((job) => jobOf(job, target, store));
    return odataAnswer(200, { value });
}

/**
 * Documented: 201, that `templateId` alone is needed and must be one of the target's, and that the job is disabled at
 * first. The answer to another template is a guess. Of what else Graph would take for a job nothing is looked at.
 */
function createJob(call: GraphCall, target: DirectoryObject, store: EmulatorStore): Answer {
    const { templateId } = readJson(call.request);
    if (typeof templateId !== "string") {
        throw parameterInvalid("'templateId' must be a string.");
    }
    if (!templatesOf(target, store).some(({ id }) => id === templateId)) {
        throw parameterInvalid("'templateId' is not one of the templates of this application.");
    }
    const job = store.createJob(target, templateId);
    store.delayVisibility(job);
    return odataAnswer(201, jobOf(job, target, store));
}

function showJob(job: SynchronizationJob, target: DirectoryObject, store: EmulatorStore): Answer {
    return odataAnswer(200, jobOf(job, target, store));
}

/** Documented: 204, without a body. */
function setState(
    call: GraphCall,
    target: DirectoryObject,
    store: EmulatorStore,
    state: SynchronizationJob["scheduleState"],
): Answer {
    store.setJobState(target, findJob(call, target, store), state);
    return emptyAnswer(204);
}

const never = "0001-01-01T00:00:00Z";

/**
 * Members, the longest interval of a disabled job, and 40 minutes of one that runs are documented, what the codes mean
 * too. No user is ever provisioned here, so a job that runs with good credentials counts as past its first run at once.
 */
function jobOf(job: SynchronizationJob, target: DirectoryObject, store: EmulatorStore): JsonObject {
    const code = statusCode(job, target, store);
    const isActive = job.scheduleState === "Active";
    return {
        id: job.id,
        templateId: job.templateId,
        schedule: {
            expiration: null,
            interval: isActive ? "PT40M" : "P10675199DT2H48M5.4775807S",
            state: job.scheduleState,
        },
        status: {
            countSuccessiveCompleteFailures: 0,
            escrowsPruned: false,
            code,
            lastExecution: null,
            lastSuccessfulExecution: null,
            lastSuccessfulExecutionWithExports: null,
            progress: [],
            quarantine: code === "Quarantine" ? quarantineOf(job) : null,
            steadyStateFirstAchievedTime: never,
            steadyStateLastAchievedTime: never,
            synchronizedEntryCountByType: [],
            troubleshootingUrl: null,
        },
        synchronizationJobSettings: [{ name: "QuarantineTooManyDeletesThreshold", value: "500" }],
    };
}

function statusCode(job: SynchronizationJob, target: DirectoryObject, store: EmulatorStore): string {
    const token = store.heldToken(target);
    if (job.scheduleState === "Paused") {
        return "Paused";
    }
    if (target.secrets.size === 0 && token === null) {
        return "NotConfigured";
    }
    if (job.scheduleState === "Disabled") {
        return "NotRun";
    }
    return token === null || token.state === "current" ? "Active" : "Quarantine";
}

/** "Critical errors such as revoked/expired credentials" are documented as a cause, their reason and code aren't. */
function quarantineOf({ stateSince }: SynchronizationJob): JsonObject {
    return {
        currentBegan: stateSince,
        seriesBegan: stateSince,
        nextAttempt: null,
        seriesCount: 1,
        reason: "EncounteredQuarantineException",
        error: {
            code: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable",
            message: "You appear to have entered invalid credentials.",
            tenantActionable: true,
        },
    };
}
