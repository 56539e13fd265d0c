import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { EmulatorStartError } from "./startError.js";

/** How the emulator's own SaaS application behaves. */
export interface SaasOptions {
    /** How long an authorization code is good for, in seconds. Default: 600, the most that RFC 6749 recommends. */
    readonly codeLifetimeSeconds?: number;
    /** How long an access token is good for, in seconds. Default: 3600. */
    readonly tokenLifetimeSeconds?: number;
    /** Default: `provisioning.read` and `provisioning.write`. */
    readonly scopes?: readonly string[];
}

/** What the owner of a SaaS application would be told: everything that credentials for it are made of. */
export interface Saas {
    /** Random for each start. */
    readonly clientId: string;
    /** Random for each start: a secret. */
    readonly clientSecret: string;
    /** Asks a person for consent, and leads back with a code: `Oauth2AuthorizationUri`. */
    readonly authorizationUri: string;
    /** `Oauth2TokenExchangeUri`. Knows the grants `authorization_code` and `client_credentials`. */
    readonly tokenExchangeUri: string;
    /** Of SCIM: `BaseAddress`. Serves `/ServiceProviderConfig`, to its own tokens only. */
    readonly baseAddress: string;
    readonly scopes: readonly string[];
}

/** A token that the SaaS application has issued. Not its value. */
export interface SaasToken {
    readonly grant: "authorization_code" | "client_credentials";
    readonly scopes: readonly string[];
    /** ISO 8601, UTC. */
    readonly issuedAt: string;
    /** ISO 8601, UTC. */
    readonly expiresAt: string;
    /** Because its code was sent a second time, or by `revokeSaasTokens`. */
    readonly revoked: boolean;
}

/** What a person is asked to allow. */
export interface AuthorizationRequest {
    readonly redirectUri: string;
    readonly state: string | null;
    readonly scopes: readonly string[];
    /** Of S256. */
    readonly codeChallenge: string | null;
}

interface AuthorizationCode {
    readonly request: AuthorizationRequest;
    readonly expiresAtMs: number;
    /** The token that it gave. */
    token?: IssuedToken;
}

export interface IssuedToken {
    readonly value: string;
    readonly grant: SaasToken["grant"];
    readonly scopes: readonly string[];
    readonly issuedAtMs: number;
    readonly expiresAtMs: number;
    revoked: boolean;
}

/** A `code_verifier`, RFC 7636, 4.1. */
const verifierPattern = /^[A-Za-z0-9\-._~]{43,128}$/;

/**
 * An application as one provisions: OAuth 2 (RFC 6749, and RFC 7636 for codes) with one confidential client. It stands
 * for what is on the other side of the provisioning service, so it keeps to the documents and knows nothing of Graph.
 */
export class SaasApplication {
    readonly clientId = `saas-${randomUUID()}`;
    readonly clientSecret = randomBytes(30).toString("base64url");
    readonly scopes: readonly string[];
    readonly tokenLifetimeSeconds: number;
    readonly #codeLifetimeSeconds: number;
    readonly #asked = new Map<string, AuthorizationRequest>();
    readonly #codes = new Map<string, AuthorizationCode>();
    readonly #tokens = new Map<string, IssuedToken>();

    /** @throws EmulatorStartError for options that make no sense. */
    constructor(options: SaasOptions = {}) {
        this.#codeLifetimeSeconds = positive(options.codeLifetimeSeconds ?? 600, "codeLifetimeSeconds");
        this.tokenLifetimeSeconds = positive(options.tokenLifetimeSeconds ?? 3600, "tokenLifetimeSeconds");
        this.scopes = options.scopes ?? ["provisioning.read", "provisioning.write"];
        if (this.scopes.length === 0 || this.scopes.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) {
            throw new EmulatorStartError("InvalidOption", "saas.scopes must be OAuth scopes, at least one.");
        }
    }

    /** In the order in which they were issued. */
    get tokens(): readonly SaasToken[] {
        return [...this.#tokens.values()].map(({ grant, scopes, issuedAtMs, expiresAtMs, revoked }) => ({
            grant,
            scopes,
            issuedAt: new Date(issuedAtMs).toISOString(),
            expiresAt: new Date(expiresAtMs).toISOString(),
            revoked,
        }));
    }

    isClient(clientId: string, clientSecret: string): boolean {
        return isSame(clientId, this.clientId) && isSame(clientSecret, this.clientSecret);
    }

    /** Remembers what a person is asked; what they answer names it by the id. */
    ask(request: AuthorizationRequest): string {
        const id = randomUUID();
        this.#asked.set(id, request);
        return id;
    }

    /** What was asked, once: a page that is sent a second time gives no second code. */
    answer(id: string): AuthorizationRequest | undefined {
        const request = this.#asked.get(id);
        this.#asked.delete(id);
        return request;
    }

    issueCode(request: AuthorizationRequest): string {
        const code = randomBytes(30).toString("base64url");
        this.#codes.set(code, { request, expiresAtMs: Date.now() + this.#codeLifetimeSeconds * 1000 });
        return code;
    }

    /**
     * The token for a code, or why not. A code that was used revokes the token that it gave (RFC 6749, 4.1.2). A
     * request that fails for another reason leaves the code as it is.
     *
     * A verifier without a challenge is refused too, as RFC 9700, 4.8.2 wants it.
     */
    redeem(sent: {
        readonly code: string;
        readonly redirectUri: string | null;
        readonly codeVerifier: string | null;
    }): IssuedToken | string {
        const code = this.#codes.get(sent.code);
        if (code === undefined) {
            return "The authorization code is not known.";
        }
        if (code.token !== undefined) {
            code.token.revoked = true;
            return "The authorization code has been used. The token that it gave is revoked.";
        }
        if (code.expiresAtMs <= Date.now()) {
            return "The authorization code has expired.";
        }
        if (sent.redirectUri !== code.request.redirectUri) {
            return "The redirect_uri is not the one that the code was sent to.";
        }
        const { codeChallenge } = code.request;
        if (codeChallenge === null && sent.codeVerifier !== null) {
            return "A code_verifier was sent, and the code was asked for without a code_challenge.";
        }
        if (codeChallenge !== null && !isVerified(codeChallenge, sent.codeVerifier)) {
            return "The code_verifier is missing, or doesn't match the code_challenge.";
        }
        code.token = this.issueToken("authorization_code", code.request.scopes);
        return code.token;
    }

    issueToken(grant: SaasToken["grant"], scopes: readonly string[]): IssuedToken {
        const issuedAtMs = Date.now();
        const token = {
            value: randomBytes(30).toString("base64url"),
            grant,
            scopes,
            issuedAtMs,
            expiresAtMs: issuedAtMs + this.tokenLifetimeSeconds * 1000,
            revoked: false,
        };
        this.#tokens.set(token.value, token);
        return token;
    }

    /** Whether it opens the application. */
    accepts(token: string): boolean {
        const issued = this.#tokens.get(token);
        return issued !== undefined && !issued.revoked && issued.expiresAtMs > Date.now();
    }

    isRevoked(token: string): boolean {
        return this.#tokens.get(token)?.revoked ?? false;
    }

    revokeAll(): void {
        for (const token of this.#tokens.values()) {
            token.revoked = true;
        }
    }

    clear(): void {
        this.#asked.clear();
        this.#codes.clear();
        this.#tokens.clear();
    }
}

function isVerified(challenge: string, verifier: string | null): boolean {
    return (
        verifier !== null &&
        verifierPattern.test(verifier) &&
        isSame(createHash("sha256").update(verifier, "ascii").digest("base64url"), challenge)
    );
}

function isSame(given: string, expected: string): boolean {
    const [one, other] = [Buffer.from(given), Buffer.from(expected)];
    return one.length === other.length && timingSafeEqual(one, other);
}

function positive(value: number, name: string): number {
    if (!Number.isFinite(value) || value <= 0) {
        throw new EmulatorStartError("InvalidOption", `saas.${name} must be a number above 0.`);
    }
    return value;
}
