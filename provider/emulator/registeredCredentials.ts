import { X509Certificate } from "node:crypto";
import { defaultAudience } from "./identityProvider.js";

/** A trust in another issuer's tokens, as an application has them. Compared character by character. */
export interface FederatedCredential {
    readonly issuer: string;
    readonly subject: string;
    /** Default: `api://AzureADTokenExchange`. */
    readonly audience?: string;
}

/** What the caller's application may sign in with besides its secret. */
export class RegisteredCredentials {
    readonly #certificates: X509Certificate[] = [];
    readonly #federated: Required<FederatedCredential>[] = [];

    get federated(): readonly Required<FederatedCredential>[] {
        return this.#federated;
    }

    /** @throws TypeError where it is none, or where its key is no RSA key: Entra takes no other. */
    addCertificate(pem: string): void {
        let certificate: X509Certificate;
        try {
            certificate = new X509Certificate(pem);
        } catch {
            throw new TypeError("Not a certificate: PEM or DER is wanted.");
        }
        if (certificate.publicKey.asymmetricKeyType !== "rsa") {
            throw new TypeError("The certificate's key must be an RSA key.");
        }
        this.#certificates.push(certificate);
    }

    addFederated({ issuer, subject, audience = defaultAudience }: FederatedCredential): void {
        this.#federated.push({ issuer, subject, audience });
    }

    /** @param thumbprint upper-case hex; its length says whether by SHA-1 or by SHA-256. */
    findCertificate(thumbprint: string): X509Certificate | undefined {
        return this.#certificates.find(({ fingerprint, fingerprint256 }) =>
            [fingerprint, fingerprint256].some((known) => known.replaceAll(":", "") === thumbprint),
        );
    }

    clear(): void {
        this.#certificates.length = 0;
        this.#federated.length = 0;
    }
}
