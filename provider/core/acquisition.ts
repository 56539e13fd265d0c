import { type KnownInputs, knownInputs } from "./check.js";
import { systemClock } from "./clock.js";
import { type Deadline, startDeadline } from "./deadline.js";
import { EntrasyncError, OutcomeUnknownError, spentCode, ValidationFailedError } from "./errors.js";
import { couldNotLook, howToFindOut, keptBack, lookAfter } from "./evidence.js";
import { canonical } from "./json.js";
import { oneTimeKey } from "./keys.js";
import { type Course, courseOf, diff } from "./plan.js";
import { scrub } from "./scrub.js";
import {
    KeptInStateError,
    type Outputs,
    type Properties,
    readHashes,
    readKeys,
    readOutputs,
    remembered,
    textOf,
} from "./state.js";
import { describeTarget, formatResourceId } from "./target.js";
import { connect, type Graph, type Look, type Surroundings } from "./world.js";

/** Acquires for the first time. `timeoutMs` goes before the inputs' own: Pulumi's `customTimeouts`, where a face gets them. */
export async function create(
    news: Readonly<Properties>,
    surroundings: Surroundings,
    timeoutMs?: number,
): Promise<{ readonly id: string; readonly outputs: Outputs }> {
    const inputs = knownInputs(news);
    const operation = { olds: {}, news, inputs, surroundings };
    const outputs = await within(timeoutMs ?? inputs.timeouts.createMs, operation, acquire);
    return { id: formatResourceId(inputs.target), outputs };
}

/** Acquires again if anything that Graph or the service would hold has changed; else sends nothing. */
export async function update(
    id: string,
    olds: Readonly<Properties>,
    news: Readonly<Properties>,
    surroundings: Surroundings,
    timeoutMs?: number,
): Promise<{ readonly outputs: Outputs }> {
    const inputs = knownInputs(news);
    const plan = diff(id, olds, news, surroundings);
    const changes = plan.action === "update" ? plan.changes : [];
    const updateMs = timeoutMs ?? inputs.timeouts.updateMs;
    const operation = { olds, news, inputs, surroundings };
    if (plan.action === "none") {
        return { outputs: { ...readOutputs(olds), ...remembered(news) } };
    }
    const step = stepOf(courseOf(changes, olds, worksOnce(inputs)), olds);
    return { outputs: await within(updateMs, operation, step) };
}

function stepOf(course: Course, olds: Readonly<Properties>): Step {
    switch (course) {
        case "acquire":
            return acquire;
        case "validate":
            return validateAgain;
        case "look":
            return lookAgain;
        case "spent":
            throw spentCode(
                `works once, and was spent by the acquisition of ${textOf(olds.acquiredAt, "an unknown time")}: to acquire ` +
                    "again, give a new code; else take the other change back",
            );
    }
}

/** A create or an update on its way. */
interface Operation {
    readonly olds: Readonly<Properties>;
    readonly news: Readonly<Properties>;
    readonly inputs: KnownInputs;
    readonly surroundings: Surroundings;
}

type Step = (operation: Operation, graph: () => Promise<Graph>, deadline: Deadline) => Promise<Outputs>;

/** Takes a step with the operation's time running, the sign-in included. */
async function within(timeoutMs: number, operation: Operation, step: Step): Promise<Outputs> {
    const { inputs, surroundings } = operation;
    const deadline = startDeadline(timeoutMs, clockOf(operation), surroundings.cancelled);
    const tried = `Acquiring a token for ${describeTarget(inputs.target)}`;
    try {
        return await step(operation, () => connect(surroundings, deadline, tried), deadline);
    } finally {
        deadline.stop();
    }
}

const acquire: Step = async (operation, connected, deadline) => {
    const { olds, news, inputs, surroundings } = operation;
    const { target, credentials, apiVersion } = inputs;
    const graph = await connected();
    let keysNotShown: readonly string[] = readKeys(olds.keysNotShown).filter((key) => credentials.has(key));
    const outputs = (requestId: string): Omit<Outputs, "acquiredAt"> => ({
        credentialHashes: readHashes(news.credentialHashes),
        requestId,
        cloud: surroundings.cloud(),
        ...remembered(news),
        ...(keysNotShown.length === 0 ? {} : { keysNotShown }),
    });
    let inDoubt = false;
    try {
        const { requestId } = await graph.acquireAccessToken({
            target,
            credentials,
            apiVersion,
            worksOnce: worksOnce(inputs),
            // What was acquired for before, Graph knows by now.
            mayBeNew: !olds.acquiredAt,
            occasion: canonical(inputs.triggers),
            deadline,
            onDoubt: () => {
                inDoubt = true;
            },
        });
        const acquiredAt = nowOf(operation);
        keysNotShown = await stillNotShown(keysNotShown, { target, deadline }, graph);
        const acquired = { acquiredAt, ...outputs(requestId) };
        return await validate(acquired, operation, graph, deadline);
    } catch (error) {
        const since = (error instanceof OutcomeUnknownError && error.sentAt) || nowOf(operation);
        const kept = (failure: EntrasyncError, requestId = "") =>
            new KeptInStateError(failure, formatResourceId(target), {
                acquiredAt: readOutputs(olds).acquiredAt,
                ...outputs(requestId),
                outcomeUnknownSince: since,
            });
        if (error instanceof OutcomeUnknownError && worksOnce(inputs)) {
            const seen = await lookAfter(graph, { target, deadline }, [...credentials.keys()]);
            const failure = new OutcomeUnknownError(`${error.message} ${seen} ${keptBack} ${howToFindOut}`, error);
            throw kept(failure, error.requestId);
        }
        // State would say that Graph holds what it held before: who then takes the change back would have nothing to do,
        // and Graph another idea of the credentials. A create leaves no state, and the next one sends in any case.
        if (error instanceof EntrasyncError && inDoubt && olds.credentialHashes !== undefined) {
            throw kept(error);
        }
        throw error;
    }
};

/**
 * Which of the keys that a refresh missed Graph does not show after the acquisition either: those it never shows. Asked at
 * once, for by the next refresh somebody may have cleared them again. Where that can't be told, all of them.
 */
async function stillNotShown(keys: readonly string[], look: Look, graph: Graph): Promise<readonly string[]> {
    if (keys.length === 0) {
        return keys;
    }
    const shown = await graph.secretKeys(look).catch((): readonly string[] => []);
    return keys.filter((key) => !shown.includes(key));
}

/** What was acquired before, validated again, or for the first time: nothing is acquired. */
const validateAgain: Step = async (operation, connected, deadline) => {
    const outputs = { ...readOutputs(operation.olds), ...remembered(operation.news) };
    return validate(outputs, operation, await connected(), deadline);
};

/**
 * Has Graph try out what the service now holds, where the program asks for that. A no fails the operation, and state knows
 * that the acquisition itself was made.
 */
async function validate(acquired: Outputs, operation: Operation, graph: Graph, deadline: Deadline): Promise<Outputs> {
    const { target, credentials, validation: against } = operation.inputs;
    if (against === undefined) {
        return acquired;
    }
    const { validatedAt: _, ...unvalidated } = acquired;
    const failed = (came: string, requestId?: string) =>
        new KeptInStateError(
            new ValidationFailedError(
                `Validating the credentials of ${describeTarget(target)}: the token was acquired at ${acquired.acquiredAt}, but ${came} ` +
                    "State knows of the acquisition: the next pulumi up validates again, and acquires only if a credential or a " +
                    "trigger changes.",
                { requestId },
            ),
            formatResourceId(target),
            { ...unvalidated, validationPendingSince: nowOf(operation) },
        );
    // Graph is sent none of the values, and holds them all the same.
    const hidden = [...credentials.values()];
    const hide = (text: string) => scrub(text, hidden);
    const mayBeNew = !operation.olds.acquiredAt;
    const asked = graph.validateCredentials({ target, deadline, against, hidden, mayBeNew });
    const validity = await asked.catch((error: unknown) => {
        // Whatever it is: an error without state would have the next up acquire again, with a code that is spent.
        const why = error instanceof EntrasyncError ? error.message : "Something failed that is not meant to.";
        throw failed(`Graph could not be asked whether the application takes the credentials. ${hide(why)}`);
    });
    if (validity.valid) {
        return { ...unvalidated, validatedAt: nowOf(operation) };
    }
    const words = [validity.code, validity.message].filter(Boolean).join(": ").replace(/\.$/, "") || "no words";
    const requestId = validity.requestId === undefined ? undefined : hide(validity.requestId);
    const request = requestId === undefined ? "" : ` (request-id ${requestId})`;
    throw failed(`the application did not take the credentials. Graph says: ${hide(words)}${request}.`, requestId);
}

/** The next `up` after an unknown outcome, with nothing changed: looks again, sends nothing, and fails again. */
const lookAgain: Step = async ({ olds, news, inputs }, connected, deadline) => {
    const { target, credentials } = inputs;
    const since = textOf(olds.outcomeUnknownSince, "an unknown time");
    const seen = await connected().then(
        (graph) => lookAfter(graph, { target, deadline }, [...credentials.keys()]),
        couldNotLook,
    );
    const failure = new OutcomeUnknownError(
        `Acquiring a token for ${describeTarget(target)}: the credentials were handed over at ${since}, Graph's answer was ` +
            `lost, and nothing has changed since. Nothing was sent now. ${seen} ${keptBack} ${howToFindOut}`,
    );
    const outputs = { ...readOutputs(olds), ...remembered(news), outcomeUnknownSince: since };
    throw new KeptInStateError(failure, formatResourceId(target), outputs);
};

function worksOnce({ credentials }: KnownInputs): boolean {
    return credentials.has(oneTimeKey);
}

function clockOf({ surroundings }: Operation) {
    return surroundings.clock ?? systemClock;
}

function nowOf(operation: Operation): string {
    return clockOf(operation).now().toISOString();
}
