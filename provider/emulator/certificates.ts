import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { md, pki } from "node-forge";

/** PEM, all three. */
export interface ServerCertificate {
    readonly ca: string;
    readonly certificate: string;
    readonly privateKey: string;
}

const validDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * A certificate authority made for this start, and a certificate of it for `localhost`, `127.0.0.1` and `hostNames`.
 *
 * The authority's key is forgotten on return, so a machine that trusts the authority trusts this one server and nothing
 * else ever.
 */
export async function createServerCertificate(hostNames: readonly string[] = []): Promise<ServerCertificate> {
    const [authority, server] = await Promise.all([createKeyPair(), createKeyPair()]);
    const authorityName = `pulumi-entrasync emulator ${randomBytes(4).toString("hex")}`;
    const ca = sign(authorityName, authority.publicKey, authorityName, authority.privateKey, [
        { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
        { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
        { name: "subjectKeyIdentifier" },
    ]);
    const leaf = sign("localhost", server.publicKey, authorityName, authority.privateKey, [
        { name: "basicConstraints", cA: false, critical: true },
        { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        {
            name: "subjectAltName",
            altNames: [
                ...["localhost", ...hostNames].map((value) => ({ type: 2, value })),
                { type: 7, ip: "127.0.0.1" },
            ],
        },
        { name: "subjectKeyIdentifier" },
        { name: "authorityKeyIdentifier", keyIdentifier: ca.generateSubjectKeyIdentifier().getBytes() },
    ]);
    return {
        ca: pki.certificateToPem(ca),
        certificate: pki.certificateToPem(leaf),
        privateKey: pki.privateKeyToPem(server.privateKey),
    };
}

interface KeyPair {
    readonly publicKey: pki.rsa.PublicKey;
    readonly privateKey: pki.rsa.PrivateKey;
}

/** Node's own generator: node-forge's takes seconds where it does not find a faster one. RSA is what node-forge signs with. */
async function createKeyPair(): Promise<KeyPair> {
    const pair = await promisify(generateKeyPair)("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    return { publicKey: pki.publicKeyFromPem(pair.publicKey), privateKey: pki.privateKeyFromPem(pair.privateKey) };
}

function sign(
    subject: string,
    subjectKey: pki.rsa.PublicKey,
    issuer: string,
    issuerKey: pki.rsa.PrivateKey,
    extensions: object[],
): pki.Certificate {
    const certificate = pki.createCertificate();
    certificate.publicKey = subjectKey;
    // A serial number is positive: the leading 01 keeps its highest bit clear.
    certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
    certificate.validity.notBefore = new Date(Date.now() - dayMs);
    certificate.validity.notAfter = new Date(Date.now() + validDays * dayMs);
    certificate.setSubject([{ name: "commonName", value: subject }]);
    certificate.setIssuer([{ name: "commonName", value: issuer }]);
    certificate.setExtensions(extensions);
    certificate.sign(issuerKey, md.sha256.create());
    return certificate;
}
