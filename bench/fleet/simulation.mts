import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { startDeadline } from "../../dist/core/deadline.js";
import { createGraph } from "../../dist/graph/client.js";
import type { SentCodes } from "../../dist/graph/sentCodes.js";
import type { Sent, Transport } from "../../dist/graph/transport.js";
import { EventClock } from "./eventClock.mts";
import type { Limit } from "./limits.mts";

/*
 * Many stacks of one tenant that acquire at the same time. Each stack is a program with our real client of Graph, its
 * resending and its pacing; Graph, the network, time and chance are simulated, so that the same numbers come out each time.
 */

export interface Fleet {
    readonly stacks: number;
    readonly acquisitionsOfAStack: number;
    readonly limit: Limit;
    /** How many creates the engine runs at once: `--parallel`; 4 for each processor unless it is said. */
    readonly parallel: number;
    /** The resource's `timeouts.create`. */
    readonly timeoutMs: number;
    /** The stacks begin within this time, evenly. */
    readonly startsWithinMs: number;
    readonly latencyMs: number;
    readonly seed: number;
}

export interface FleetResult {
    readonly acquired: number;
    /** Acquisitions that ended with an error: of time, as nothing else goes wrong here. */
    readonly failed: number;
    readonly requests: number;
    readonly refused: number;
    /** From the first request to the last acceptance. */
    readonly tookMs: number;
    readonly leastMs: number;
    /** How long each stack took, from its own start. */
    readonly stackMs: readonly number[];
}

export async function simulate(fleet: Fleet): Promise<FleetResult> {
    const clock = new EventClock();
    const random = mulberry32(fleet.seed);
    const counts = { acquired: 0, failed: 0, requests: 0, refused: 0, lastMs: 0 };

    const transport: Transport = {
        claims: () => undefined,
        async send() {
            counts.requests += 1;
            // As long there as back, each a little different.
            const wayMs = (fleet.latencyMs / 2) * (0.8 + 0.4 * random());
            await clock.sleep(wayMs);
            const retryAfterS = fleet.limit.ask(clock.elapsedMs());
            if (retryAfterS === 0) {
                counts.lastMs = clock.elapsedMs();
            } else {
                counts.refused += 1;
            }
            await clock.sleep(wayMs);
            return retryAfterS === 0 ? answer(204) : answer(429, { "retry-after": String(retryAfterS) });
        },
    };

    async function runStack(index: number): Promise<number> {
        await clock.sleep((fleet.startsWithinMs * index) / fleet.stacks);
        const startedMs = clock.elapsedMs();
        const graph = createGraph({ endpoints, transport, inform: () => {}, sentCodes, clock, random });
        let next = 0;
        const worker = async () => {
            while (next < fleet.acquisitionsOfAStack) {
                const objectId = `${index}-${next}`;
                next += 1;
                const deadline = startDeadline(fleet.timeoutMs, clock);
                try {
                    await graph.acquireAccessToken({
                        target: { kind: "servicePrincipals", objectId },
                        credentials,
                        apiVersion: "v1.0",
                        worksOnce: false,
                        mayBeNew: false,
                        occasion: "null",
                        deadline,
                    });
                    counts.acquired += 1;
                } catch {
                    counts.failed += 1;
                } finally {
                    deadline.stop();
                }
            }
        };
        await Promise.all(Array.from({ length: fleet.parallel }, worker));
        return clock.elapsedMs() - startedMs;
    }

    const stackMs = await clock.run(Promise.all(Array.from({ length: fleet.stacks }, (_, index) => runStack(index))));
    const { acquired, failed, requests, refused, lastMs } = counts;
    const leastMs = fleet.limit.leastMs(fleet.stacks * fleet.acquisitionsOfAStack);
    return { acquired, failed, requests, refused, tookMs: lastMs, leastMs, stackMs };
}

const endpoints = {
    graph: "https://graph.example",
    authority: "https://login.example",
    scope: "https://graph.example/.default",
};
const credentials = new Map([
    ["BaseAddress", "https://scim.example/v2"],
    ["SecretToken", "simulated"],
]);

/** Nothing here works just once. */
const sentCodes: SentCodes = { begin: () => Promise.reject(new Error("nothing is noted here")) };

const request = createPipelineRequest({ url: endpoints.graph });

function answer(status: number, headers: Readonly<Record<string, string>> = {}): Sent {
    const bodyAsText = status === 429 ? '{"error":{"code":"TooManyRequests","message":"Too many requests."}}' : null;
    return {
        response: { status, headers: createHttpHeaders({ "request-id": "r", ...headers }), request, bodyAsText },
        isChallenge: false,
    };
}

/** Chance that is the same each time (mulberry32, public domain). */
function mulberry32(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    };
}
