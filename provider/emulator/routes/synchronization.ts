import type { TargetKind } from "../../graph/wire.js";
import { readCredentials } from "../credentials.js";
import { credentialsMissing, credentialsRefused, parameterInvalid } from "../graphErrors.js";
import {
    findTarget,
    type GraphCall,
    type GraphOptions,
    graphRoute,
    odataAnswer,
    readJson,
    targetKinds,
} from "../graphRoutes.js";
import { type Answer, emptyAnswer, type JsonObject } from "../messages.js";
import { requireSynchronization, requireSynchronizationRole } from "../permissions.js";
import type { Route } from "../routing.js";
import { maskedSecretKeys } from "../secretKeys.js";
import type { DirectoryObject } from "../store.js";

/** The provisioning service: the action, the secrets, and the validation, the same for both kinds of target. */
export function synchronizationRoutes(options: GraphOptions): readonly Route[] {
    return targetKinds.flatMap((kind) => {
        const base = `/${kind}/{target}/synchronization`;
        return [
            ...graphRoute(options, "POST", `${base}/acquireAccessToken`, (call) => acquire(kind, call, options)),
            ...graphRoute(options, "GET", `${base}/secrets`, (call) => showSecrets(kind, call, options)),
            ...graphRoute(options, "PUT", `${base}/secrets`, (call) => replaceSecrets(kind, call, options)),
            ...graphRoute(options, "POST", `${base}/jobs/validateCredentials`, (call) => validate(kind, call, options)),
            ...graphRoute(options, "POST", `${base}/jobs/{job}/validateCredentials`, (call) =>
                validate(kind, call, options),
            ),
        ];
    });
}

/**
 * `synchronization: acquireAccessToken`. Documented: the paths, the body, 204 and no body.
 *
 * Guesses: that an empty list is refused; that the credentials then are what `synchronization/secrets` shows; the
 * answer to an authorization code that was redeemed before, for which OAuth's rule (it works once) is believed and the
 * status and code of refused credentials are taken.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronization-acquireaccesstoken
 */
function acquire(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const target = provisionedTarget(kind, call, store);
    const body = readJson(call.request);
    requireOnly(body, ["credentials"]);
    const credentials = readCredentials(body.credentials, "credentials", call);
    if (credentials.length === 0) {
        throw parameterInvalid("'credentials' is empty.");
    }
    const code = credentials.find(({ key }) => key === "Oauth2AuthorizationCode")?.value;
    if (typeof code === "string" && code !== "" && !store.redeem(code)) {
        throw credentialsRefused();
    }
    const pairs = credentials.map(({ key, value }) => [key, value] as const);
    store.setSecrets(target, pairs);
    store.recordAcquisition({
        targetKind: kind,
        targetId: target.id,
        keys: credentials.map(({ key }) => key),
        values: Object.fromEntries(pairs),
        at: new Date().toISOString(),
        requestId: call.requestId,
        apiVersion: call.apiVersion,
    });
    return emptyAnswer(204);
}

/** Seen: `{"value":[…]}`, secret-typed keys as `"*"`, the others in clear. */
function showSecrets(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const target = provisionedTarget(kind, call, store);
    const value = [...target.secrets].map(([key, secret]) => ({
        key,
        value: maskedSecretKeys.has(key) ? "*" : secret,
    }));
    return odataAnswer(200, { value });
}

/**
 * Seen: 204, and an empty value removes its key. That the list is replaced, not merged, is what `@pulumi/azuread` was
 * recorded to need.
 */
function replaceSecrets(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const target = provisionedTarget(kind, call, store);
    const secrets = readCredentials(readJson(call.request).value, "value", call);
    store.setSecrets(
        target,
        secrets.map(({ key, value }) => [key, value] as const),
    );
    return emptyAnswer(204);
}

/**
 * `synchronizationJob: validateCredentials`, of a job or of a template. Documented: the body's members and 204.
 *
 * Guesses: that without a job the body must name a template or an application, and that no credentials at all count as
 * missing. The emulator keeps no jobs and no templates: every id is taken for one that exists.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-validatecredentials
 */
function validate(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const target = provisionedTarget(kind, call, store);
    const body = readJson(call.request);
    requireOnly(body, ["applicationIdentifier", "templateId", "useSavedCredentials", "credentials"]);
    const templateId = optionalString(body, "templateId");
    const applicationIdentifier = optionalString(body, "applicationIdentifier");
    const jobId = call.parameters.job;
    if (jobId === undefined && templateId === undefined && applicationIdentifier === undefined) {
        throw parameterInvalid("Without a job, 'templateId' or 'applicationIdentifier' is needed.");
    }
    const { useSavedCredentials = false } = body;
    if (typeof useSavedCredentials !== "boolean") {
        throw parameterInvalid("'useSavedCredentials' must be true or false.");
    }
    const count = useSavedCredentials
        ? target.secrets.size
        : readCredentials(body.credentials ?? [], "credentials", call).length;
    if (count === 0) {
        throw credentialsMissing();
    }
    if (store.validation === "refuse") {
        throw credentialsRefused();
    }
    store.recordValidation({
        targetKind: kind,
        targetId: target.id,
        ...(jobId === undefined ? {} : { jobId }),
        ...(templateId === undefined ? {} : { templateId }),
        usedSavedCredentials: useSavedCredentials,
        at: new Date().toISOString(),
        requestId: call.requestId,
    });
    return emptyAnswer(204);
}

/** The order is a guess: the roles first, then whether the target is there, then whose it is, and the body last. */
function provisionedTarget(kind: TargetKind, call: GraphCall, store: GraphOptions["store"]): DirectoryObject {
    requireSynchronizationRole(call.caller);
    const target = findTarget(store, kind, call);
    requireSynchronization(call.caller, target, store);
    return target;
}

/** Quotes no name: a client that sends a map of credentials by mistake would have values for neighbours. */
function requireOnly(body: JsonObject, names: readonly string[]): void {
    if (Object.keys(body).some((name) => !names.includes(name))) {
        throw parameterInvalid(`The body has a property other than '${names.join("', '")}'.`);
    }
}

function optionalString(body: JsonObject, name: string): string | undefined {
    const value = body[name];
    if (value === undefined || value === null) {
        return undefined;
    }
    if (typeof value !== "string") {
        throw parameterInvalid(`'${name}' must be a string.`);
    }
    return value;
}
