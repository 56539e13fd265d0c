import { createPrivateKey, randomUUID } from "node:crypto";
import { ClientCertificateCredential } from "@azure/identity";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { createCertificate } from "./certificate.ts";
import { Client } from "./client.ts";

const own = createCertificate();
const other = createCertificate();
const expired = createCertificate(-1);

let emulator: Emulator;
let client: Client;

beforeAll(async () => {
    emulator = await startEmulator();
    client = new Client(emulator);
});
beforeEach(() => {
    emulator.reset();
    emulator.registerCertificate(own.certificate);
});
afterAll(async () => {
    client.close();
    await emulator.close();
});

interface Changes {
    readonly header?: Record<string, unknown>;
    readonly claims?: Record<string, unknown>;
    readonly key?: string;
}

/** What MSAL sends, and what a test makes wrong of it. */
function assertion({ header = {}, claims = {}, key = own.privateKey }: Changes = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
        aud: `${emulator.url}/${emulator.tenantId}/oauth2/v2.0/token`,
        iss: emulator.clientId,
        sub: emulator.clientId,
        jti: randomUUID(),
        nbf: now,
        exp: now + 600,
        ...claims,
    })
        .setProtectedHeader({
            alg: "PS256",
            "x5t#S256": Buffer.from(own.thumbprint, "hex").toString("base64url"),
            ...header,
        })
        .sign(createPrivateKey(key));
}

async function signIn(changes?: Changes) {
    return client.requestToken({
        client_secret: undefined,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: await assertion(changes),
    });
}

describe("an unmodified ClientCertificateCredential", () => {
    const credential = (pem: string) =>
        new ClientCertificateCredential(
            emulator.tenantId,
            emulator.clientId,
            { certificate: pem },
            {
                authorityHost: emulator.url,
                disableInstanceDiscovery: true,
                tlsOptions: { ca: emulator.caCertificate },
            },
        );
    const pem = ({ certificate, privateKey }: typeof own) => `${certificate}\n${privateKey}`;

    it("gets a token that Graph takes", async () => {
        const token = await credential(pem(own)).getToken(`${emulator.url}/.default`, { enableCae: true });
        const headers = { authorization: `Bearer ${token?.token}` };
        expect((await client.send("GET", "/v1.0/applications", { headers })).status).toBe(200);
    });

    it("hears that its certificate isn't registered", async () => {
        await expect(credential(pem(other)).getToken(`${emulator.url}/.default`)).rejects.toThrow(
            /AADSTS700027.*The key was not found/,
        );
    });
});

describe("a client assertion signed with a certificate", () => {
    const sha1 = ({ sha1Thumbprint }: typeof own) => Buffer.from(sha1Thumbprint, "hex").toString("base64url");

    it.each<[string, () => Changes]>([
        ["RS256", () => ({ header: { alg: "RS256" } })],
        ["a thumbprint by SHA-1", () => ({ header: { alg: "RS256", "x5t#S256": undefined, x5t: sha1(own) } })],
        ["the documented audience", () => ({ claims: { aud: `${emulator.url}/${emulator.tenantId}/v2.0` } })],
    ])("may have %s", async (_, changes) => {
        expect((await signIn(changes())).status).toBe(200);
    });

    it.each<[string, Changes, number, RegExp]>([
        ["an unknown thumbprint", { header: { "x5t#S256": undefined, x5t: sha1(other) } }, 700027, /key was not found/],
        ["another key's signature", { key: other.privateKey }, 700027, /verify the signature failed.*Found key/],
        ["no thumbprint", { header: { "x5t#S256": undefined } }, 50027, /No certificate thumbprint/],
        ["a thumbprint that is none", { header: { "x5t#S256": "S3cret" } }, 50027, /No certificate thumbprint/],
        ["another algorithm", { header: { alg: "PS512" } }, 50027, /PS256 or RS256/],
        ["another audience", { claims: { aud: "https://login.microsoftonline.com/x/v2.0" } }, 700023, /audience claim/],
        ["another issuer", { claims: { iss: randomUUID() } }, 700021, /application identifier/],
        ["another subject", { claims: { sub: randomUUID() } }, 700021, /application identifier/],
        [
            "a time that has passed",
            { claims: { nbf: 1000, exp: 2000 } },
            700024,
            /valid from 1970-01-01T00:16:40.0000000Z/,
        ],
        ["a time to come", { claims: { nbf: 4e9, exp: 4e9 + 600 } }, 700024, /not within its valid time range/],
        ["no expiry", { claims: { exp: undefined } }, 50027, /'exp' and 'jti'/],
        ["no id", { claims: { jti: undefined } }, 50027, /'exp' and 'jti'/],
    ])("is refused for %s", async (_, changes, number, words) => {
        const reply = await signIn(changes);
        expect(reply.status).toBe(401);
        expect(reply.json).toMatchObject({ error: "invalid_client", error_codes: [number] });
        expect(reply.json.error_description).toMatch(words);
    });

    it("is refused for a certificate that has expired", async () => {
        emulator.registerCertificate(expired.certificate);
        const header = { "x5t#S256": Buffer.from(expired.thumbprint, "hex").toString("base64url") };
        const reply = await signIn({ header, key: expired.privateKey });
        expect(reply.json.error_description).toMatch(/^AADSTS700027: .*The key used is expired/);
    });

    it("is refused after a reset", async () => {
        emulator.reset();
        expect((await signIn()).json).toMatchObject({ error_codes: [700027] });
    });

    it.each([
        ["nonsense", { client_assertion: "nonsense" }, 50027],
        ["no type", { client_assertion_type: undefined }, 900144],
        ["another type", { client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:saml2-bearer" }, 900144],
    ])("is refused for %s", async (_, overrides, number) => {
        const reply = await client.requestToken({
            client_secret: undefined,
            client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion: await assertion(),
            ...overrides,
        });
        expect(reply.json).toMatchObject({ error_codes: [number] });
    });
});

it("registers RSA certificates and nothing else", () => {
    expect(() => emulator.registerCertificate("S3cret")).toThrow(TypeError);
    expect(() => emulator.registerCertificate("S3cret")).not.toThrow(/S3cret/);
});
