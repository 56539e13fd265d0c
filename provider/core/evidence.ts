import { EntrasyncError } from "./errors.js";
import type { Graph, Look } from "./world.js";

/* What can be told of an acquisition whose answer was lost, and what to do about it. */

export const keptBack =
    "An Oauth2AuthorizationCode works once, so no pulumi up sends this one again until a credential or a trigger changes.";

export const howToFindOut =
    "To find out: Test Connection on the application's provisioning page in the Entra admin center. If it fails, or to be " +
    "done with it: get a new code and set it, which is right in either case, then run pulumi up.";

/** What Graph shows afterwards, in words: evidence, no proof, for the keys may have been there before. */
export async function lookAfter(graph: Graph, look: Look, sent: readonly string[]): Promise<string> {
    try {
        return describeShown(await graph.secretKeys(look), sent);
    } catch (error) {
        return couldNotLook(error);
    }
}

/** The same, of a look that was taken already. */
function describeShown(shown: readonly string[], sent: readonly string[]): string {
    const missing = sent.filter((key) => !shown.includes(key)).sort();
    if (missing.length === 0) {
        return "Graph shows every key that was sent among the target's credentials: that speaks for it, unless they were there before.";
    }
    return missing.length === sent.length
        ? "Graph shows none of the keys that were sent among the target's credentials: that speaks against it."
        : `Among the target's credentials Graph does not show ${missing.join(", ")}: that speaks against it.`;
}

export function couldNotLook(error: unknown): string {
    return `What Graph holds now could not be looked at (${error instanceof EntrasyncError ? error.code : "failed"}).`;
}
