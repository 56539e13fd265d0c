import { randomBytes, randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { createSigningKey, type SigningKey } from "./tokens.js";

/** Whom a workload's identity token is about. */
export interface IdentityTokenOptions {
    /** Default: `https://oidc.emulator.example`. Any issuer can be played: Entra, here, knows this emulator's key. */
    readonly issuer?: string;
    /** Such as `system:serviceaccount:default:pulumi`. */
    readonly subject: string;
    /** Default: `api://AzureADTokenExchange`, the one that Entra asks for. */
    readonly audience?: string;
    /** Default: 600. Less than 0 for one that has expired. */
    readonly expiresInSeconds?: number;
}

/** What a GitHub Actions job is given to ask for an identity token. */
export interface GitHubOidc {
    /** `ACTIONS_ID_TOKEN_REQUEST_URL`. Has a query already, as GitHub's has. */
    readonly requestUrl: string;
    /** `ACTIONS_ID_TOKEN_REQUEST_TOKEN`: a secret, random for each start. */
    readonly requestToken: string;
    readonly issuer: string;
    readonly subject: string;
}

/** What an Azure Pipelines job is given to ask for an identity token. */
export interface AzureDevOpsOidc {
    /** `SYSTEM_OIDCREQUESTURI`. */
    readonly requestUrl: string;
    /** `SYSTEM_ACCESSTOKEN`: a secret, random for each start. */
    readonly requestToken: string;
    readonly serviceConnectionId: string;
    readonly issuer: string;
    readonly subject: string;
}

export const defaultAudience = "api://AzureADTokenExchange";
const defaultIssuer = "https://oidc.emulator.example";

/** The claims that every token may have, RFC 7519. Our own type, so that the published ones need no library's. */
export interface RegisteredClaims {
    readonly iss?: string;
    readonly sub?: string;
    readonly aud?: string | string[];
    readonly jti?: string;
    readonly nbf?: number;
    readonly exp?: number;
    readonly iat?: number;
    readonly [claim: string]: unknown;
}

export type VerifiedIdentityToken =
    | { readonly kind: "verified"; readonly payload: RegisteredClaims }
    | { readonly kind: "expired" }
    | { readonly kind: "invalid" };

/**
 * The identity providers that a workload may have: GitHub, Azure DevOps, a Kubernetes cluster and any other. All sign
 * with one key, which is not Entra's: no access token passes for an identity token, nor the other way round.
 */
export interface IdentityProvider {
    readonly github: GitHubOidc;
    readonly azureDevOps: AzureDevOpsOidc;
    issue(options: IdentityTokenOptions): Promise<string>;
    verify(token: string): Promise<VerifiedIdentityToken>;
}

export function createIdentityProvider(url: string): IdentityProvider {
    // Made when it is first needed: most emulators never see an identity token.
    let pair: Promise<SigningKey> | undefined;
    const key = () => {
        pair ??= createSigningKey();
        return pair;
    };
    const keyId = randomUUID();
    const randomToken = () => randomBytes(30).toString("base64url");
    return {
        github: {
            requestUrl: `${url}/_emulator/oidc/github?api-version=2.0`,
            requestToken: randomToken(),
            issuer: "https://token.actions.githubusercontent.com",
            subject: "repo:octo-org/octo-repo:environment:production",
        },
        azureDevOps: {
            requestUrl: `${url}/_emulator/oidc/azuredevops`,
            requestToken: randomToken(),
            serviceConnectionId: randomUUID(),
            issuer: `https://vstoken.dev.azure.com/${randomUUID()}`,
            subject: "sc://fabrikam/infrastructure/entra",
        },
        async issue({ issuer = defaultIssuer, subject, audience = defaultAudience, expiresInSeconds = 600 }) {
            const now = Math.floor(Date.now() / 1000);
            return new SignJWT()
                .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: keyId })
                .setIssuer(issuer)
                .setSubject(subject)
                .setAudience(audience)
                .setJti(randomUUID())
                .setIssuedAt(now)
                .setNotBefore(Math.min(now, now + expiresInSeconds))
                .setExpirationTime(now + expiresInSeconds)
                .sign((await key()).privateKey);
        },
        async verify(token) {
            try {
                const { publicKey } = await key();
                const required = ["exp", "iss", "sub", "aud"];
                const { payload } = await jwtVerify(token, publicKey, {
                    algorithms: ["RS256"],
                    requiredClaims: required,
                });
                return { kind: "verified", payload };
            } catch (error) {
                return error instanceof errors.JWTExpired ? { kind: "expired" } : { kind: "invalid" };
            }
        },
    };
}
