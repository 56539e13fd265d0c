import { isJsonObject, type JsonObject, type JsonValue } from "./messages.js";

/**
 * Continuous access evaluation: which tokens Graph challenges, and which `claims` Entra takes for an answer.
 *
 * Documented: only clients that declare the capability are challenged (`xms_cc` with `cp1`, which then is in the token);
 * any other token stays good until it expires.
 *
 * Documented, and not so here: a workload's token that can be challenged may be good for up to 24 hours.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 * @see https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation-workload
 */
export class ContinuousAccess {
    #revocation: { readonly challenge: JsonObject; readonly issuedSince: Set<string> } | undefined;
    #challenges = 0;
    #answered = 0;

    get challenges(): number {
        return this.#challenges;
    }

    get answered(): number {
        return this.#answered;
    }

    /** From now on tokens issued before are challenged. */
    revoke(claims: JsonObject | undefined): void {
        const now = Math.floor(Date.now() / 1000);
        const challenge = claims ?? { access_token: { nbf: { essential: true, value: String(now) } } };
        this.#revocation = { challenge, issuedSince: new Set() };
    }

    /** Tokens' own times are whole seconds, too coarse to tell before from after: so they are remembered by their id. */
    issued(tokenId: string): void {
        this.#revocation?.issuedSince.add(tokenId);
    }

    /** The claims to challenge the token's bearer for; `undefined` where the token is good. Counts it. */
    challenge(tokenId: string, capabilities: readonly string[]): JsonObject | undefined {
        const revocation = this.#revocation;
        if (revocation === undefined || revocation.issuedSince.has(tokenId) || !isCapable(capabilities)) {
            return undefined;
        }
        this.#challenges += 1;
        return revocation.challenge;
    }

    /**
     * Reads the `claims` of a token request: the client's capabilities, what MSAL asks for in passing, and, where
     * anything is demanded, the whole of what was challenged, unchanged.
     *
     * @returns `undefined` where it demands anything else.
     */
    read(claims: string): { readonly capabilities: readonly string[] } | undefined {
        const parsed = parseJson(claims);
        if (!isJsonObject(parsed)) {
            return undefined;
        }
        const challenge = this.#revocation?.challenge;
        if (challenge !== undefined && contains(parsed, challenge)) {
            this.#answered += 1;
        } else if (demandsAnything(parsed)) {
            return undefined;
        }
        const declared = isJsonObject(parsed.access_token) ? parsed.access_token.xms_cc : undefined;
        const values = isJsonObject(declared) && Array.isArray(declared.values) ? declared.values : [];
        return { capabilities: values.filter((value) => typeof value === "string") };
    }

    reset(): void {
        this.#revocation = undefined;
        this.#challenges = 0;
        this.#answered = 0;
    }
}

/** @azure/identity sends `cp1`, other clients `CP1`. */
function isCapable(capabilities: readonly string[]): boolean {
    return capabilities.some((capability) => capability.toLowerCase() === "cp1");
}

/**
 * OpenID Connect's claims request: what is `null` or not essential is asked for in passing. MSAL has three of those in
 * `id_token` with every capability (recorded).
 */
function demandsAnything(claims: JsonObject): boolean {
    return Object.values(claims).some(
        (token) =>
            !isJsonObject(token) ||
            Object.entries(token).some(([name, claim]) => {
                const isInPassing = claim === null || (isJsonObject(claim) && claim.essential === false);
                return name !== "xms_cc" && !isInPassing;
            }),
    );
}

function contains(whole: JsonValue | undefined, part: JsonValue | undefined): boolean {
    if (isJsonObject(part)) {
        return isJsonObject(whole) && Object.entries(part).every(([name, value]) => contains(whole[name], value));
    }
    return JSON.stringify(whole) === JSON.stringify(part);
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
