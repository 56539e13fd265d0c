import { timingSafeEqual } from "node:crypto";
import { defaultAudience, type IdentityProvider } from "../identityProvider.js";
import { type Answer, emptyAnswer, jsonAnswer } from "../messages.js";
import type { Route, RouteCall } from "../routing.js";

/**
 * Where a pipeline's job asks for its identity token.
 *
 * @see https://docs.github.com/actions/reference/security/oidc
 * @see https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export function oidcRoutes(identityProvider: IdentityProvider): readonly Route[] {
    return [
        {
            method: "GET",
            pattern: "/_emulator/oidc/github",
            handle: (call) => gitHub(call, identityProvider),
        },
        {
            method: "POST",
            pattern: "/_emulator/oidc/azuredevops",
            handle: (call) => azureDevOps(call, identityProvider),
        },
        { method: "GET", pattern: "/_emulator/oidc/azuredevops/signin", handle: () => signInPage(203) },
    ];
}

/** Documented: the bearer token, `audience`, `value`, and the owner's address for an audience that nobody named. */
async function gitHub(call: RouteCall, identityProvider: IdentityProvider): Promise<Answer> {
    const { requestToken, issuer, subject } = identityProvider.github;
    if (!hasBearer(call, requestToken)) {
        return emptyAnswer(401);
    }
    const audience = call.query.get("audience") ?? "https://github.com/octo-org";
    return jsonAnswer(200, { count: 1, value: await identityProvider.issue({ issuer, subject, audience }) });
}

/**
 * Documented: the method, `api-version`, `serviceConnectionId` and `oidcToken`; not so `audience`, which azuread sends.
 * Seen, of a token that is no good: a redirect to a sign-in page, which clients that follow it get as 203 and HTML
 * (Azure/azure-sdk-for-cpp#5786), and 401 where `X-TFS-FedAuthRedirect: Suppress` asks for that
 * (Azure/azure-sdk-for-net#46135). Without a connection id Azure DevOps issues a token for the pipeline, whose subject
 * is another one; how it is written here is a guess.
 */
async function azureDevOps(call: RouteCall, identityProvider: IdentityProvider): Promise<Answer> {
    const { requestToken, issuer, subject, serviceConnectionId } = identityProvider.azureDevOps;
    if (!hasBearer(call, requestToken)) {
        return call.request.headers["x-tfs-fedauthredirect"]?.toLowerCase() === "suppress"
            ? emptyAnswer(401)
            : signInPage(302, { location: `${call.site.origin}/_emulator/oidc/azuredevops/signin` });
    }
    if (call.query.get("api-version") === null) {
        return visualStudioError(
            400,
            "VssVersionNotSpecifiedException",
            "No api-version was supplied for the request.",
        );
    }
    const connection = call.query.get("serviceConnectionId");
    if (connection !== null && connection.toLowerCase() !== serviceConnectionId) {
        return visualStudioError(
            404,
            "ServiceEndpointNotFoundException",
            "The service connection was not found or is not authorized for use.",
        );
    }
    const audience = call.query.get("audience") ?? defaultAudience;
    const about = connection === null ? "p://fabrikam/infrastructure/pipeline" : subject;
    return jsonAnswer(200, { oidcToken: await identityProvider.issue({ issuer, subject: about, audience }) });
}

/** The members have been seen in Azure/azure-sdk-for-js#29854; which exception belongs to what is a guess. */
function visualStudioError(status: number, exception: string, message: string): Answer {
    return jsonAnswer(status, {
        $id: "1",
        innerException: null,
        message,
        typeName: `Microsoft.VisualStudio.Services.${exception}`,
        typeKey: exception,
        errorCode: 0,
        eventId: 3000,
    });
}

/** The real one is on another host: a client that follows the redirect must not leave the machine. */
function signInPage(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
    return {
        status,
        headers: { "content-type": "text/html; charset=utf-8", ...headers },
        body: "<html><head><title>Azure DevOps Services | Sign In</title></head><body>Sign in</body></html>",
    };
}

function hasBearer({ request }: RouteCall, expected: string): boolean {
    const given = Buffer.from(/^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
    const wanted = Buffer.from(expected);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
}
