/**
 * What the text in state requires at run time, by this name: the hooks of `SynchronizationTokenAcquisition`.
 *
 * This module is a contract with every state file that holds such a resource. State names it as
 * `require("pulumi-entrasync/runtime")`, and a refresh or a destroy years later runs whatever is installed then. So its
 * name never changes, no hook is ever removed or narrowed, and every hook takes the state of all older versions.
 *
 * Loading it loads nothing of Azure: `graph/` and `identity/` load their libraries when an operation talks to Graph.
 */
import { randomBytes } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import type { InputFailure } from "./core/inputs.js";
import * as lifecycle from "./core/lifecycle.js";
import { askOverHttp, fetchMetadata } from "./graph/ask.js";
import { createGraph } from "./graph/client.js";
import { cloudOf, resolveEndpoints } from "./graph/clouds.js";
import { createTransport } from "./graph/transport.js";
import { chooseMethod } from "./identity/choice.js";
import {
    createSettingsReader,
    readCloudConfiguration,
    type SettingsReader,
    type StackConfiguration,
} from "./identity/configuration.js";
import { createTokenSource } from "./identity/tokens.js";

type Properties = lifecycle.Properties;

let stackConfiguration: StackConfiguration = () => undefined;
let graph: Promise<lifecycle.Graph> | undefined;

/** Keeps the stack's configuration. The host waits for it in its first call only, so nothing here is asynchronous. */
export async function configure({ config }: pulumi.dynamic.ConfigureRequest): Promise<void> {
    stackConfiguration = (key) => config.get(key);
    graph = undefined;
}

/** Validates the inputs and adds what state carries beside them. */
export async function check(olds: Properties, news: Properties): Promise<pulumi.dynamic.CheckResult> {
    const { inputs, failures } = lifecycle.check(olds, news, surroundings);
    return { inputs, failures: failures.map(formatFailure) };
}

/** Says whether to acquire again, without any network. */
export async function diff(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.DiffResult> {
    const plan = lifecycle.diff(id, olds, news, surroundings);
    switch (plan.action) {
        case "none":
            return { changes: false };
        case "update":
            // No answer makes the engine compare the inputs, which differ here; only then does it mind the program's
            // replaceOnChanges. Of the age the inputs show nothing, so that is answered.
            return plan.changes.every(({ kind }) => kind === "maxAge") ? { changes: true } : {};
        case "replace":
            return { changes: true, replaces: [...plan.properties] };
    }
}

/** Acquires the token. */
export async function create(news: Properties): Promise<pulumi.dynamic.CreateResult> {
    const { id, outputs } = await lifecycle.create(news, surroundings);
    return { id, outs: outputs };
}

/** Acquires it again, if anything to be sent has changed. */
export async function update(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.UpdateResult> {
    const { outputs } = await lifecycle.update(id, olds, news, surroundings);
    return { outs: outputs };
}

/** Looks whether the target is still there. */
export async function read(id: string, props: Properties = {}): Promise<pulumi.dynamic.ReadResult> {
    const { found } = await lifecycle.read(id, props, surroundings);
    return found === "gone" ? {} : { id, props };
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

const surroundings: lifecycle.Surroundings = {
    cloud: () => cloudOf(readCloudConfiguration(settingsReader())),
    // One Graph, and so one token and one set of connections, for all resources of a run. A failed start is not kept.
    graph() {
        graph ??= connect(settingsReader());
        graph.catch(() => {
            graph = undefined;
        });
        return graph;
    },
    now: () => new Date(),
    randomBytes,
    warn: (message) => console.warn(`warning: ${message}`),
};

function settingsReader(): SettingsReader {
    return createSettingsReader(stackConfiguration, process.env);
}

async function connect(reader: SettingsReader): Promise<lifecycle.Graph> {
    const { method, warnings } = chooseMethod(reader);
    for (const warning of warnings) {
        surroundings.warn(warning);
    }
    const endpoints = await resolveEndpoints(readCloudConfiguration(reader), fetchMetadata);
    const tokens = await createTokenSource(method, endpoints, askOverHttp);
    const transport = await createTransport(tokens, endpoints.scope);
    return createGraph({ endpoints, transport, inform: (message) => console.log(message) });
}

/**
 * A failure as the engine prints it. It prints the value of a property that a failure names, in clear even where that is
 * a secret, and `<nil>` for a path inside one: so the path stands in the words, and no property is named.
 */
function formatFailure({ path, reason }: InputFailure): pulumi.dynamic.CheckFailure {
    return { property: "", reason: `${path} ${reason}`.trim() };
}
