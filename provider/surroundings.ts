import { randomBytes } from "node:crypto";
import type { Surroundings } from "./core/lifecycle.js";
import { askOverHttp, fetchMetadata } from "./graph/ask.js";
import { createGraph, type GraphClient } from "./graph/client.js";
import { cloudOf, resolveEndpoints } from "./graph/clouds.js";
import { createSentCodes, sentCodesFolder } from "./graph/sentCodes.js";
import { createTransport } from "./graph/transport.js";
import { chooseMethod } from "./identity/choice.js";
import {
    createSettingsReader,
    type Environment,
    readCloudConfiguration,
    readReplicationTimeoutMs,
    type StackConfiguration,
} from "./identity/configuration.js";
import { createTokenSource } from "./identity/tokens.js";

/** How a face tells its user something. */
export interface Voice {
    /** What it waits for. */
    inform(message: string): void;
    warn(message: string): void;
}

/** The lifecycle's world, with all that this package asks of Graph. */
export interface RealSurroundings extends Surroundings {
    graph(): Promise<GraphClient>;
}

/**
 * The lifecycle's world as one configuration makes it: the real cloud, clock and chance. Nothing is loaded or asked before
 * an operation needs Graph.
 */
export function createSurroundings(
    stack: StackConfiguration,
    environment: Environment,
    voice: Voice,
): RealSurroundings {
    const reader = createSettingsReader(stack, environment);
    let graph: Promise<GraphClient> | undefined;

    async function connect(): Promise<GraphClient> {
        const { method, warnings } = chooseMethod(reader);
        for (const warning of warnings) {
            voice.warn(warning);
        }
        const replicationTimeoutMs = readReplicationTimeoutMs(reader);
        const endpoints = await resolveEndpoints(readCloudConfiguration(reader), fetchMetadata);
        const tokens = await createTokenSource(method, endpoints, askOverHttp);
        const transport = await createTransport(tokens, endpoints.scope);
        const sentCodes = createSentCodes(sentCodesFolder(environment), () => new Date(), voice.warn);
        return createGraph({
            endpoints,
            transport,
            inform: voice.inform,
            sentCodes,
            ...(replicationTimeoutMs === undefined ? {} : { replicationTimeoutMs }),
        });
    }

    return {
        cloud: () => cloudOf(readCloudConfiguration(reader)),
        // One Graph, and so one token and one set of connections, for all resources of a run. A failed start is not kept.
        graph() {
            graph ??= connect();
            graph.catch(() => {
                graph = undefined;
            });
            return graph;
        },
        randomBytes,
        inform: voice.inform,
        warn: voice.warn,
    };
}
