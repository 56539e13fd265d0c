import { parseJson } from "../core/json.js";

/** What a token says of itself, as far as an acquisition depends on it. A hint, never a proof: only Graph checks it. */
export interface TokenClaims {
    readonly tenantId: string | undefined;
    /** The application that asked for the token. */
    readonly clientId: string | undefined;
    /** Who signed in, where it was a person. */
    readonly user: string | undefined;
    /** Application permissions. */
    readonly roles: readonly string[];
    /** Delegated permissions; missing where an application signed in as itself. */
    readonly scopes: readonly string[] | undefined;
    /** The template ids of the person's directory roles; missing where the token does not say. */
    readonly directoryRoleIds: readonly string[] | undefined;
    readonly expiresAt: string | undefined;
}

/** The claims of a token; `undefined` for one that is not to be read. */
export function readAccessToken(token: string): TokenClaims | undefined {
    const payload = parsePayload(token);
    if (payload === undefined) {
        return undefined;
    }
    const text = (name: string) => (typeof payload[name] === "string" ? payload[name] : undefined);
    const list = (name: string) => {
        const value = payload[name];
        return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
    };
    return {
        tenantId: text("tid"),
        clientId: text("appid") ?? text("azp"),
        user: text("upn") ?? text("unique_name") ?? text("preferred_username"),
        roles: list("roles") ?? [],
        scopes: text("scp")?.split(" ").filter(Boolean),
        directoryRoleIds: list("wids"),
        expiresAt: readInstant(payload.exp),
    };
}

function readInstant(seconds: unknown): string | undefined {
    const instant = new Date(typeof seconds === "number" ? seconds * 1000 : Number.NaN);
    return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
}

function parsePayload(token: string): Record<string, unknown> | undefined {
    const payload = parseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return payload !== null && typeof payload === "object" ? { ...payload } : undefined;
}
