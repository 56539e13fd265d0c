import { systemClock } from "../core/clock.js";
import { describeMs, startDeadline } from "../core/deadline.js";
import { CancelledError, DeadlineError } from "../core/errors.js";
import {
    type Credentials,
    type Fail,
    type InputFailure,
    readCredentials,
    readFlag,
    readTarget,
    readValidationTarget,
} from "../core/inputs.js";
import { oneTimeKey } from "../core/keys.js";
import type { Look, Properties } from "../core/lifecycle.js";
import type { Target } from "../core/target.js";
import { holdsUnknown, isUnknown } from "../core/unknown.js";
import type { GraphClient } from "../graph/client.js";
import { functionNames } from "./names.js";

/** What a function gives, or what is wrong with its arguments. */
export type Invoked =
    | { readonly result: object; readonly failures?: undefined }
    | { readonly failures: readonly InputFailure[] };

/** A function of the package: reads its arguments, then asks Graph. */
type PackageFunction = (args: Properties, fail: Fail) => Question | undefined;

/** What to ask of Graph, and about whom. */
interface Question {
    readonly target: Target;
    ask(graph: GraphClient, look: Look): Promise<object>;
}

const functions: Readonly<Record<string, PackageFunction>> = {
    [functionNames.getSynchronizationSecretKeys]: getSynchronizationSecretKeys,
    [functionNames.validateCredentials]: validateCredentials,
};

/** How long a function may take, every wait included. */
const timeoutMs = 60_000;

/** Calls a function by its token; `undefined` for one that there is not. */
export async function invoke(
    token: string,
    args: Properties,
    connect: () => Promise<GraphClient>,
    cancelled: AbortSignal,
): Promise<Invoked | undefined> {
    const named = Object.hasOwn(functions, token) ? functions[token] : undefined;
    if (named === undefined) {
        return undefined;
    }
    if (holdsUnknown(args)) {
        // No SDK calls a function before its arguments are known; one that did would have the wrong question answered.
        return { failures: [{ path: "", reason: "an argument is not known yet" }] };
    }
    const failures: InputFailure[] = [];
    const question = named(args, (path, reason) => void failures.push({ path, reason }));
    if (question === undefined || failures.length > 0) {
        return { failures };
    }
    const deadline = startDeadline(timeoutMs, systemClock, cancelled);
    try {
        // Signing in is part of the time, as in an operation.
        const graph = await deadline.race(connect(), () =>
            deadline.signal.aborted
                ? new DeadlineError(`${token}: not connected within ${describeMs(timeoutMs)}; nothing was asked.`)
                : new CancelledError(`${token}: cancelled; nothing was asked.`),
        );
        return { result: await question.ask(graph, { target: question.target, deadline }) };
    } finally {
        deadline.stop();
    }
}

function getSynchronizationSecretKeys(args: Properties, fail: Fail): Question | undefined {
    const target = knownTarget(args, fail);
    return (
        target && {
            target,
            async ask(graph, look) {
                const secrets = await graph.storedSecrets(look);
                return { keys: secrets.map(({ key }) => key), secrets };
            },
        }
    );
}

function validateCredentials(args: Properties, fail: Fail): Question | undefined {
    const target = knownTarget(args, fail);
    const against = readValidationTarget(args, "", Object.keys(args), fail);
    const credentials = readTried(args, fail);
    if (target === undefined || against === undefined || isUnknown(against)) {
        return undefined;
    }
    return { target, ask: (graph, look) => graph.validateCredentials({ ...look, against, ...credentials }) };
}

function knownTarget(args: Properties, fail: Fail): Target | undefined {
    const target = readTarget(args, fail);
    return isUnknown(target) ? undefined : target;
}

/** Trying a one-time code out would spend it. */
function readTried(args: Properties, fail: Fail): { readonly credentials?: Credentials } {
    if (args.credentials === undefined || args.credentials === null) {
        return {};
    }
    const credentials = readCredentials(
        args.credentials,
        readFlag(args.allowUnknownKeys, "allowUnknownKeys", fail),
        fail,
    );
    if (credentials === undefined || isUnknown(credentials)) {
        return {};
    }
    if (credentials.has(oneTimeKey)) {
        fail(
            `credentials.${oneTimeKey}`,
            "works once, and trying it out would spend it: leave it out, or validate what is saved",
        );
    }
    return { credentials };
}
