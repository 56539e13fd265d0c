import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { der } from "./der.js";

/** PEM, all three. */
export interface ServerCertificate {
    readonly ca: string;
    readonly certificate: string;
    readonly privateKey: string;
}

const validDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * A certificate authority made for this start, and a certificate of it for `localhost` and `127.0.0.1`.
 *
 * The authority's key is forgotten on return, so a machine that trusts the authority trusts this one server and nothing
 * else ever.
 *
 * P-256 keys and a page of DER instead of node-forge, which signs with RSA only: two RSA keys and two signatures in
 * JavaScript were most of the emulator's start (150 to 250 ms, these take 3), and every test file starts one.
 */
export function createServerCertificate(): ServerCertificate {
    const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const authorityName = `pulumi-entrasync emulator ${randomBytes(4).toString("hex")}`;
    const ca = certificate({
        subject: authorityName,
        subjectKey: authority.publicKey,
        issuer: authorityName,
        issuerKey: authority.privateKey,
        extensions: [
            extension("2.5.29.19", true, der.sequence(der.true(), der.integer(Buffer.from([0])))), // a CA of leaves
            extension("2.5.29.15", true, der.bitString(Buffer.from([0b0000_0110]), 1)), // keyCertSign, cRLSign
            extension("2.5.29.14", false, der.octetString(keyIdentifier(authority.publicKey))),
        ],
    });
    const leaf = certificate({
        subject: "localhost",
        subjectKey: server.publicKey,
        issuer: authorityName,
        issuerKey: authority.privateKey,
        extensions: [
            extension("2.5.29.19", true, der.sequence()), // not a CA
            extension("2.5.29.15", true, der.bitString(Buffer.from([0b1000_0000]), 7)), // digitalSignature
            extension("2.5.29.37", false, der.sequence(der.objectId("1.3.6.1.5.5.7.3.1"))), // serverAuth
            extension(
                "2.5.29.17", // subjectAltName: a DNS name and an IP address
                false,
                der.sequence(
                    der.taggedPrimitive(2, Buffer.from("localhost")),
                    der.taggedPrimitive(7, Buffer.from([127, 0, 0, 1])),
                ),
            ),
            extension("2.5.29.14", false, der.octetString(keyIdentifier(server.publicKey))),
            extension("2.5.29.35", false, der.sequence(der.taggedPrimitive(0, keyIdentifier(authority.publicKey)))),
        ],
    });
    return {
        ca: pem(ca),
        certificate: pem(leaf),
        privateKey: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
}

/** RFC 5280, section 4.1. */
function certificate(parts: {
    readonly subject: string;
    readonly subjectKey: KeyObject;
    readonly issuer: string;
    readonly issuerKey: KeyObject;
    readonly extensions: readonly Buffer[];
}): Buffer {
    const now = Date.now();
    const algorithm = der.sequence(der.objectId("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
    const toBeSigned = der.sequence(
        der.tagged(0, der.integer(Buffer.from([2]))), // version 3
        // A serial number is positive: the leading 01 keeps its highest bit clear.
        der.integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
        algorithm,
        commonName(parts.issuer),
        der.sequence(der.time(new Date(now - dayMs)), der.time(new Date(now + validDays * dayMs))),
        commonName(parts.subject),
        parts.subjectKey.export({ type: "spki", format: "der" }),
        der.tagged(3, der.sequence(...parts.extensions)),
    );
    return der.sequence(toBeSigned, algorithm, der.bitString(sign("sha256", toBeSigned, parts.issuerKey)));
}

function commonName(name: string): Buffer {
    return der.sequence(der.set(der.sequence(der.objectId("2.5.4.3"), der.text(name))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
    return der.sequence(der.objectId(id), ...(critical ? [der.true()] : []), der.octetString(value));
}

/** Any value that is the key's own will do: RFC 5280 gives hashes as examples. */
function keyIdentifier(key: KeyObject): Buffer {
    return createHash("sha256")
        .update(key.export({ type: "spki", format: "der" }))
        .digest()
        .subarray(0, 20);
}

function pem(certificate: Buffer): string {
    const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
