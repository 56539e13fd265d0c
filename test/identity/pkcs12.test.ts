import { createPrivateKey, X509Certificate } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import { pemOfPkcs12 } from "../../provider/identity/pkcs12.ts";
import { createPair, ellipticPem, packByOpenssl, packPkcs12, pemOf } from "./certificates.ts";

const authority = createPair("authority");
const leaf = createPair("leaf", authority);
const stranger = createPair("stranger");
const whole = { key: leaf.key, certificates: [leaf.certificate] };
const password = "sentinel-93c1";

const subjects = (pem: string) =>
    (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).map(
        (text) => new X509Certificate(text).subject,
    );

async function refusal(file: Buffer, tried: string): Promise<string> {
    const error = await pemOfPkcs12(file, tried, "the setting").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(inspect(error, { showHidden: true, depth: 10 })).not.toContain("sentinel");
    return String(error);
}

const without = "this machine has no openssl";

describe("a PKCS#12 file", () => {
    test.each(["3des", "aes256"] as const)("with a password is opened by it (%s)", async (algorithm) => {
        const pem = await pemOfPkcs12(packPkcs12(whole, password, algorithm), password, "the setting");
        expect(subjects(pem)).toEqual(["CN=leaf"]);
        expect(new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))).toBe(true);
    });

    test.for([
        ["today's way, AES and SHA-256", []],
        ["the way of Windows's older tools, RC2 and 3DES", ["-legacy"]],
        ["3DES for all of it", ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]],
        ["without a check sum", ["-nomac"]],
    ] as const)("is read as openssl writes it: %s", async ([, options], { skip }) => {
        const file = packByOpenssl(pemOf(leaf), password, ...options) ?? skip(without);
        const pem = await pemOfPkcs12(file, password, "the setting");
        expect(new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))).toBe(true);
        expect(await refusal(file, "another")).toContain("the password does not open this PKCS#12 file");
    });

    test("without a password is read, whether that is an empty one or none at all", async () => {
        for (const none of ["", null]) {
            const pem = await pemOfPkcs12(packPkcs12(whole, none), "", "the setting");
            expect(subjects(pem)).toEqual(["CN=leaf"]);
        }
    });

    test("without a password is read as openssl writes it", async ({ skip }) => {
        const file = packByOpenssl(pemOf(leaf), "") ?? skip(without);
        expect(subjects(await pemOfPkcs12(file, "", "the setting"))).toEqual(["CN=leaf"]);
    });

    test.each([
        ["with its chain after it", () => [leaf.certificate, authority.certificate]],
        ["with its chain before it", () => [authority.certificate, leaf.certificate]],
    ])("%s gives the key's own certificate first", async (_, certificates) => {
        const file = packPkcs12({ key: leaf.key, certificates: certificates() }, password);
        expect(subjects(await pemOfPkcs12(file, password, "the setting"))).toEqual(["CN=leaf", "CN=authority"]);
    });
});

describe("refused, with what to do, is", () => {
    test.each([
        ["a wrong password", password, "wrong"],
        ["a password too few", password, ""],
        ["a password too many", "", "wrong"],
    ])("%s", async (_, of, tried) => {
        const words = await refusal(packPkcs12(whole, of), tried);
        expect(words).toContain("the setting: the password does not open this PKCS#12 file");
        expect(words).toContain("ARM_CLIENT_CERTIFICATE_PASSWORD");
        expect(words).not.toContain("ASCII");
    });

    test("a password beyond ASCII on today's encryption", async ({ skip }) => {
        const file = packByOpenssl(pemOf(leaf), "sentinel-schlüssel") ?? skip(without);
        expect(await refusal(file, "sentinel-schlüssel")).toContain("export with an ASCII one");
    });

    test("an EC key", async ({ skip }) => {
        const pem = ellipticPem() ?? skip(without);
        for (const options of [[], ["-legacy"]]) {
            const file = packByOpenssl(pem, password, ...options) ?? skip(without);
            expect(await refusal(file, password)).toContain(
                "its private key is not an RSA key, and Microsoft's sign-in libraries take RSA only",
            );
        }
    });

    test.each<[string, Buffer]>([
        ["PEM", Buffer.from(pemOf(leaf))],
        ["garbage", Buffer.from("not even base64!", "base64")],
        ["nothing", Buffer.alloc(0)],
        ["half a file", packPkcs12(whole, password).subarray(0, 600)],
    ])("%s", async (_, file) => {
        expect(await refusal(file, password)).toContain("this is not a PKCS#12 file that can be read");
    });

    test("a certificate without its key", async () => {
        const file = packPkcs12({ key: null, certificates: [leaf.certificate] }, password);
        expect(await refusal(file, password)).toContain("holds no private key");
    });

    test("a key without its certificate", async () => {
        const file = packPkcs12({ key: leaf.key, certificates: [stranger.certificate] }, password);
        expect(await refusal(file, password)).toContain("holds no certificate for its private key");
    });
});
