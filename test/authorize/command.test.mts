import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commandLinesDuring } from "../support/processes.mts";
import { filesUnder, leaks } from "../support/sentinels.mts";
import { Stack } from "../support/stack.mts";
import { type FakeApplication, startFakeApplication } from "./fakeApplication.mts";
import { Authorizing, FakeBrowser } from "./process.mts";

/* The command as a process, with the real Pulumi CLI, against an application of the tests' own. */

let application: FakeApplication;
let browser: FakeBrowser;
let stack: Stack;
let environment: Record<string, string>;
let configurationBefore: string;

beforeAll(async () => {
    application = await startFakeApplication();
    browser = new FakeBrowser();
    stack = await Stack.open({ files: { "index.js": "" }, emulator: { environment: {} } });
    environment = browser.in(stack.environment);
    configurationBefore = stackFile();
});
afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    browser.remove();
    await application.close();
});

beforeEach(() => writeFileSync(stackFilePath(), configurationBefore));

const asked = () => ["--client-id", application.clientId, "--authorization-uri", application.authorizationUri];
const start = (...args: string[]) => Authorizing.start(args, { environment, folder: stack.folder });
const stackFilePath = () => join(stack.folder, `Pulumi.${stack.name}.yaml`);
const stackFile = () => readFileSync(stackFilePath(), "utf8");
const stored = async (key: string) => (await stack.does(["config", "get", key])).stdout.trimEnd();
const latestCode = () => {
    const code = application.codes.at(-1);
    if (code === undefined) throw new Error("no code was given out");
    return code;
};

/** Goes where the browser is sent, from the start page to the application; the consent page's address. */
async function consentAddress(startAddress: string): Promise<string> {
    const { status, headers } = await fetch(startAddress, { redirect: "manual" });
    expect(status).toBe(302);
    return headers.get("location") ?? "";
}

/** Says yes, in a browser on this machine. */
async function agree(running: Authorizing, opened: Promise<string>): Promise<void> {
    const address = await consentAddress(await running.meanwhile(opened));
    const { status } = await fetch(await application.decide(address, "Allow"));
    expect(status).toBe(200);
}

/** Every file of the stack's, its home's and its temporary ones. */
const everyFile = () => filesUnder(dirname(stack.folder), (path) => path.includes("/node_modules/"));

describe("a person who agrees", () => {
    test("ends with code and redirect address as secrets of the stack, and the code is nowhere in clear", async () => {
        const opened = browser.opened();
        const running = start(...asked(), "--scope", "users.read", "--scope", "users.write");
        let code: number | null = null;
        let startAddress = "";
        const lines = await commandLinesDuring(async () => {
            startAddress = await opened;
            await agree(running, Promise.resolve(startAddress));
            code = await running.ended();
        });
        expect(code, running.output).toBe(0);
        expect(startAddress).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/start\/[\w-]{43}$/);

        const query = application.asked.at(-1);
        const redirectUri = `${new URL(startAddress).origin}/callback`;
        expect(Object.fromEntries(query ?? [])).toEqual({
            response_type: "code",
            client_id: "entra",
            redirect_uri: redirectUri,
            scope: "users.read users.write",
            state: expect.stringMatching(/^[\w-]{43}$/),
        });

        const sentinel = latestCode();
        expect(await stored("oauth2AuthorizationCode")).toBe(sentinel.value);
        expect(await stored("oauth2RedirectUri")).toBe(redirectUri);
        expect(stackFile()).toMatch(/fleet:oauth2AuthorizationCode:\n {4}secure: v1:/);
        expect(stackFile()).toMatch(/fleet:oauth2RedirectUri:\n {4}secure: v1:/);
        const surfaces = { ...everyFile(), output: running.output, "command lines": lines.join("\n") };
        expect(leaks(surfaces, [sentinel])).toEqual([]);
        // Nor what would let another answer pass for this one.
        expect(lines.join("\n")).not.toContain(query?.get("state"));
        expect(await application.redeem(sentinel.value, redirectUri)).toBe(200);
    });

    test("reads when the code came, how long it lives, and how the program hands it over", async () => {
        const running = start(...asked(), "--token-exchange-uri", application.tokenExchangeUri);
        await agree(running, browser.opened());
        expect(await running.ended()).toBe(0);
        const { output } = running;
        expect(output).toMatch(/^stack +organization\/fleet\/dev$/m);
        expect(output).toMatch(/^application +http:\/\/127\.0\.0\.1:\d+, as client entra$/m);
        const [, came = "", until = ""] =
            /The code came at (\S+)\. .*10 minutes or less \(RFC 6749 recommends no more\), so until\n(\S+) at best\./.exec(
                output,
            ) ?? [];
        expect(Date.parse(until) - Date.parse(came)).toBe(600_000);
        expect(output).toContain("Stored as secrets: oauth2RedirectUri, oauth2AuthorizationCode.");
        expect(output).toContain("pulumi up --yes --stack organization/fleet/dev");
        expect(output).toContain(`Oauth2AuthorizationCode: config.requireSecret("oauth2AuthorizationCode"),`);
        expect(output).toContain(`Oauth2TokenExchangeUri: "${application.tokenExchangeUri}",`);
        expect(output).not.toContain(application.clientSecret);
    });

    test("may have been asked with what stands in the configuration, under other names", async () => {
        await stack.config("oauth2ClientId", "from-configuration");
        await stack.config("oauth2AuthorizationUri", `${application.authorizationUri}?tenant=acme`);
        await stack.config("oauth2TokenExchangeUri", application.tokenExchangeUri);
        await stack.does(["config", "set", "--path", "oauth2Scopes[0]", "users.read"]);
        await stack.does(["config", "set", "--path", "oauth2Scopes[1]", "users.write"]);
        const running = start("--code-key", "acme:code", "--redirect-uri-key", "back", "--code-lifetime", "60s");
        await agree(running, browser.opened());
        expect(await running.ended(), running.output).toBe(0);
        const query = application.asked.at(-1);
        expect(query?.get("client_id")).toBe("from-configuration");
        expect(query?.get("tenant")).toBe("acme");
        expect(query?.get("scope")).toBe("users.read users.write");
        expect(await stored("acme:code")).toBe(latestCode().value);
        expect(await stored("back")).toBe(query?.get("redirect_uri"));
        expect(running.output).toMatch(/It is good until \S+Z \(--code-lifetime 60s\)\./);
        expect(running.output).toContain(`new pulumi.Config("acme").requireSecret("code"),`);
        expect(running.output).toContain(`Oauth2TokenExchangeUri: "${application.tokenExchangeUri}",`);
    });

    test("is sent back to the registered port", async () => {
        const { startAddress } = await withBrowser(
            "--redirect-uri",
            `http://localhost:${await freePort()}/oauth/back?a=b`,
        );
        const redirectUri = application.asked.at(-1)?.get("redirect_uri") ?? "";
        expect(redirectUri).toBe(`http://localhost:${new URL(startAddress).port}/oauth/back?a=b`);
        expect(await stored("oauth2RedirectUri")).toBe(redirectUri);

        const port = await freePort();
        await withBrowser("--redirect-port", String(port));
        expect(await stored("oauth2RedirectUri")).toBe(`http://127.0.0.1:${port}/callback`);
    });

    test("may add what the application wants beside", async () => {
        await withBrowser("--param", "prompt=consent", "--param", "audience=a&b=c");
        expect(application.asked.at(-1)?.get("audience")).toBe("a&b=c");
        expect(application.asked.at(-1)?.get("prompt")).toBe("consent");
    });
});

async function withBrowser(...args: string[]) {
    const opened = browser.opened();
    const running = start(...asked(), ...args);
    await agree(running, opened);
    expect(await running.ended(), running.output).toBe(0);
    return { startAddress: await opened, output: running.output };
}

async function freePort(): Promise<number> {
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return address !== null && typeof address === "object" ? address.port : 0;
}

describe("PKCE", () => {
    test("is off: the code is redeemed without a verifier, as the provisioning service redeems it", async () => {
        await withBrowser();
        expect(application.asked.at(-1)?.has("code_challenge")).toBe(false);
        const [code, redirectUri] = [await stored("oauth2AuthorizationCode"), await stored("oauth2RedirectUri")];
        expect(await application.redeem(code, redirectUri)).toBe(200);
    });

    test("on, a strict application refuses the provisioning service, which has no verifier; the command says so", async () => {
        const { output } = await withBrowser("--pkce");
        expect(output).toMatch(/^warning +with --pkce an application that keeps to RFC 7636 refuses the code/m);
        const [code, redirectUri] = [await stored("oauth2AuthorizationCode"), await stored("oauth2RedirectUri")];
        expect(await application.redeem(code, redirectUri)).toBe("invalid_grant");
    });

    test("on, whoever has the stored verifier redeems the code", async () => {
        const { output } = await withBrowser("--pkce");
        const verifier = await stored("oauth2CodeVerifier");
        expect(stackFile()).toMatch(/fleet:oauth2CodeVerifier:\n {4}secure: v1:/);
        expect(output).not.toContain(verifier);
        const [code, redirectUri] = [await stored("oauth2AuthorizationCode"), await stored("oauth2RedirectUri")];
        expect(await application.redeem(code, redirectUri, verifier)).toBe(200);
    });
});

describe("a person on another machine", () => {
    const addressIn = (running: Authorizing) => running.said(/Open this address in a browser:\n\n(\S+)\n/);

    test("is given the address, and pastes the one that the browser ended at, which is not shown", async () => {
        const running = start(...asked(), "--no-browser");
        const back = await application.decide(await addressIn(running), "Allow");
        running.type("https://elsewhere.example/callback?code=x\n\n");
        await running.said(
            /That is not an address that begins with http:\/\/127\.0\.0\.1:\d+\/callback: paste the whole/,
        );
        running.type(`  ${back}\n`);
        expect(await running.ended(), running.output).toBe(0);
        expect(await stored("oauth2AuthorizationCode")).toBe(latestCode().value);
        expect(leaks({ output: running.output, ...everyFile() }, [latestCode()])).toEqual([]);
    });

    test("on a terminal, which would echo it", async (context) => {
        context.skip(
            !existsSync("/usr/bin/script") || process.platform !== "linux",
            "there is no Linux script command",
        );
        const running = Authorizing.startOnTerminal([...asked(), "--no-browser"], {
            environment,
            folder: stack.folder,
        });
        const address = await running.said(/Open this address in a browser:\s+(\S+)\s/);
        const back = await application.decide(address, "Allow");
        await running.said(/Ctrl-C ends it/);
        running.type(`${back}\r`);
        expect(await running.ended(), running.output).toBe(0);
        expect(await stored("oauth2AuthorizationCode")).toBe(latestCode().value);
        expect(leaks({ output: running.output }, [latestCode()])).toEqual([]);
    });

    test("and Ctrl-C on a terminal, which is a key there", async (context) => {
        context.skip(
            !existsSync("/usr/bin/script") || process.platform !== "linux",
            "there is no Linux script command",
        );
        const before = stackFile();
        const running = Authorizing.startOnTerminal([...asked(), "--no-browser"], {
            environment,
            folder: stack.folder,
        });
        await running.said(/Ctrl-C ends it/);
        running.type("\u0003");
        expect(await running.ended()).toBe(130);
        expect(running.output).toContain("interrupted.\r\nNothing was stored.");
        expect(stackFile()).toBe(before);
    });

    test("may come back by himself, also where standard input is closed", async () => {
        const running = start(...asked(), "--no-browser");
        running.closeInput();
        const back = await application.decide(await addressIn(running), "Allow");
        expect((await fetch(back)).status).toBe(200);
        expect(await running.ended(), running.output).toBe(0);
        expect(await stored("oauth2AuthorizationCode")).toBe(latestCode().value);
    });

    test("pastes what came to a registered https address", async () => {
        const running = start(...asked(), "--no-browser", "--redirect-uri", "https://acme.example/oauth/back");
        const back = await application.decide(await addressIn(running), "Allow");
        expect(back).toMatch(/^https:\/\/acme\.example\/oauth\/back\?/);
        await running.said(/The application answers at https:\/\/acme\.example\/oauth\/back\. Unless that leads here/);
        running.type(`${back}\n`);
        expect(await running.ended(), running.output).toBe(0);
        expect(await stored("oauth2RedirectUri")).toBe("https://acme.example/oauth/back");
        expect(await stored("oauth2AuthorizationCode")).toBe(latestCode().value);
    });

    test("a pasted address of another attempt ends it", async () => {
        const before = stackFile();
        const running = start(...asked(), "--no-browser");
        const back = new URL(await application.decide(await addressIn(running), "Allow"));
        back.searchParams.set("state", "another");
        running.type(`${back.href}\n`);
        expect(await running.ended()).toBe(1);
        expect(running.output).toContain("an answer came with another state");
        expect(stackFile()).toBe(before);
        expect(leaks({ output: running.output }, [latestCode()])).toEqual([]);
    });
});

test("where no browser can be opened the address is printed", async () => {
    const running = Authorizing.start(asked(), { environment: { ...stack.environment }, folder: stack.folder });
    const address = await running.said(
        /No browser could be opened \(.*\)\.\nOpen this address in a browser:\n\n(\S+)\n/,
    );
    expect((await fetch(await application.decide(address, "Allow"))).status).toBe(200);
    expect(await running.ended(), running.output).toBe(0);
});

describe("nothing is stored, and it says why, where", () => {
    const nothingStored = async (running: Authorizing, code: number, words: string | RegExp, before: string) => {
        expect(await running.ended(), running.output).toBe(code);
        expect(running.output).toMatch(words);
        expect(running.output).toMatch(/Nothing was stored\.\n$/);
        expect(stackFile()).toBe(before);
    };

    test("the person says no", async () => {
        const before = stackFile();
        const opened = browser.opened();
        const running = start(...asked());
        const address = await consentAddress(await opened);
        const response = await fetch(await application.decide(address, "Deny"));
        expect(await response.text()).toContain("The application refused");
        const words =
            "consent was refused: by the person, or by the application (access_denied: [31mYou said no, [removed])";
        await nothingStored(running, 1, words, before);
    });

    test("an answer has another state", async () => {
        const before = stackFile();
        const opened = browser.opened();
        const running = start(...asked());
        const back = new URL(await application.decide(await consentAddress(await opened), "Allow"));
        back.searchParams.set("state", "another");
        expect((await fetch(back)).status).toBe(400);
        await nothingStored(running, 1, /an answer came with another state.*run the command again/, before);
        expect(leaks({ output: running.output }, [latestCode()])).toEqual([]);
    });

    test("an answer has no state", async () => {
        const before = stackFile();
        const opened = browser.opened();
        const running = start(...asked());
        const back = new URL(await application.decide(await consentAddress(await opened), "Allow"));
        back.searchParams.delete("state");
        expect((await fetch(back)).status).toBe(400);
        await nothingStored(running, 1, /an answer came with no state/, before);
    });

    test("nobody answers in time", async () => {
        const before = stackFile();
        const opened = browser.opened();
        const running = start(...asked(), "--timeout", "1s");
        const startAddress = await opened;
        await nothingStored(running, 1, /no answer came within 1s \(--timeout\)/, before);
        await expect(fetch(startAddress)).rejects.toThrow();
    });

    test.each([
        ["SIGINT", 130],
        ["SIGTERM", 143],
    ] as const)("it is ended by %s", async (signal, code) => {
        const before = stackFile();
        const running = start(...asked());
        await running.said(/Ctrl-C ends it/);
        running.signal(signal);
        await nothingStored(running, code, /interrupted/, before);
    });
});

describe("it asks nobody, and says why, where", () => {
    const before = () => application.asked.length;

    test.each([
        [[], "the application's client id is missing: give --client-id, or set oauth2ClientId in the configuration of"],
        [["--client-id", "entra"], "the application's authorization address is missing: give --authorization-uri"],
        [
            ["--client-id", "entra", "--authorization-uri", "https://acme.example/?state=1"],
            "the authorization address has state in it: leave it out, it is set here",
        ],
        [["--stack", "nowhere"], "the stack that is to keep the code can't be had: no stack named 'nowhere' found"],
    ])("%j", async (args, words) => {
        const count = before();
        const running = start(...args);
        expect(await running.ended()).toBe(1);
        expect(running.output).toContain(words);
        expect(application.asked).toHaveLength(count);
    });

    test("an address in the configuration is none to send people to", async () => {
        await stack.config("oauth2AuthorizationUri", "http://acme.example/authorize");
        const running = start("--client-id", "entra");
        expect(await running.ended()).toBe(1);
        expect(running.output).toMatch(/oauth2AuthorizationUri in the configuration of stack \S+ must be https/);
    });

    test("there is no pulumi, or no project", async () => {
        const without = Authorizing.start(asked(), {
            environment: { ...environment, PATH: dirname(process.execPath) },
            folder: stack.folder,
        });
        expect(await without.ended()).toBe(1);
        expect(without.output).toContain("there is no pulumi on the PATH");
        const outside = Authorizing.start(asked(), { environment, folder: dirname(stack.folder) });
        expect(await outside.ended()).toBe(1);
        expect(outside.output).toMatch(/no Pulumi\.yaml project file found[\s\S]*Run it in the project's folder/);
    });

    test("the port is taken", async () => {
        const port = new URL(application.authorizationUri).port;
        const running = start(...asked(), "--redirect-port", port);
        expect(await running.ended()).toBe(1);
        expect(running.output).toContain(
            `can't listen on port ${port} of 127.0.0.1: something else is listening there`,
        );
    });
});

test("a code that can't be stored is lost, in Pulumi's words and without the code", async () => {
    const before = stackFile();
    const opened = browser.opened();
    const running = Authorizing.start(asked(), {
        environment: { ...environment, PULUMI_CONFIG_PASSPHRASE: "another" },
        folder: stack.folder,
    });
    await agree(running, opened);
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(
        /a code was received and is lost: oauth2RedirectUri could not be stored in stack organization\/fleet\/dev: incorrect passphrase/,
    );
    expect(stackFile()).toBe(before);
    expect(leaks({ output: running.output, ...everyFile() }, [latestCode()])).toEqual([]);
});

describe("--up", () => {
    const program = `"use strict";
const config = new (require("@pulumi/pulumi").Config)();
exports.code = config.requireSecret("oauth2AuthorizationCode");
exports.back = config.requireSecret("oauth2RedirectUri");
`;

    test("runs pulumi up at once, with what was stored", async () => {
        stack.write("index.js", program);
        const { output } = await withBrowser("--up");
        expect(output).toContain("pulumi up --yes --stack organization/fleet/dev");
        expect(output).toMatch(/Outputs:\s+back: \[secret\]\s+code: \[secret\]/);
        expect(await stack.outputs()).toMatchObject({ code: latestCode().value });
        expect(leaks({ output, ...everyFile() }, [latestCode()])).toEqual([]);
    });

    test("ends as pulumi up ends", async () => {
        stack.write("index.js", `${program}throw new Error("on purpose");\n`);
        const opened = browser.opened();
        const running = start(...asked(), "--up");
        await agree(running, opened);
        const code = await running.ended();
        const { code: ofPulumi } = await stack.run(["up", "--yes"]);
        expect(ofPulumi).not.toBe(0);
        expect(code).toBe(ofPulumi);
        expect(running.output).toContain("on purpose");
        expect(await stored("oauth2AuthorizationCode")).toBe(latestCode().value);
    });
});

test("the command line explains itself, and refuses what makes no sense", async () => {
    const helped = start("--help");
    expect(await helped.ended()).toBe(0);
    expect(helped.output).toContain("Usage: pulumi-entrasync authorize");
    expect(helped.output).toMatch(/--pkce +send a challenge[\s\S]*Off by\s+default[\s\S]*no\s+key[\s\S]*verifier/);
    const refused = start("--redirect-port", "none");
    expect(await refused.ended()).toBe(2);
    expect(refused.output).toContain(
        "pulumi-entrasync authorize: --redirect-port wants a whole number from 1 to 65535.\n",
    );
});
