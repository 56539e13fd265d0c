/**
 * What the text in state requires at run time, by this name: the hooks of `SynchronizationTokenAcquisition`.
 *
 * This module is a contract with every state file that holds such a resource. State names it as
 * `require("pulumi-entrasync/runtime")`, and a refresh or a destroy years later runs whatever is installed then. So its
 * name never changes, no hook is ever removed or narrowed, and every hook takes the state of all older versions.
 *
 * Loading it loads nothing of Azure: `graph/` and `identity/` load their libraries when an operation talks to Graph.
 */
import type * as pulumi from "@pulumi/pulumi";
import { EntrasyncError, withCode } from "./core/errors.js";
import type { InputFailure } from "./core/inputs.js";
import * as lifecycle from "./core/lifecycle.js";
import { readKeys } from "./core/state.js";
import type { StackConfiguration } from "./identity/configuration.js";
import { createSurroundings } from "./surroundings.js";

type Properties = lifecycle.Properties;

let surroundings = surroundingsOf(() => undefined);

/** Keeps the stack's configuration. The host waits for it in its first call only, so nothing here is asynchronous. */
export async function configure({ config }: pulumi.dynamic.ConfigureRequest): Promise<void> {
    surroundings = surroundingsOf((key) => config.get(key));
}

/** Validates the inputs and adds what state carries beside them. */
export async function check(olds: Properties, news: Properties): Promise<pulumi.dynamic.CheckResult> {
    const { inputs, failures } = lifecycle.check(olds, news, surroundings);
    return { inputs, failures: failures.map(formatFailure) };
}

/** Says whether to acquire again, without any network. */
export async function diff(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.DiffResult> {
    const plan = lifecycle.diff(id, olds, news, surroundings);
    const words = lifecycle.describePlan(plan, olds, news);
    if (words !== undefined) {
        surroundings.inform(`${id} ${words}`);
    }
    switch (plan.action) {
        case "none":
            return { changes: false };
        case "update":
            return isAmongInputs(plan.changes, olds) ? {} : { changes: true };
        case "replace":
            return { changes: true, replaces: [...plan.properties] };
    }
}

/**
 * Whether the inputs show the change by themselves: then no answer makes the engine compare them, and only then does it
 * mind the program's replaceOnChanges.
 *
 * They show nothing of an age, of a key that a refresh took out of state, and of a lost answer or a failed validation less
 * than that: with the failure of an update the engine keeps the inputs of before, and a change that is taken back looks
 * like none.
 */
function isAmongInputs(changes: readonly lifecycle.Change[], olds: Properties): boolean {
    if (olds.outcomeUnknownSince !== undefined || olds.validationPendingSince !== undefined) {
        return false;
    }
    const lost = readKeys(olds.keysNotShown);
    return changes.some(
        (change) =>
            change.kind === "triggers" ||
            (change.kind === "credentials" && change.keys.some((key) => !lost.includes(key))),
    );
}

/** Acquires the token. */
export async function create(news: Properties): Promise<pulumi.dynamic.CreateResult> {
    const { id, outputs } = await telling(news, () => lifecycle.create(news, surroundings));
    return { id, outs: outputs };
}

/** Acquires it again, if anything to be sent has changed. */
export async function update(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.UpdateResult> {
    const { outputs } = await telling(news, () => lifecycle.update(id, olds, news, surroundings));
    return { outs: outputs };
}

/** Looks whether the target is still there. */
export async function read(id: string, props: Properties = {}): Promise<pulumi.dynamic.ReadResult> {
    const found = await lifecycle.read(id, props, surroundings);
    return found.found === "gone" ? {} : { id, props: found.outputs };
}

/** Does nothing: the service keeps its token, and there is no call that takes it back. */
async function forget(): Promise<void> {}

export { forget as delete };

/** Everything above is what Pulumi's dynamic host calls; this line fails to compile where it is not. */
const hooks = {
    configure,
    check,
    diff,
    create,
    update,
    read,
    delete: forget,
} satisfies pulumi.dynamic.ResourceProvider;
void hooks;

/** The host prints what is written to the console, as it is. */
function surroundingsOf(stack: StackConfiguration): lifecycle.Surroundings {
    return createSurroundings(stack, process.env, {
        inform: (message) => console.log(message),
        warn: (message) => console.warn(`warning: ${message}`),
    });
}

/**
 * Has failures reach the engine as it reads them: the message alone, so it ends with the code by which the documentation
 * lists it; and for one that state must know of, the fields that make the engine keep the outputs. The host puts the
 * provider's text among the outputs of a success only, and without it no refresh would find the hooks.
 */
async function telling<Result>(news: Properties, operation: () => Promise<Result>): Promise<Result> {
    try {
        return await operation();
    } catch (error) {
        if (error instanceof lifecycle.KeptInStateError) {
            const message = withCode(error.failure);
            const properties = { ...error.outputs, __provider: news.__provider };
            // On the error that is this operation's alone: resources that share a sign-in share its failure.
            throw Object.assign(error, { message, id: error.resourceId, properties, reasons: [message] });
        }
        if (error instanceof EntrasyncError) {
            error.message = withCode(error);
        }
        throw error;
    }
}

/**
 * A failure as the engine prints it. It prints the value of a property that a failure names, in clear even where that is
 * a secret, and `<nil>` for a path inside one: so the path stands in the words, and no property is named.
 */
function formatFailure({ path, reason }: InputFailure): pulumi.dynamic.CheckFailure {
    return { property: "", reason: `${path} ${reason}`.trim() };
}
