import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import forge from "node-forge";

/** A key with its certificate, signed by another or by itself. */
export interface Pair {
    readonly key: forge.pki.rsa.PrivateKey;
    readonly certificate: forge.pki.Certificate;
}

let serial = 0;

/** An RSA key with a certificate for it. */
export function createPair(name: string, issuer?: Pair): Pair {
    const { privateKey, publicKey } = forge.pki.rsa.generateKeyPair(2048);
    const certificate = forge.pki.createCertificate();
    serial += 1;
    certificate.publicKey = publicKey;
    certificate.serialNumber = `0${serial}`;
    certificate.validity.notBefore = new Date(Date.now() - 60_000);
    certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
    certificate.setSubject([{ name: "commonName", value: name }]);
    certificate.setIssuer(issuer?.certificate.subject.attributes ?? certificate.subject.attributes);
    certificate.sign(issuer?.key ?? privateKey, forge.md.sha256.create());
    return { key: privateKey, certificate };
}

/** A PKCS#12 file as node-forge writes it; `null` for one that was made without any password. */
export function packPkcs12(
    {
        key,
        certificates,
    }: { readonly key: Pair["key"] | null; readonly certificates: readonly forge.pki.Certificate[] },
    password: string | null,
    algorithm: "3des" | "aes256" = "aes256",
): Buffer {
    const packed = forge.pkcs12.toPkcs12Asn1(
        // node-forge takes null for a key and for a password, which its types don't know.
        key as Pair["key"],
        [...certificates],
        password as string,
        { algorithm },
    );
    return Buffer.from(forge.asn1.toDer(packed).getBytes(), "binary");
}

/** PEM of a key and its certificates. */
export function pemOf({ key, certificate }: Pair): string {
    return forge.pki.privateKeyToPem(key) + forge.pki.certificateToPem(certificate);
}

/** What openssl, which most of these files come from, makes of a PEM; `undefined` where there is no openssl. */
export function packByOpenssl(pem: string, password: string, ...options: readonly string[]): Buffer | undefined {
    return openssl(["pkcs12", "-export", "-passout", `pass:${password}`, ...options], pem);
}

/** A key on an elliptic curve with its certificate, as PEM; `undefined` where there is no openssl. */
export function ellipticPem(): string | undefined {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-"));
    try {
        const [key, certificate] = [join(folder, "key"), join(folder, "certificate")];
        const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
        const made = openssl(["req", "-x509", ...curve, "-subj", "/CN=elliptic", "-days", "1", "-out", certificate]);
        return made && readFileSync(key, "utf8") + readFileSync(certificate, "utf8");
    } finally {
        rmSync(folder, { recursive: true });
    }
}

function openssl(args: readonly string[], input = ""): Buffer | undefined {
    try {
        return execFileSync("openssl", [...args], { input, stdio: ["pipe", "pipe", "pipe"] });
    } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") {
            return undefined;
        }
        throw error;
    }
}
