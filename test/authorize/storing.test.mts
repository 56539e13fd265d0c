import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createHome, type Home } from "../environments/machine.mts";
import { leaks } from "../support/sentinels.mts";
import { type FakeApplication, startFakeApplication } from "./fakeApplication.mts";
import { Authorizing } from "./process.mts";

/* What a real Pulumi CLI does not do when it is asked to: it is slow, fails halfway, or quotes what it was given. */

let application: FakeApplication;
let home: Home;
beforeAll(async () => {
    application = await startFakeApplication();
});
afterAll(() => application.close());
beforeEach(() => {
    home = createHome();
});
afterEach(() => home.remove());

const log = () => (existsSync(join(home.path, "log")) ? readFileSync(join(home.path, "log"), "utf8") : "");

/** A Pulumi CLI that notes what it is asked, and stores as it is told to. */
function pulumi(storing: string): void {
    home.tool(
        "pulumi",
        `const { appendFileSync, readFileSync } = require("node:fs");
const asked = process.argv.slice(2).filter((word) => !word.startsWith("--")).join(" ");
appendFileSync(${JSON.stringify(join(home.path, "log"))}, asked + "\\n");
process.on("SIGINT", () => undefined);
if (asked.includes("config get")) {
    process.stderr.write("error: configuration key not found for stack 'dev'\\n");
    process.exit(1);
}
if (asked.includes("config set")) {
    const key = process.argv.at(-1);
    const value = readFileSync(0, "utf8");
    ${storing}
} else {
    process.stdout.write("organization/fleet/dev\\n");
}`,
    );
}

async function agreed(...args: string[]): Promise<Authorizing> {
    const asked = ["--client-id", application.clientId, "--authorization-uri", application.authorizationUri];
    const running = Authorizing.start([...asked, "--no-browser", ...args], {
        environment: { PATH: home.searchPath, HOME: home.path },
        folder: home.path,
    });
    const address = await running.said(/Open this address in a browser:\n\n(\S+)\n/);
    await fetch(await application.decide(address, "Allow"));
    return running;
}

const latestCode = () => application.codes.slice(-1);

test("Ctrl-C while the code is being stored: it is stored, and pulumi up is not run", async () => {
    pulumi("setTimeout(() => undefined, 1_000);");
    const running = await agreed("--up");
    while (!log().includes("config set")) await new Promise((resolve) => setTimeout(resolve, 10));
    running.signal("SIGINT");
    expect(await running.ended(), running.output).toBe(130);
    expect(running.output).toContain("Stored as secrets: oauth2RedirectUri, oauth2AuthorizationCode.");
    expect(running.output).toMatch(/interrupted: pulumi up was not run\n$/);
    expect(log()).not.toMatch(/^.*\bup\b/m);
});

test("what was stored before the code could not be is named, and the code is not left without it", async () => {
    pulumi(`if (key === "oauth2AuthorizationCode") {
        process.stderr.write("error: the secrets provider went away: " + value + " " + encodeURIComponent(value) + "\\n");
        process.exit(255);
    }`);
    const running = await agreed("--up");
    expect(await running.ended()).toBe(1);
    expect(running.output).toContain(
        "a code was received and is lost: oauth2AuthorizationCode could not be stored in stack organization/fleet/dev: " +
            "the secrets provider went away: [removed] [removed] (oauth2RedirectUri was stored, and does no harm).",
    );
    expect(leaks({ output: running.output }, latestCode())).toEqual([]);
    expect(log()).not.toMatch(/^.*\bup\b/m);
});

test("the code is the last that is stored, and on standard input only", async () => {
    pulumi(`appendFileSync(__filename + ".in", value);`);
    const running = await agreed("--pkce", "--stack", "dev");
    expect(await running.ended(), running.output).toBe(0);
    const set = log()
        .split("\n")
        .filter((line) => line.includes("config set"));
    expect(set.map((line) => line.split(" ").at(-1))).toEqual([
        "oauth2RedirectUri",
        "oauth2CodeVerifier",
        "oauth2AuthorizationCode",
    ]);
    expect(leaks({ log: log() }, latestCode())).toEqual([]);
    const [code] = latestCode();
    expect(readFileSync(join(home.path, "bin", "pulumi.in"), "utf8").endsWith(code?.value ?? "?")).toBe(true);
});
