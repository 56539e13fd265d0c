import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { hashCredential } from "../../provider/core/fingerprint.ts";
import { repositoryRoot } from "../../tools/engine/repository.mts";

/** What stands in users' state byte for byte. A test that has to be changed here is a version that rewrites their state. */
describe("__provider, the dynamic resource's text in state", () => {
    const inputs: Record<string, unknown>[] = [];

    beforeAll(async () => {
        await pulumi.runtime.setMocks({
            newResource: (args) => {
                inputs.push(args.inputs);
                return { id: args.name, state: args.inputs };
            },
            call: () => ({}),
        });
        const { SynchronizationTokenAcquisition } = await import("../../provider/resource.ts");
        const token = new SynchronizationTokenAcquisition("pinned", {
            servicePrincipalId: "a3c8f2d4-0001-4c5e-9b1a-2d3e4f5a6b7c",
            credentials: { SecretToken: "of a test" },
        });
        await new Promise((resolve) => token.urn.apply(resolve));
    });

    test("is this text", () => {
        expect(inputs[0]?.__provider).toBe(
            "try{var m=require('pulumi-entrasync/runtime')}catch(e){m={check(){throw e}}}exports.handler=()=>m",
        );
    });

    test("names an entry that package.json still has", () => {
        const { exports } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
        expect(exports["./runtime"]).toEqual({ types: "./dist/runtime.d.ts", default: "./dist/runtime.js" });
    });
});

describe("v1:, the hash of a credential", () => {
    /*
     * Computed apart from this package, with OpenSSL:
     * printf '["SecretToken","a secret"]' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102030405060708090a0b0c0d0e0f
     */
    const hashKey = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex").toString("base64url");
    test.each([
        ["SecretToken", "a secret", "v1:vfkzPRotiewGNWux"],
        ["Oauth2ClientSecret", 'with "quotes", ümlaut and \u{1f511}', "v1:CYvkpF45aPl8cGSu"],
        ["BaseAddress", "", "v1:2xJ8MLwH4DR2BXss"],
        ["Password", "\ud800", "v1:03Ps2RiR7UIbG821"],
    ])("of %s %j is %s", (key, value, hash) => {
        expect(hashCredential(hashKey, key, value)).toBe(hash);
    });
});
