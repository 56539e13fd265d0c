import type { TargetKind } from "../../graph/wire.js";
import { readCredentials } from "../credentials.js";
import { credentialsMissing, credentialsRefused, parameterInvalid, resourceNotFound } from "../graphErrors.js";
import {
    findTarget,
    type GraphCall,
    type GraphOptions,
    graphRoute,
    odataAnswer,
    provisionedTarget,
    readJson,
    targetKinds,
} from "../graphRoutes.js";
import { type Answer, emptyAnswer, type JsonObject } from "../messages.js";
import type { Route } from "../routing.js";
import { maskedSecretKeys } from "../secretKeys.js";
import type { TokenExchange } from "../tokenExchange.js";
import { findJob, jobRoutes, templatesOf } from "./jobs.js";

export interface SynchronizationOptions extends GraphOptions {
    readonly exchange: TokenExchange;
}

/** The provisioning service: the action, the secrets, the jobs and the validation, the same for both kinds of target. */
export function synchronizationRoutes(options: SynchronizationOptions): readonly Route[] {
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
            ...jobRoutes(kind, options),
        ];
    });
}

/**
 * `synchronization: acquireAccessToken`. Documented: the paths, the body, 204 and no body.
 *
 * Guesses: that an empty list is refused; that the credentials then are what `synchronization/secrets` shows; the
 * answer to an authorization code that was redeemed before, for which OAuth's rule (it works once) is believed and the
 * status and code of refused credentials are taken; the answer to a token endpoint that refuses, for which they are taken
 * too, with the endpoint's own error code.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronization-acquireaccesstoken
 */
async function acquire(
    kind: TargetKind,
    call: GraphCall,
    { store, exchange }: SynchronizationOptions,
): Promise<Answer> {
    let target = provisionedTarget(kind, call, store);
    const body = readJson(call.request);
    requireOnly(body, ["credentials"]);
    const credentials = readCredentials(body.credentials, "credentials", call);
    if (credentials.length === 0) {
        throw parameterInvalid("'credentials' is empty.");
    }
    const pairs = credentials.map(({ key, value }) => [key, value] as const);
    const exchanged = await exchange(new Map(pairs.map(([key, value]) => [key, value ?? ""])));
    if (exchanged.kind === "refused") {
        throw credentialsRefused(exchanged.words);
    }
    // It may have changed, or gone, while the application was asked.
    target = findTarget(store, kind, call);
    if (exchanged.kind === "none") {
        // Nobody knows of the code but the emulator: it stands for the application.
        const code = credentials.find(({ key }) => key === "Oauth2AuthorizationCode")?.value;
        if (typeof code === "string" && code !== "" && !store.redeem(code)) {
            throw credentialsRefused();
        }
    }
    store.setSecrets(target, pairs);
    store.holdToken(target, exchanged.kind === "acquired" ? exchanged.token : {});
    store.recordAcquisition({
        targetKind: kind,
        targetId: target.id,
        keys: credentials.map(({ key }) => key),
        values: Object.fromEntries(pairs),
        at: new Date().toISOString(),
        requestId: call.requestId,
        apiVersion: call.apiVersion,
        ...(exchanged.kind === "acquired" ? { exchange: exchanged.grant } : {}),
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
 * Guesses: that without a job the body must name a template or an application, that no credentials at all count as
 * missing, and the answer to a job or a template that isn't there. Saved credentials are refused when the token that came
 * of them has expired or was revoked; credentials that are passed are tried on nobody.
 *
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-validatecredentials
 */
function validate(kind: TargetKind, call: GraphCall, { store }: GraphOptions): Answer {
    const target = provisionedTarget(kind, call, store);
    const body = readJson(call.request);
    requireOnly(body, ["applicationIdentifier", "templateId", "useSavedCredentials", "credentials"]);
    const templateId = optionalString(body, "templateId");
    const applicationIdentifier = optionalString(body, "applicationIdentifier");
    const jobId = call.parameters.job === undefined ? undefined : findJob(call, target, store).id;
    if (templateId !== undefined && !templatesOf(target, store).some(({ id }) => id === templateId)) {
        throw resourceNotFound("synchronizationTemplate");
    }
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
    const token = useSavedCredentials ? store.heldToken(target) : null;
    if (store.validation === "refuse" || (token !== null && token.state !== "current")) {
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
