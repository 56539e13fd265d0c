import * as fc from "fast-check";
import { expect, test } from "vitest";
import { removed, scrub } from "../../provider/core/scrub.ts";

/** Written anew here, not taken from the code: every form in which a server of this world echoes a value. */
const escapeForJsonInNet = (text: string) =>
    JSON.stringify(text)
        .slice(1, -1)
        .replaceAll('\\"', "\\u0022")
        .replaceAll(/[^ -~]|[<>&'+`]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const escapeForHtml = (text: string) =>
    text
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;")
        .replaceAll('"', "&quot;")
        .replaceAll("'", "&#39;");
const forms: Readonly<Record<string, (secret: string) => string>> = {
    "as it is": (secret) => secret,
    "in JSON": (secret) => JSON.stringify(secret).slice(1, -1),
    "in JSON as .NET writes it": escapeForJsonInNet,
    "in JSON in JSON": (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    "in .NET's JSON in JSON": (secret) => JSON.stringify(escapeForJsonInNet(secret)).slice(1, -1),
    "in a URL": (secret) => encodeURIComponent(secret.toWellFormed()),
    "in a URL's path": (secret) => encodeURI(secret.toWellFormed()),
    "in a URL in lower case": (secret) =>
        encodeURIComponent(secret.toWellFormed()).replaceAll(/%../g, (code) => code.toLowerCase()),
    "in a form": (secret) =>
        encodeURIComponent(secret.toWellFormed())
            .replaceAll("%20", "+")
            .replaceAll(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`),
    "in HTML": escapeForHtml,
    "in base64": (secret) => Buffer.from(secret).toString("base64"),
    "in base64url": (secret) => Buffer.from(secret).toString("base64url"),
};

const secretText = fc.oneof(
    fc.string({ minLength: 3, maxLength: 40, unit: "binary" }),
    fc.stringMatching(/^[a-z<>&"'+\\/ %é=]{3,20}$/),
);
/** What the mark itself is made of can't be taken out of it, and tells nobody anything. */
const tellsSomething = (secret: string) => Object.values(forms).every((form) => !removed.includes(form(secret)));
const surroundings = fc.stringMatching(/^[A-Z]{0,4}$/);

test.each(Object.entries(forms))("a value goes %s", (_, form) => {
    const secret = `p&ss/<w+rd>"'\\ %é!\u{1f511}(x)`;
    expect(scrub(`before ${form(secret)} after`, [secret])).toBe(`before ${removed} after`);
});

test("after scrubbing no form of a value is left", () => {
    const named = fc.constantFrom(...Object.values(forms));
    const text = fc.array(fc.tuple(surroundings, fc.nat(), named, surroundings), { minLength: 1, maxLength: 5 });
    const secrets = fc.array(secretText.filter(tellsSomething), { minLength: 1, maxLength: 4 });
    fc.assert(
        fc.property(secrets, text, (values, parts) => {
            const echoed = parts.map(
                ([before, index, form, after]) => before + form(values[index % values.length] ?? "") + after,
            );
            const scrubbed = scrub(echoed.join(" … "), values);
            const left = values.flatMap((value) => Object.values(forms).map((form) => form(value)));
            for (const form of left) {
                expect(scrubbed).not.toContain(form);
            }
        }),
        { numRuns: 2000 },
    );
});

test("a text without any value in it stays as it is", () => {
    fc.assert(
        fc.property(fc.stringMatching(/^[a-m .]*$/), fc.array(fc.stringMatching(/^[n-z]{3,9}$/)), (text, values) => {
            expect(scrub(text, values)).toBe(text);
        }),
    );
});

test("values that overlap leave no end of either standing", () => {
    expect(scrub("abcdefghi", ["abcdef", "defghi"])).toBe(removed);
    expect(scrub("xabcdefghix", ["defghi", "abcdef"])).toBe(`x${removed}x`);
});

test("a value inside another one leaves nothing of the longer one standing", () => {
    expect(scrub("got topsecret.", ["secret", "topsecret"])).toBe(`got ${removed}.`);
});

test("a value that overlaps itself goes as a whole", () => {
    expect(scrub("xaXaXax", ["aXa"])).toBe(`x${removed}x`);
});

test("marks are not searched for further values", () => {
    expect(scrub("the token moves", ["token", "removed", "mov"])).toBe(`the ${removed} ${removed}es`);
});

test("a value at the very start, at the very end, and twice in a row", () => {
    expect(scrub("token", ["token"])).toBe(removed);
    expect(scrub("token and token", ["token"])).toBe(`${removed} and ${removed}`);
    expect(scrub("tokentoken", ["token"])).toBe(removed);
});

test("a value of one or two characters stays: taking it out would hide the message and not the value", () => {
    expect(scrub("a no on the way", ["n", "no", ""])).toBe("a no on the way");
});

test("characters that mean something in a pattern or a replacement mean nothing here", () => {
    expect(scrub("x $& (.*) $1 y", ["$&", "(.*)", "$1 y"])).toBe(`x $& ${removed} ${removed}`);
});
