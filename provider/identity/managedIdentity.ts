import type { TokenCredential } from "@azure/identity";
import { AuthenticationError, ConfigurationError } from "../core/errors.js";
import { field } from "../core/json.js";
import type { HttpAsk } from "../graph/ask.js";
import { describeSetting, settings } from "./configuration.js";

/**
 * A managed identity's token from an endpoint of one's own, which `@azure/identity` does not ask: `msiEndpoint`, as azuread
 * asks it.
 */
export function endpointCredential(endpoint: string, clientId: string | undefined, ask: HttpAsk): TokenCredential {
    if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
        throw new ConfigurationError(`${describeSetting(settings.msiEndpoint)} must be an http or https URL`);
    }
    return {
        async getToken(scopes) {
            const [scope = ""] = typeof scopes === "string" ? [scopes] : scopes;
            const url = new URL(endpoint);
            url.searchParams.set("api-version", "2018-02-01");
            url.searchParams.set("resource", scope.replace(/\/\.default$/, ""));
            if (clientId !== undefined) {
                url.searchParams.set("client_id", clientId);
            }
            const { status, body } = await ask({
                method: "GET",
                url: url.href,
                headers: { Metadata: "true" },
                direct: true,
            });
            const token = stringOf(body, "access_token");
            const expiresInSeconds = Number(stringOf(body, "expires_in"));
            if (status !== 200 || !token || !(expiresInSeconds > 0)) {
                const said = stringOf(body, "error_description") ?? stringOf(body, "error");
                throw new AuthenticationError(
                    `the endpoint ${url.origin}${url.pathname} answered ${status}${said === undefined ? "" : `: ${said}`}`,
                );
            }
            return { token, expiresOnTimestamp: Date.now() + expiresInSeconds * 1000 };
        },
    };
}

/** A value as text: managed identity endpoints write their numbers as strings. */
function stringOf(body: unknown, name: string): string | undefined {
    const value = field(body, name);
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
