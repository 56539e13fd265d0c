import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
// axe-core: the rules of accessibility that browsers' own tools and most audits go by; it runs in the page, nothing is sent anywhere.
import type { AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { buildSite } from "../../tools/site/build.mts";
import { addressOf, allPages } from "../../tools/site/navigation.mts";
import { chromiumPath, whyNoChromium } from "../support/chromium.mts";

/* The site in a real browser: wide and narrow, light and dark. The pictures are kept in build/site-screenshots. */

const out = mkdtempSync(join(tmpdir(), "entrasync-site-"));
const pictures = join(repositoryRoot, "build/site-screenshots");
const base = "/documentation/";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** At some depth, where only addresses from the base lead anywhere. */
const missing = "no/such/page.html";

const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };

let server: Server;
let browser: Browser | undefined;
let page: Page;
let asked: string[];

beforeAll(async () => {
    buildSite({ root: repositoryRoot, out, base });
    mkdirSync(pictures, { recursive: true });
    server = createServer((request, response) => {
        const { status, file } = find(new URL(request.url ?? "", "http://localhost").pathname);
        const types: Readonly<Record<string, string>> = {
            ".html": "text/html",
            ".css": "text/css",
            ".svg": "image/svg+xml",
            ".png": "image/png",
        };
        response.writeHead(status, { "content-type": types[extname(file)] ?? "application/octet-stream" });
        response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    if (chromiumPath !== undefined) {
        browser = await chromium.launch({
            executablePath: chromiumPath,
            args: ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
        });
        page = await browser.newPage();
        // The machine may be busy with the other tests.
        page.setDefaultTimeout(120_000);
        page.on("request", (request) => asked.push(request.url()));
    }
});
afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(out, { recursive: true, force: true });
});
beforeEach((context) => {
    context.skip(browser === undefined, whyNoChromium);
    asked = [];
});

/** As a server of static files does it, with the site below a path. */
function find(path: string): { readonly status: number; readonly file: string } {
    const file = join(out, path.startsWith(base) ? path.slice(base.length) || "index.html" : "404.html");
    return existsSync(file) && !path.endsWith("404.html")
        ? { status: 200, file }
        : { status: 404, file: join(out, "404.html") };
}

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function open(address: string, status = 200): Promise<void> {
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(wide);
    const answer = await page.goto(`${origin()}${base}${address}`);
    expect(answer?.status()).toBe(status);
}

const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** The rules that another colour or another width can break; the others see the same document. */
const ofSight = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"];

async function violations(rules?: readonly string[]): Promise<string[]> {
    await page.evaluate(axe);
    const options = { resultTypes: ["violations"], ...(rules === undefined ? {} : { runOnly: rules }) };
    const results: AxeResults = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`);
    return results.violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, help, nodes }) => {
            const where = nodes.slice(0, 3).map(({ html }) => html);
            return `${id}: ${help}: ${where.join(" ")}`;
        });
}

/** The page from its top, as far as anybody looks at a picture. */
async function take(name: string): Promise<void> {
    const { width } = page.viewportSize() ?? wide;
    await page.setViewportSize({ width, height: 2000 });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
}

describe.each([...allPages().map(addressOf), missing])("%s", (address) => {
    const name = address.replaceAll("/", "-").replace(/\.html$/, "");

    test("fits a wide and a narrow screen, is accessible in light and dark, and loads nothing from elsewhere", async () => {
        await open(address, address === missing ? 404 : 200);
        expect(await overflow()).toBe(0);
        expect(await violations()).toEqual([]);
        await take(`${name}-1280`);

        await page.emulateMedia({ colorScheme: "dark" });
        await page.setViewportSize(narrow);
        expect(await overflow()).toBe(0);
        expect(await violations(ofSight)).toEqual([]);

        await page.emulateMedia({ colorScheme: "light" });
        await take(`${name}-390`);
        expect(asked.length).toBeGreaterThan(2);
        expect(asked.filter((url) => !url.startsWith(`${origin()}${base}`))).toEqual([]);
    });
});

test("on a narrow screen the pages are in a menu that unfolds without a script", async () => {
    await open("how-to/github-actions.html");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize(narrow);
    expect(await page.locator(".sidebar").isVisible()).toBe(false);
    await page.getByText("Menu", { exact: true }).click();
    const menu = page.locator(".menu");
    await menu.getByText("Errors", { exact: true }).click();
    expect(await overflow()).toBe(0);
    expect(await violations()).toEqual([]);
    await take("menu-390-dark");
    await menu.getByRole("link", { name: "When something goes wrong" }).click();
    await page.getByRole("heading", { level: 1, name: "When something goes wrong" }).waitFor();
});

test("on a wide screen the pages are beside the text, and the dark is dark", async () => {
    await open("reference.html");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await page.locator(".sidebar").isVisible()).toBe(true);
    expect(await page.locator(".menu").isVisible()).toBe(false);
    const [red = 255] = await page.evaluate(() =>
        (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number),
    );
    expect(red).toBeLessThan(60);
    await take("reference-1280-dark");
});

test("the keyboard comes to the content first", async () => {
    await open("plugin.html");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("#content");
});

test("on paper there is the text alone", async () => {
    await open("plugin.html");
    await page.emulateMedia({ media: "print" });
    for (const part of [".sidebar", ".brand", "aside", ".neighbours", ".foot"]) {
        expect(await page.locator(part).isVisible(), part).toBe(false);
    }
    expect(await page.locator("h1").isVisible()).toBe(true);
    await take("plugin-print");
    await page.emulateMedia({ media: "screen" });
});

test("what looks for faults would find them", async () => {
    await open("index.html");
    await page.evaluate(() => {
        const wideBox = document.createElement("div");
        wideBox.innerHTML = '<img src="icon.svg"><p>Wide</p>';
        wideBox.setAttribute("class", "table");
        document.querySelector("article")?.append(wideBox);
        const style = new CSSStyleSheet();
        style.replaceSync("article > .table { width: 3000px } article > .table p { color: #ddd }");
        document.adoptedStyleSheets.push(style);
    });
    expect(await overflow()).toBeGreaterThan(1000);
    const found = (await violations()).join("\n");
    expect(found).toContain("image-alt");
    expect(found).toContain("color-contrast");
    expect((await violations(ofSight)).join("\n")).toContain("color-contrast");
});
