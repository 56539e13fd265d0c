import { generateKeyPair, type KeyObject, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { errors, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { GraphRefusal } from "./graphErrors.js";
import type { Caller } from "./store.js";

/** What Graph takes from an access token. */
export interface TokenClaims {
    readonly objectId: string;
    readonly roles: readonly string[];
}

/**
 * Issues the access tokens as Entra and checks them as Graph, with a key made at start: no other token is ever
 * accepted.
 */
export interface TokenAuthority {
    readonly publicJwk: JWK;
    issue(caller: Caller, roles: readonly string[]): Promise<{ accessToken: string; expiresInSeconds: number }>;
    /** @throws GraphRefusal 401 */
    check(authorization: string | undefined): Promise<TokenClaims>;
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
    options: { readonly url: string; readonly issuer: string; readonly lifetimeSeconds: number },
): TokenAuthority {
    const keyId = randomUUID();
    const publicJwk = { ...key.publicKey.export({ format: "jwk" }), kid: keyId, use: "sig", alg: "RS256" };
    return {
        publicJwk,
        async issue(caller, roles) {
            const now = Math.floor(Date.now() / 1000);
            const accessToken = await new SignJWT({
                appid: caller.clientId,
                oid: caller.objectId,
                sub: caller.objectId,
                tid: caller.tenantId,
                idtyp: "app",
                ver: "1.0",
                uti: randomUUID(),
                roles: [...roles],
            })
                .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: keyId })
                .setIssuer(options.issuer)
                .setAudience(options.url)
                .setIssuedAt(now)
                .setNotBefore(now)
                .setExpirationTime(now + options.lifetimeSeconds)
                .sign(key.privateKey);
            return { accessToken, expiresInSeconds: options.lifetimeSeconds };
        },
        async check(authorization) {
            const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
            if (token === undefined) {
                throw invalidToken(options.url, "Access token is empty.");
            }
            try {
                const { payload } = await jwtVerify(token, key.publicKey, {
                    algorithms: ["RS256"],
                    issuer: options.issuer,
                    audience: options.url,
                    requiredClaims: ["exp", "oid"],
                });
                return claimsOf(payload);
            } catch (error) {
                throw invalidToken(options.url, refusalWords(error));
            }
        },
    };
}

function claimsOf(payload: JWTPayload): TokenClaims {
    const roles: unknown = payload.roles;
    return {
        objectId: String(payload.oid),
        roles: Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [],
    };
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

function invalidToken(url: string, message: string): GraphRefusal {
    // 00000003-… is Graph itself; the header names no error, so that no client takes it for a claims challenge.
    const challenge = `Bearer realm="", authorization_uri="${url}/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`;
    return new GraphRefusal(401, "InvalidAuthenticationToken", message, { "www-authenticate": challenge });
}
