import { systemClock } from "./clock.js";
import { startDeadline } from "./deadline.js";
import { howToFindOut, lookAfter } from "./evidence.js";
import { readDrift, readTimeouts } from "./inputs.js";
import { oneTimeKey } from "./keys.js";
import { type Properties, readHashes, readKeys } from "./state.js";
import { describeTarget, parseResourceId } from "./target.js";
import { connect, type Surroundings } from "./world.js";

/** What a refresh found. */
export type Found =
    | { readonly found: "gone" }
    /** There, or not to be seen from here: with what state is to hold from now on. */
    | { readonly found: "kept"; readonly outputs: Properties };

/**
 * Looks whether the target is still there, and whether the service still holds what was handed over.
 *
 * Anything short of Graph's "there is no such object" keeps state, with a warning: a missing permission or a broken network
 * is no proof that anything is gone. A key that Graph does not show any more loses its hash, so that the next `up` acquires;
 * that is the only change. `inputs` are the program's latest, where a face gets them; else what state remembers of them.
 */
export async function read(
    id: string,
    olds: Readonly<Properties>,
    surroundings: Surroundings,
    timeoutMs?: number,
    inputs: Readonly<Properties> = olds,
): Promise<Found> {
    const kept: Found = { found: "kept", outputs: { ...olds } };
    const keep = (why: string): Found => {
        surroundings.warn(`${id} was not looked at and is kept in state as it was: ${why}`);
        return kept;
    };
    const target = parseResourceId(id);
    if (target === undefined) {
        return keep("its id is not one of this resource's");
    }
    const drift = readDrift(inputs.drift, () => undefined);
    if (!drift.target && !drift.credentials) {
        return kept;
    }
    const deadline = startDeadline(
        timeoutMs ?? readTimeouts(inputs.timeouts, () => undefined).readMs,
        surroundings.clock ?? systemClock,
        surroundings.cancelled,
    );
    try {
        const cloud = surroundings.cloud();
        if (olds.cloud !== undefined && olds.cloud !== cloud) {
            return keep(`it was acquired in the cloud ${String(olds.cloud)}, and ${cloud} is configured now`);
        }
        const graph = await connect(surroundings, deadline, `Looking for ${describeTarget(target)}`);
        if (drift.target && !(await graph.targetExists({ target, deadline }))) {
            return { found: "gone" };
        }
        // Of an import state holds no key yet: there is nothing to miss.
        const sent = Object.keys(readHashes(olds.credentialHashes));
        if (!drift.credentials || sent.length === 0) {
            return kept;
        }
        if (olds.outcomeUnknownSince !== undefined) {
            const seen = await lookAfter(graph, { target, deadline }, sent);
            const next = sent.includes(oneTimeKey) ? howToFindOut : "The next pulumi up sends the credentials again.";
            surroundings.warn(`${id}: whether its last acquisition worked is not known. ${seen} ${next}`);
            return kept;
        }
        return {
            found: "kept",
            outputs: afterLook(id, olds, await graph.secretKeys({ target, deadline }), surroundings),
        };
    } catch (error) {
        return keep(error instanceof Error ? error.message : String(error));
    } finally {
        deadline.stop();
    }
}

/** What state is to hold after Graph has shown these keys. */
function afterLook(
    id: string,
    olds: Readonly<Properties>,
    shown: readonly string[],
    surroundings: Surroundings,
): Properties {
    const hashes = readHashes(olds.credentialHashes);
    const sent = Object.keys(hashes);
    // Whether the service keeps a code is told nowhere: that it is not shown says nothing.
    const missing = sent.filter((key) => key !== oneTimeKey && !shown.includes(key)).sort();
    if (sent.includes(oneTimeKey)) {
        if (missing.length > 0) {
            surroundings.warn(
                `${id}: Graph does not show ${missing.join(", ")} among the target's credentials. If somebody cleared or replaced ` +
                    `them, get a new code and set it: an ${oneTimeKey} works once, so no pulumi up acquires again with this ` +
                    "one, and state is kept as it was. To look no more: drift: { credentials: false }.",
            );
        }
        // A hash that is lost would have every up fail, for the code that is spent, until there is a new one: also where
        // this application's keys are never shown.
        return { ...olds };
    }
    // What was missing before the last acquisition and is missing after it, Graph does not show at all.
    const neverShown = readKeys(olds.keysNotShown).filter((key) => !shown.includes(key));
    const lost = missing.filter((key) => !neverShown.includes(key));
    if (lost.length > 0) {
        surroundings.warn(
            `${id}: Graph does not show ${lost.join(", ")} among the target's credentials any more. Somebody cleared or replaced ` +
                "them; the next pulumi up acquires again.",
        );
    } else if (missing.length > 0) {
        surroundings.warn(
            `${id}: Graph does not show ${missing.join(", ")} among the target's credentials, and did not after acquiring again ` +
                "either: that is taken for how this application is. To look no more: drift: { credentials: false }.",
        );
    }
    const { credentialHashes: _, keysNotShown: __, ...others } = olds;
    const notShown = [...new Set([...neverShown, ...lost])].sort();
    return {
        ...others,
        credentialHashes: Object.fromEntries(Object.entries(hashes).filter(([key]) => !lost.includes(key))),
        ...(notShown.length === 0 ? {} : { keysNotShown: notShown }),
    };
}
