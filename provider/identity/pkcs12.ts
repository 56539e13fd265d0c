import type forge from "node-forge";
import { ConfigurationError } from "../core/errors.js";
import { describeSetting, settings } from "./configuration.js";

/**
 * The PEM that `@azure/identity` takes, from the PKCS#12 file that azuread takes: the certificate of the private key
 * first, because its thumbprint is what Entra knows, then the other certificates, then the key. Loads node-forge, which
 * reads today's files and those of Windows's older tools.
 *
 * `where` names the file's setting for messages.
 */
export async function pemOfPkcs12(file: Buffer, password: string, where: string): Promise<string> {
    const forge = (await import("node-forge")).default;
    const refuse = (why: string): never => {
        throw new ConfigurationError(`${where}: ${why}`);
    };
    const open = (tried: string | null): forge.pkcs12.Pkcs12Pfx =>
        // node-forge takes null, which its types don't know.
        forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(file.toString("binary")), true, tried as string);
    const parsed = (() => {
        // A file without a password is written in two ways: with an empty one, and with none at all.
        const ways = password === "" ? ["", null] : [password];
        let last: unknown;
        for (const way of ways) {
            try {
                return open(way);
            } catch (error) {
                last ??= error;
            }
        }
        // PBES2, today's encryption, has no word for a wrong password: what comes out is no ASN.1, or badly padded.
        const isPassword = last instanceof Error && /password|MAC could not be verified|decrypt/i.test(last.message);
        return refuse(
            isPassword
                ? `the password does not open this PKCS#12 file; check ${describeSetting(settings.clientCertificatePassword)}${beyondAscii(password)}`
                : "this is not a PKCS#12 file that can be read; give a .pfx or .p12 file (not PEM), in base64 or by its path",
        );
    })();
    const bags = (bagType: string) => parsed.getBags({ bagType })[bagType] ?? [];
    const { pkcs8ShroudedKeyBag, keyBag, certBag } = forge.pki.oids;
    const keys = [...bags(pkcs8ShroudedKeyBag ?? ""), ...bags(keyBag ?? "")];
    const key = keys.find((bag) => bag.key)?.key;
    if (key === undefined || key === null) {
        return refuse(
            keys.length === 0
                ? "this PKCS#12 file holds no private key; export it with the key"
                : "its private key is not an RSA key, and Microsoft's sign-in libraries take RSA only; make a certificate with an RSA key",
        );
    }
    const certificates = bags(certBag ?? "").flatMap((bag) => bag.cert ?? []);
    const isOfKey = (certificate: (typeof certificates)[number]) =>
        "n" in certificate.publicKey && certificate.publicKey.n.equals(key.n);
    const leaf = certificates.find(isOfKey);
    if (leaf === undefined) {
        return refuse("this PKCS#12 file holds no certificate for its private key; export both together");
    }
    const chain = [leaf, ...certificates.filter((certificate) => certificate !== leaf)];
    return [
        ...chain.map((certificate) => forge.pki.certificateToPem(certificate)),
        forge.pki.privateKeyToPem(key),
    ].join("");
}

/** node-forge gives one form of a password to the file's two ciphers, which take it in two; ASCII is the same in both. */
function beyondAscii(password: string): string {
    return /[^ -~]/.test(password)
        ? "; a password with characters beyond ASCII can't be used with today's encryption: export with an ASCII one"
        : "";
}
