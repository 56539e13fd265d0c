import { AuthenticationError, ConfigurationError } from "../core/errors.js";
import { stringField } from "../core/json.js";
import type { HttpAsk } from "../graph/ask.js";
import { describeSetting, readConfiguredFile, settings } from "./configuration.js";
import type { AzureDevOpsMethod, GitHubMethod, OidcTokenMethod } from "./methods.js";

/** What Entra wants in the audience of somebody else's identity token. */
const audience = "api://AzureADTokenExchange";

/** Gets an identity token with which to sign in. */
export type Assertion = () => Promise<string>;

/** The identity token as it is configured; from a file it is read again for each sign-in, because files are renewed. */
export function configuredAssertion({ token }: OidcTokenMethod): Assertion {
    return async () => {
        if ("value" in token) {
            return token.value;
        }
        const value = readConfiguredFile(settings.oidcTokenFilePath, token.path, (content) =>
            content.toString("utf8").trim(),
        );
        if (value === "") {
            throw new ConfigurationError(
                `${describeSetting(settings.oidcTokenFilePath)} names ${JSON.stringify(token.path)}, which is empty now`,
            );
        }
        return value;
    };
}

/**
 * The identity token that GitHub issues for the running job.
 *
 * @see https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
 */
export function gitHubAssertion({ requestUrl, requestToken }: GitHubMethod, ask: HttpAsk): Assertion {
    return async () => {
        const url = parseRequestUrl(requestUrl);
        if (!url.searchParams.has("audience")) {
            url.searchParams.set("audience", audience);
        }
        return readToken(await ask({ method: "GET", url: url.href, bearer: requestToken }), "value", url, "GitHub");
    };
}

/**
 * The identity token that Azure DevOps issues for a service connection.
 *
 * @see https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export function azureDevOpsAssertion(
    { requestUrl, requestToken, serviceConnectionId }: AzureDevOpsMethod,
    ask: HttpAsk,
): Assertion {
    return async () => {
        const url = parseRequestUrl(requestUrl);
        const defaults = { "api-version": "7.1", serviceConnectionId, audience };
        for (const [name, value] of Object.entries(defaults)) {
            if (!url.searchParams.has(name)) {
                url.searchParams.set(name, value);
            }
        }
        // Without the header Azure DevOps sends whoever it does not know to a page on which people sign in.
        const headers = { "X-TFS-FedAuthRedirect": "Suppress" };
        const answer = await ask({ method: "POST", url: url.href, bearer: requestToken, headers });
        return readToken(answer, "oidcToken", url, "Azure DevOps");
    };
}

/**
 * One identity token for the two times that MSAL asks for it in each sign-in. Briefly: it ages, and a later sign-in
 * wants a new one.
 */
export function memoiseBriefly(assertion: Assertion, now: () => number = () => performance.now()): Assertion {
    const briefMs = 30_000;
    let last: { readonly token: Promise<string>; readonly atMs: number } | undefined;
    return () => {
        if (last === undefined || now() - last.atMs > briefMs) {
            const token = assertion();
            const current = { token, atMs: now() };
            last = current;
            token.catch(() => {
                last = last === current ? undefined : last;
            });
        }
        return last.token;
    };
}

/** The request token goes to this URL: https, or this machine itself. */
function parseRequestUrl(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isLocal = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
    if (url === undefined || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
        throw new ConfigurationError(`${describeSetting(settings.oidcRequestUrl)} must be an https URL`);
    }
    return url;
}

function readToken(
    { status, body }: { readonly status: number; readonly body: unknown },
    name: string,
    url: URL,
    issuer: string,
): string {
    const token = stringField(body, name);
    if (status === 200 && token) {
        return token;
    }
    throw new AuthenticationError(
        `${issuer} issued no identity token: ${url.origin}${url.pathname} answered ${status}${status === 200 ? ` without ${name}` : ""}. ` +
            (issuer === "GitHub"
                ? "Check that the job has the permission id-token: write, and that oidcRequestUrl and oidcRequestToken are this job's."
                : "Check that SYSTEM_ACCESSTOKEN is mapped into the step, and that adoPipelineServiceConnectionId names a service " +
                  "connection that the pipeline may use."),
    );
}
