import { generateKeyPair, type KeyObject, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { issuersOf, type Site } from "./clouds.js";
import type { ContinuousAccess } from "./continuousAccess.js";
import { GraphRefusal } from "./graphErrors.js";

/** Who calls Graph, and what an administrator or a user allowed: what Graph takes from an access token. */
export type TokenClaims = ApplicationClaims | DelegatedClaims;

export interface ApplicationClaims {
    readonly kind: "application";
    readonly objectId: string;
    /** Application permissions. */
    readonly roles: readonly string[];
}

export interface DelegatedClaims {
    readonly kind: "delegated";
    readonly objectId: string;
    /** Delegated permissions. */
    readonly scopes: readonly string[];
    /** Template ids of the user's directory roles. */
    readonly directoryRoles: readonly string[];
}

/** Everything that an access token says. */
export interface TokenContents {
    readonly tenantId: string;
    readonly clientId: string;
    readonly issuer: string;
    /** The base of the Graph that it is for. */
    readonly audience: string;
    readonly caller: TokenClaims;
    /** A delegated token's. */
    readonly userPrincipalName?: string;
    /** What the client declared that it can do: `cp1` is to handle claims challenges. */
    readonly capabilities: readonly string[];
    /** Less than 0 for one that has expired. */
    readonly lifetimeSeconds: number;
}

/**
 * Issues the access tokens as Entra and checks them as Graph, with a key made at start: no other token is ever
 * accepted.
 */
export interface TokenAuthority {
    readonly publicJwk: Readonly<Record<string, unknown>>;
    issue(contents: TokenContents): Promise<string>;
    /** @throws GraphRefusal 401 */
    check(authorization: string | undefined, site: Site): Promise<TokenClaims>;
}

export interface SigningKey {
    readonly privateKey: KeyObject;
    readonly publicKey: KeyObject;
}

export function createSigningKey(): Promise<SigningKey> {
    return promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
}

export function createTokenAuthority(
    key: SigningKey,
    options: { readonly tenantId: string; readonly continuousAccess: ContinuousAccess },
): TokenAuthority {
    const keyId = randomUUID();
    const publicJwk = { ...key.publicKey.export({ format: "jwk" }), kid: keyId, use: "sig", alg: "RS256" };
    return {
        publicJwk,
        async issue(contents) {
            const { caller, capabilities } = contents;
            const now = Math.floor(Date.now() / 1000);
            const tokenId = randomUUID();
            const accessToken = await new SignJWT({
                appid: contents.clientId,
                oid: caller.objectId,
                sub: caller.objectId,
                tid: contents.tenantId,
                ver: "1.0",
                uti: tokenId,
                ...callerClaims(caller, contents.userPrincipalName),
                ...(capabilities.length === 0 ? {} : { xms_cc: [...capabilities] }),
            })
                .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: keyId })
                .setIssuer(contents.issuer)
                .setAudience(contents.audience)
                .setIssuedAt(now)
                .setNotBefore(Math.min(now, now + contents.lifetimeSeconds))
                .setExpirationTime(now + contents.lifetimeSeconds)
                .sign(key.privateKey);
            options.continuousAccess.issued(tokenId);
            return accessToken;
        },
        async check(authorization, site) {
            const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
            if (token === undefined) {
                throw invalidToken(site, "Access token is empty.");
            }
            let payload: JWTPayload;
            try {
                ({ payload } = await jwtVerify(token, key.publicKey, {
                    algorithms: ["RS256"],
                    issuer: issuersOf(site.cloud, options.tenantId),
                    audience: site.origin,
                    requiredClaims: ["exp", "oid"],
                }));
            } catch (error) {
                throw invalidToken(site, refusalWords(error));
            }
            const claims = options.continuousAccess.challenge(String(payload.uti), strings(payload.xms_cc));
            if (claims !== undefined) {
                throw claimsChallenge(site, JSON.stringify(claims));
            }
            return claimsOf(payload);
        },
    };
}

/** What every member of a tenant has: seen beside the others in the tokens of Microsoft's own examples. */
const defaultUserRole = "b79fbf4d-3ef9-4689-8143-76b194e85509";

function callerClaims(caller: TokenClaims, userPrincipalName: string | undefined): Record<string, unknown> {
    switch (caller.kind) {
        case "application":
            return { idtyp: "app", roles: [...caller.roles] };
        case "delegated":
            return {
                idtyp: "user",
                scp: caller.scopes.join(" "),
                wids: [...caller.directoryRoles, defaultUserRole],
                upn: userPrincipalName,
            };
    }
}

function claimsOf(payload: JWTPayload): TokenClaims {
    const objectId = String(payload.oid);
    return payload.idtyp === "user"
        ? {
              kind: "delegated",
              objectId,
              scopes: String(payload.scp ?? "").split(" "),
              directoryRoles: strings(payload.wids),
          }
        : { kind: "application", objectId, roles: strings(payload.roles) };
}

function strings(claim: unknown): readonly string[] {
    return Array.isArray(claim) ? claim.filter((value) => typeof value === "string") : [];
}

/**
 * Graph's words for the three usual cases, from memory of its answers; nothing of jose's, which could quote the token.
 */
function refusalWords(error: unknown): string {
    if (error instanceof errors.JWTExpired) {
        return "Lifetime validation failed, the token is expired.";
    }
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
        return "Access token validation failure. Invalid audience.";
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) {
        return "Access token validation failure. Signature is invalid.";
    }
    return "Access token validation failure.";
}

function invalidToken(site: Site, message: string): GraphRefusal {
    // The header names no error, so that no client takes it for a claims challenge.
    return new GraphRefusal(401, "InvalidAuthenticationToken", message, { "www-authenticate": challengeOf(site) });
}

/** Seen on real answers, in the tests of Microsoft's own libraries: header, words and code. */
function claimsChallenge(site: Site, claims: string): GraphRefusal {
    const words =
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: " +
        "TokenIssuedBeforeRevocationTimestamp";
    const encoded = Buffer.from(claims, "utf8").toString("base64");
    return new GraphRefusal(401, "InvalidAuthenticationToken", words, {
        "www-authenticate":
            `${challengeOf(site)}, error_description="${words}", ` + `error="insufficient_claims", claims="${encoded}"`,
    });
}

function challengeOf({ origin, cloud, isAuthority }: Site): string {
    const authority = isAuthority ? origin : cloud.authorities[0];
    // 00000003-… is Graph itself.
    return `Bearer realm="", authorization_uri="${authority}/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`;
}
