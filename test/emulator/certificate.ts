import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { md, pki } from "node-forge";

export interface TestCertificate {
    /** PEM. */
    readonly certificate: string;
    /** PEM, PKCS#8. */
    readonly privateKey: string;
    /** By SHA-256, in hex. */
    readonly thumbprint: string;
    /** By SHA-1, in hex. */
    readonly sha1Thumbprint: string;
}

/** A self-signed certificate of an application. `validForDays` below 0: one that has expired. */
export function createCertificate(validForDays = 1): TestCertificate {
    const dayMs = 24 * 60 * 60 * 1000;
    const pair = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const certificate = pki.createCertificate();
    certificate.publicKey = pki.publicKeyFromPem(pair.publicKey);
    certificate.serialNumber = "01";
    certificate.validity.notBefore = new Date(Date.now() - 10 * dayMs);
    certificate.validity.notAfter = new Date(Date.now() + validForDays * dayMs);
    const name = [{ name: "commonName", value: "an application" }];
    certificate.setSubject(name);
    certificate.setIssuer(name);
    certificate.sign(pki.privateKeyFromPem(pair.privateKey), md.sha256.create());
    const pem = pki.certificateToPem(certificate);
    const { fingerprint, fingerprint256 } = new X509Certificate(pem);
    return {
        certificate: pem,
        privateKey: pair.privateKey,
        thumbprint: fingerprint256.replaceAll(":", ""),
        sha1Thumbprint: fingerprint.replaceAll(":", ""),
    };
}
