import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect } from "node:tls";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import ts from "typescript";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { chromiumPath, whyNoChromium } from "../support/chromium.mts";
import { commandLinesDuring } from "../support/processes.mts";
import { filesUnder } from "../support/sentinels.mts";
import { Stack } from "../support/stack.mts";
import { Authorizing, FakeBrowser } from "./process.mts";

/* With a real browser, against the emulator's application, to the acquisition. */

const profile = mkdtempSync(join(tmpdir(), "entrasync-browser-"));

let emulator: Emulator;
let stack: Stack;
let opener: FakeBrowser;
let browser: BrowserContext | undefined;
let target: string;

beforeAll(async () => {
    emulator = await startEmulator();
    opener = new FakeBrowser();
    stack = await Stack.open({ files: { "index.js": programOfThePage() }, emulator });
    await stack.config("oauth2ClientId", emulator.saas.clientId);
    await stack.config("oauth2ClientSecret", emulator.saas.clientSecret, "secret");
    await stack.config("oauth2AuthorizationUri", emulator.saas.authorizationUri);
    await stack.config("oauth2TokenExchangeUri", emulator.saas.tokenExchangeUri);
    await stack.config("oauth2Scopes", emulator.saas.scopes.join(" "));
    if (chromiumPath !== undefined) {
        browser = await chromium.launchPersistentContext(profile, {
            executablePath: chromiumPath,
            headless: true,
            env: { PATH: process.env.PATH ?? "", HOME: profile, TMPDIR: profile },
            args: [
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                `--ignore-certificate-errors-spki-list=${await publicKeyHash(emulator.url)}`,
            ],
        });
    }
});
afterAll(async () => {
    await browser?.close();
    await stack[Symbol.asyncDispose]();
    opener.remove();
    await emulator.close();
    rmSync(profile, { recursive: true, force: true });
});
beforeEach(async (context) => {
    context.skip(browser === undefined, whyNoChromium);
    target = emulator.createServicePrincipal("Acme").id;
    await stack.config("servicePrincipalId", `/servicePrincipals/${target}`);
});

test("authorize --up ends with an acquisition, and the code is nowhere in clear", async () => {
    const opened = opener.opened();
    const running = start("--up");
    let code: number | null = null;
    let final = "";
    const lines = await commandLinesDuring(async () => {
        const page = await consentPage(await running.meanwhile(opened));
        await page.getByRole("button", { name: "Allow" }).click();
        await page.getByRole("heading", { name: "The application agreed" }).waitFor();
        final = page.url();
        await page.close();
        code = await running.ended();
    });
    expect(code, running.output).toBe(0);

    const acquisition = emulator.store.acquisitions.find(({ targetId }) => targetId === target);
    const sent = new URL(final).searchParams.get("code") ?? "";
    expect(sent.length).toBeGreaterThan(20);
    expect(acquisition?.values.Oauth2AuthorizationCode).toBe(sent);
    expect(acquisition?.values.Oauth2RedirectUri).toBe(`${new URL(final).origin}/callback`);
    expect(acquisition?.exchange).toBe("authorization_code");
    expect(emulator.store.saasTokens.map(({ grant, revoked }) => [grant, revoked])).toEqual([
        ["authorization_code", false],
    ]);

    const state = JSON.stringify(await stack.exportState());
    const surfaces = { ...everyFile(), output: running.output, "command lines": lines.join("\n"), state };
    expect(placesOf(sent, surfaces)).toEqual([]);
    expect(placesOf(new URL(final).searchParams.get("state") ?? "", surfaces)).toEqual([]);
    expect(readFileSync(join(stack.folder, `Pulumi.${stack.name}.yaml`), "utf8")).toMatch(
        /fleet:oauth2AuthorizationCode:\n {4}secure: v1:/,
    );
    // What looks for it would find it.
    expect(placesOf(sent, { redirect: final, inside: Buffer.from(`a${sent}`).toString("base64") })).toHaveLength(2);

    // The spent code stays where it is, and is not sent again.
    expect(await stack.upSteps()).toEqual({ acme: ["same"] });
});

test("a person who denies it stores nothing", async () => {
    const before = stackFile();
    const opened = opener.opened();
    const running = start("--up");
    const page = await consentPage(await running.meanwhile(opened));
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("heading", { name: "The application refused" }).waitFor();
    await page.close();
    expect(await running.ended()).toBe(1);
    expect(running.output).toContain("consent was refused: by the person, or by the application (access_denied: ");
    expect(running.output).toMatch(/Nothing was stored\.\n$/);
    expect(stackFile()).toBe(before);
    expect(emulator.store.acquisitions.filter(({ targetId }) => targetId === target)).toEqual([]);
});

test("--pkce --up: the application refuses the code, for want of a verifier that Graph has no key for", async () => {
    const opened = opener.opened();
    const running = start("--pkce", "--up");
    const page = await consentPage(await running.meanwhile(opened));
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "The application agreed" }).waitFor();
    const sent = new URL(page.url()).searchParams.get("code") ?? "";
    await page.close();
    expect(await running.ended()).not.toBe(0);
    expect(running.output).toMatch(/^warning +with --pkce /m);
    expect(running.output).toContain("invalid_grant");
    expect(emulator.store.acquisitions.filter(({ targetId }) => targetId === target)).toEqual([]);
    expect(placesOf(sent, { ...everyFile(), output: running.output })).toEqual([]);
});

function start(...args: string[]): Authorizing {
    return Authorizing.start(args, { environment: opener.in(stack.environment), folder: stack.folder });
}

/** Where the browser ends that is opened at the start page. */
async function consentPage(startAddress: string): Promise<Page> {
    if (browser === undefined) throw new Error("no browser");
    const page = await browser.newPage();
    await page.goto(startAddress);
    expect(page.url().startsWith(emulator.saas.authorizationUri)).toBe(true);
    return page;
}

function stackFile(): string {
    return readFileSync(join(stack.folder, `Pulumi.${stack.name}.yaml`), "utf8");
}

/** The stack's, its backend's, its home's and the temporary ones. The browser's own are elsewhere: it keeps a history. */
function everyFile(): Record<string, string> {
    return filesUnder(dirname(stack.folder), (path) => path.includes("/node_modules/"));
}

/** Where a text stands, as it is, in hexadecimal or in base64. */
function placesOf(text: string, surfaces: Readonly<Record<string, string>>): string[] {
    const base64 = [0, 1, 2].map((offset) => {
        const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]).toString("base64");
        // Without the characters that the neighbours have a part in.
        return encoded.slice(4, -4);
    });
    const forms = [text, Buffer.from(text).toString("hex"), ...base64];
    return Object.entries(surfaces)
        .filter(([, content]) => forms.some((form) => content.includes(form)))
        .map(([name]) => name);
}

/** The program that docs/authorize.md shows. */
function programOfThePage(): string {
    const page = readFileSync(new URL("../../docs/authorize.md", import.meta.url), "utf8");
    const [, program = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? [];
    return ts.transpileModule(program, { compilerOptions: { module: ts.ModuleKind.CommonJS } }).outputText;
}

/** By which Chromium is told to trust one certificate and no other. */
function publicKeyHash(url: string): Promise<string> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
        const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
            const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw);
            socket.end();
            const spki = publicKey.export({ type: "spki", format: "der" });
            resolve(createHash("sha256").update(spki).digest("base64"));
        });
        socket.once("error", reject);
    });
}
