import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { hashCredential, hashKeyBytes } from "../../provider/core/fingerprint.ts";
import { sentCodesFolder } from "../../provider/graph/sentCodes.ts";
import { readPage } from "./snippetPages.mts";

/* What docs/security.md and docs/concepts.md say in numbers and places is the code's. */

const words = (page: string) => readPage(page).replaceAll(/\s+/g, " ");
const hash = hashCredential(Buffer.alloc(hashKeyBytes).toString("base64url"), "SecretToken", "of a test");
const [, prefix = "", digest = ""] = /^(\w+:)(.+)$/.exec(hash) ?? [];
const hashBits = Buffer.from(digest, "base64url").length * 8;

test("how long a hash and its key are", () => {
    expect(words("docs/security.md")).toContain(
        `Each is \`${prefix}\` and ${hashBits} bits of an HMAC-SHA-256 with a random key of ${hashKeyBytes * 8} bits`,
    );
    expect(words("docs/concepts.md")).toContain(`\`${prefix}\` and the first ${hashBits} bits of an HMAC-SHA-256`);
});

test("where the notes of one-time codes are", () => {
    expect(words("docs/security.md")).toContain(`\`${sentCodesFolder({ PULUMI_HOME: "$PULUMI_HOME" })}\``);
});

test("how many packages are needed at run time", () => {
    expect(Object.keys(manifest.dependencies)).toHaveLength(4);
    expect(words("docs/security.md")).toContain("It has four dependencies at run time");
});
