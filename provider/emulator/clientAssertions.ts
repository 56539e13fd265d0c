import type { X509Certificate } from "node:crypto";
import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTHeaderParameters, type JWTPayload } from "jose";
import type { Site } from "./clouds.js";
import type { EntraRefusal } from "./entraErrors.js";
import type { IdentityProvider } from "./identityProvider.js";
import type { RegisteredCredentials } from "./registeredCredentials.js";

/**
 * The client assertions that Entra takes in place of a secret (RFC 7523): one that the client signed with a certificate,
 * or another issuer's token that the application trusts. One that names the client as its issuer is of the former kind.
 *
 * What an assertion says is quoted only where it is what Entra compares, never the assertion.
 */
export interface AssertionOptions {
    readonly credentials: RegisteredCredentials;
    readonly identityProvider: IdentityProvider;
    readonly clientId: string;
    readonly tenantId: string;
}

export async function refuseAssertion(
    assertion: string,
    site: Site,
    options: AssertionOptions,
): Promise<EntraRefusal | undefined> {
    const decoded = decode(assertion);
    if (decoded === undefined) {
        return invalidClient(50027, "JWT token is invalid or malformed.");
    }
    const { header, payload } = decoded;
    const isClients = isSame(payload.iss, options.clientId) || header.x5t !== undefined || "x5t#S256" in header;
    return isClients
        ? refuseSigned(assertion, header, payload, site, options)
        : refuseFederated(assertion, payload, options);
}

/** A certificate's assertion. Its header and claims are documented: all of them must be there. */
async function refuseSigned(
    assertion: string,
    header: JWTHeaderParameters,
    payload: JWTPayload,
    site: Site,
    { credentials, clientId, tenantId }: AssertionOptions,
): Promise<EntraRefusal | undefined> {
    if (header.alg !== "PS256" && header.alg !== "RS256") {
        return invalidClient(50027, "Invalid JWT token. The token must be signed with PS256 or RS256.");
    }
    if (!isSame(payload.iss, clientId) || !isSame(payload.sub, clientId)) {
        // Seen in the tests of Microsoft's libraries, with its number.
        return invalidClient(
            700021,
            `Client assertion application identifier doesn't match 'client_id' parameter. ${certificateHelp}`,
        );
    }
    if (!isAudience(payload.aud, site, tenantId)) {
        // Seen: AzureAD/microsoft-authentication-library-for-dotnet#2746.
        return invalidClient(700023, `Client assertion audience claim does not match Realm issuer. ${certificateHelp}`);
    }
    if (typeof payload.exp !== "number" || typeof payload.jti !== "string") {
        return invalidClient(50027, "Invalid JWT token. The claims 'exp' and 'jti' are required.");
    }
    const untimely = refuseTimes(payload);
    if (untimely !== undefined) {
        return untimely;
    }
    const thumbprint = thumbprintOf(header);
    if (thumbprint === undefined) {
        // Seen: AzureAD/microsoft-authentication-library-for-dotnet#124.
        return invalidClient(50027, "Invalid JWT token. No certificate thumbprint specified in token header.");
    }
    const certificate = credentials.findCertificate(thumbprint);
    if (certificate === undefined) {
        return invalidSignature("The key was not found.", thumbprint, clientId);
    }
    const found = `, Found key 'Start=${certificate.validFrom}, End=${certificate.validTo}'`;
    const now = Date.now();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
        return invalidSignature("The key used is expired.", thumbprint, clientId, found);
    }
    return (await isSignedWith(certificate, assertion))
        ? undefined
        : invalidSignature(
              "Key was found, but use of the key to verify the signature failed.",
              thumbprint,
              clientId,
              found,
          );
}

/**
 * Another issuer's token. Numbers, `error` and words of the three mismatches have been seen: 700211 in
 * Azure/azure-workload-identity#1200, 700212 in other clients' tests, 700213 and its
 * variant for a subject that differs in case only in Azure/login#482 and #515. In which order Entra looks is a guess.
 */
async function refuseFederated(
    assertion: string,
    payload: JWTPayload,
    { credentials, identityProvider }: AssertionOptions,
): Promise<EntraRefusal | undefined> {
    const fromIssuer = credentials.federated.filter(({ issuer }) => issuer === payload.iss);
    if (fromIssuer.length === 0) {
        return noFederatedCredential(700211, "issuer", payload.iss);
    }
    const verified = await identityProvider.verify(assertion);
    switch (verified.kind) {
        case "expired":
            return refuseTimes(payload) ?? expired(payload);
        case "invalid":
            // The number is documented; that it is the one for this case is a guess.
            return invalidClient(50013, "Assertion failed signature validation.");
        case "verified":
            break;
    }
    const aboutSubject = fromIssuer.filter(({ subject }) => subject === payload.sub);
    if (aboutSubject.length === 0) {
        return fromIssuer.some(({ subject }) => isSame(payload.sub, subject))
            ? noFederatedCredential(
                  7002138,
                  "subject",
                  payload.sub,
                  "The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ",
              )
            : noFederatedCredential(700213, "subject", payload.sub);
    }
    const audiences = [payload.aud ?? []].flat();
    return aboutSubject.some(({ audience }) => audiences.includes(audience))
        ? undefined
        : noFederatedCredential(700212, "audience", audiences[0]);
}

const certificateHelp =
    "Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";

function invalidClient(number: number, words: string): EntraRefusal {
    return { status: 401, error: "invalid_client", number, words };
}

/** Seen, the three reasons as well: pnp/cli-microsoft365#1621, Azure/azure-sdk-for-net#29007, msgraph-sdk-php#1585. */
function invalidSignature(reason: string, thumbprint: string, clientId: string, found = ""): EntraRefusal {
    return invalidClient(
        700027,
        `Client assertion contains an invalid signature. [Reason - ${reason}, Thumbprint of key used by client: ` +
            `'${thumbprint}'${found}, Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys ` +
            `for app Id '${clientId}'.]`,
    );
}

function noFederatedCredential(
    number: number,
    claim: "issuer" | "subject" | "audience",
    presented: string | undefined,
    detail = "",
): EntraRefusal {
    return invalidClient(
        number,
        `No matching federated identity record found for presented assertion ${claim} '${claimText(presented)}'. ${detail}` +
            "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
    );
}

/** For clocks that differ. That Entra has five minutes for it here too is a guess. */
const toleranceSeconds = 300;

function refuseTimes(payload: JWTPayload): EntraRefusal | undefined {
    const now = Date.now() / 1000;
    const { nbf = 0, exp = 0 } = payload;
    return now > exp || now < nbf - toleranceSeconds ? expired(payload) : undefined;
}

/** Seen: Azure/azure-cli#28708, `error` in obikuro/Sato#1. */
function expired({ nbf = 0, exp = 0 }: JWTPayload): EntraRefusal {
    const instant = (seconds: number) => new Date(Math.round(seconds * 1000)).toISOString().replace("Z", "0000Z");
    return invalidClient(
        700024,
        `Client assertion is not within its valid time range. Current time: ${instant(Date.now() / 1000)}, assertion valid from ` +
            `${instant(nbf)}, expiry time of assertion ${instant(exp)}. ${certificateHelp}`,
    );
}

/** The documentation says `…/v2.0`, MSAL sends the token endpoint; either may be of any of the cloud's sign-in hosts. */
function isAudience(audience: JWTPayload["aud"], { cloud }: Site, tenantId: string): boolean {
    const accepted = cloud.authorities.flatMap((authority) =>
        ["oauth2/v2.0/token", "v2.0"].map((path) => `${authority}/${tenantId}/${path}`.toLowerCase()),
    );
    return [audience ?? []].flat().some((value) => accepted.includes(value.toLowerCase()));
}

/** Upper-case hex. `x5t` is a SHA-1, `x5t#S256` a SHA-256, both in base64url; anything else is none. */
function thumbprintOf(header: JWTHeaderParameters): string | undefined {
    const { x5t } = header;
    const sha256: unknown = header["x5t#S256"];
    const thumbprint = Buffer.from(String(sha256 ?? x5t ?? ""), "base64url");
    return thumbprint.length === (sha256 === undefined ? 20 : 32)
        ? thumbprint.toString("hex").toUpperCase()
        : undefined;
}

async function isSignedWith(certificate: X509Certificate, assertion: string): Promise<boolean> {
    try {
        await compactVerify(assertion, certificate.publicKey, { algorithms: ["PS256", "RS256"] });
        return true;
    } catch {
        return false;
    }
}

function decode(assertion: string): { readonly header: JWTHeaderParameters; readonly payload: JWTPayload } | undefined {
    try {
        const payload = decodeJwt(assertion);
        const isTime = (value: unknown) => value === undefined || (typeof value === "number" && Math.abs(value) < 1e11);
        const { alg, ...header } = decodeProtectedHeader(assertion);
        return alg === undefined || !isTime(payload.exp) || !isTime(payload.nbf)
            ? undefined
            : { header: { alg, ...header }, payload };
    } catch {
        return undefined;
    }
}

function isSame(claim: unknown, expected: string): boolean {
    return typeof claim === "string" && claim.toLowerCase() === expected.toLowerCase();
}

/** An issuer, a subject or an audience: what is too long or too odd to be one isn't repeated. */
function claimText(claim: unknown): string {
    return typeof claim === "string" && /^[\w./:@~+-]{1,200}$/.test(claim) ? claim : "(not a claim of that kind)";
}
