import { expect, test } from "vitest";
import { authorizeOptions, type Options, readOptions } from "../../provider/authorize/options.ts";
import { Mistake } from "../../provider/commandLine/mistake.ts";
import { readArguments } from "../../provider/commandLine/options.ts";

/** What arguments come to, or what is wrong with them. */
function parseOptions(args: string[]): Options | { readonly mistake: string } {
    try {
        const given = readArguments(args, authorizeOptions, { most: 0 });
        if (given === "help") throw new Error("nobody asked for help");
        return readOptions(given.values);
    } catch (error) {
        if (error instanceof Mistake) return { mistake: error.message };
        throw error;
    }
}

test("all of it has a default", () => {
    expect(parseOptions([])).toEqual({
        stack: undefined,
        clientId: undefined,
        authorizationUri: undefined,
        tokenExchangeUri: undefined,
        scopes: [],
        parameters: [],
        redirectUri: undefined,
        redirectPort: undefined,
        pkce: false,
        timeout: { text: "5m", ms: 300_000 },
        codeLifetime: undefined,
        browser: true,
        up: false,
        keys: { code: "oauth2AuthorizationCode", redirectUri: "oauth2RedirectUri", verifier: "oauth2CodeVerifier" },
    });
});

test("what may be given again may be given again, and a value may have an equals sign", () => {
    const args = ["--scope", "a", "--scope=b", "--param", "prompt=consent", "--param", "x==y", "--param", "empty="];
    expect(parseOptions(args)).toMatchObject({
        scopes: ["a", "b"],
        parameters: [
            ["prompt", "consent"],
            ["x", "=y"],
            ["empty", ""],
        ],
    });
});

test.each([
    [["here"], "Unexpected argument 'here'"],
    [["--nothing"], "Unknown option '--nothing'"],
    [["--client-id="], "--client-id wants a value"],
    [["--scope="], "--scope wants a value"],
    [["--authorization-uri", "http://acme.example"], "--authorization-uri must be https"],
    [["--token-exchange-uri", "acme"], "--token-exchange-uri is not an address"],
    [["--redirect-uri", "http://acme.example/"], "--redirect-uri must be https"],
    [["--redirect-port", "0"], "--redirect-port wants a whole number"],
    [["--redirect-port", "65536"], "--redirect-port wants a whole number"],
    [["--redirect-uri", "http://127.0.0.1:8400/", "--redirect-port", "8400"], "leave out --redirect-port"],
    [["--timeout", "5"], "--timeout wants a duration"],
    [["--timeout", "30d"], "a day at most"],
    [["--code-lifetime", "soon"], "--code-lifetime wants a duration"],
    [["--param", "prompt"], "--param wants NAME=VALUE"],
    [["--param", "=x"], "--param wants NAME=VALUE"],
    [["--param", "state=x"], "--param state: this command sets it itself"],
    [["--param", "response_mode=form_post"], "--param response_mode"],
    [["--param", "client_secret=s3cret"], "a secret has no place in an address"],
    [["--code-key", "-x"], "--code-key wants a value. If '-x' is the value: --code-key=-x"],
    [["--code-key=-x"], "--code-key wants a key"],
    [["--code-key", "a b"], "--code-key wants a key"],
    [["--code-key", "same", "--redirect-uri-key", "same"], "must differ"],
])("%j is refused with the reason", (args, words) => {
    const parsed = parseOptions(args);
    expect(parsed).toEqual({ mistake: expect.stringContaining(words) });
    expect(JSON.stringify(parsed)).not.toContain("s3cret");
});

test("a key may name its namespace", () => {
    expect(parseOptions(["--code-key", "acme:code"])).toMatchObject({ keys: { code: "acme:code" } });
});
