import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Emulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";

const child = join(__dirname, "commandProcess.mts");
const started: ChildProcess[] = [];

afterEach(() => {
    for (const running of started.splice(0)) {
        running.kill("SIGKILL");
    }
});

class Run {
    out = "";
    error = "";
    readonly exit: Promise<number | null>;
    readonly #process: ChildProcess;

    constructor(...args: string[]) {
        this.#process = spawn(process.execPath, ["--import", "tsx", child, ...args], {
            stdio: ["ignore", "pipe", "pipe"],
        });
        started.push(this.#process);
        this.#process.stdout?.on("data", (chunk) => {
            this.out += chunk;
        });
        this.#process.stderr?.on("data", (chunk) => {
            this.error += chunk;
        });
        this.exit = new Promise((resolve) => this.#process.on("close", resolve));
    }

    async until(pattern: RegExp): Promise<void> {
        await expect.poll(() => this.out, { timeout: 20_000, interval: 20 }).toMatch(pattern);
    }

    async stop(signal: NodeJS.Signals): Promise<number | null> {
        this.#process.kill(signal);
        return await this.exit;
    }

    exported(): Record<string, string> {
        return Object.fromEntries(
            [...this.out.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
        );
    }
}

function clientOf(environment: Record<string, string>): Client {
    return new Client({
        url: `https://${environment.ARM_METADATA_HOSTNAME}`,
        tenantId: environment.ARM_TENANT_ID,
        clientId: environment.ARM_CLIENT_ID,
        clientSecret: environment.ARM_CLIENT_SECRET,
        caCertificate: readFileSync(environment.NODE_EXTRA_CA_CERTS ?? "", "utf8"),
    } as Emulator);
}

it("prints what to export, ids to begin with, and a line a request with keys and no value", async () => {
    const run = new Run();
    await run.until(/Requests:\n/);
    const environment = run.exported();
    const client = clientOf(environment);
    const servicePrincipal = /# servicePrincipalId +(\S+)/.exec(run.out)?.[1];
    const path = `/v1.0${servicePrincipal}/synchronization/acquireAccessToken`;
    const credentials = [
        { key: "BaseAddress", value: "https://S3ntinel.example" },
        { key: "SecretToken", value: "S3ntinel" },
    ];
    expect((await client.graph("POST", `${path}?S3ntinel`, { credentials })).status).toBe(204);
    await client.send("POST", "/_emulator/faults", { body: { effect: { kind: "reset", when: "before" } } });
    await expect(client.graph("GET", "/v1.0/applications")).rejects.toThrow();
    await run.until(/fault: reset/);
    client.close();

    const lines = run.out.split("Requests:\n")[1]?.trimEnd().split("\n") ?? [];
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^[\d:.]{12} POST \/\S+\/oauth2\/v2.0\/token 200 \d+ms$/);
    expect(lines[1]?.replace(/\d+ms/, "1ms").slice(13)).toBe(`POST ${path} 204 1ms [BaseAddress, SecretToken]`);
    expect(lines[2]).toMatch(/GET \/v1.0\/applications \(no answer\) \d+ms \(fault: reset\)$/);
    expect(run.out).not.toContain("S3ntinel");
    for (const [name, value] of [
        ["BaseAddress", /^https:\/\/localhost:\d+\/saas\/scim\/v2$/],
        ["Oauth2AuthorizationUri", /\/saas\/authorize$/],
        ["Oauth2TokenExchangeUri", /\/saas\/token$/],
        ["Oauth2ClientId", /^saas-/],
        ["Oauth2ClientSecret", /^[\w-]{40}$/],
    ] as const) {
        expect(new RegExp(`^# ${name} +(\\S+)$`, "m").exec(run.out)?.[1]).toMatch(value);
    }

    expect(await run.stop("SIGINT")).toBe(0);
    expect(existsSync(environment.NODE_EXTRA_CA_CERTS ?? "")).toBe(false);
    expect(run.error).toBe("");
});

it("prints JSON, writes a private file with the environment, and ends on SIGTERM too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-test-"));
    const envFile = join(folder, "env");
    writeFileSync(envFile, "old\n", { mode: 0o644 });
    const run = new Run("--json", "--write-env", envFile);
    await run.until(/\n/);
    const ready = JSON.parse(run.out) as Record<string, Record<string, string>>;
    expect(ready).toMatchObject({
        event: "ready",
        url: expect.stringMatching(/^https:\/\/localhost:\d+$/),
        saas: { clientId: expect.any(String), tokenExchangeUri: `${ready.url}/saas/token` },
    });
    const client = clientOf(ready.environment ?? {});
    expect((await client.graph("GET", `/v1.0/servicePrincipals/${ready.servicePrincipal?.id}`)).status).toBe(200);
    await run.until(/servicePrincipals.*\n/s);
    client.close();
    expect(JSON.parse(run.out.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ event: "request", status: 200 });
    expect(statSync(envFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(envFile, "utf8")).toMatch(
        /^export ARM_METADATA_HOSTNAME='localhost:\d+'\n(export \w+='[^']*'\n){6}$/,
    );
    expect(await run.stop("SIGTERM")).toBe(0);
    rmSync(folder, { recursive: true });
});

it("explains itself", async () => {
    const run = new Run("--help");
    expect(await run.exit).toBe(0);
    expect(run.out).toMatch(/^Usage: pulumi-entrasync emulator/);
});

it.each([["--prot"], ["8443"], ["--port", "x"], ["--port", "70000"], ["--port"], ["--write-env="]])(
    "refuses the arguments '%s %s'",
    async (...args) => {
        const run = new Run(...args);
        expect(await run.exit).toBe(2);
        expect(run.error).toMatch(
            /^pulumi-entrasync emulator: .+\nUsage: .+\nTry pulumi-entrasync emulator --help\.\n$/,
        );
        expect(run.out).toBe("");
    },
);

it("says what to do about a port in use, and refuses any host but the loopback", async () => {
    const first = new Run("--json");
    await first.until(/\n/);
    const { port } = new URL(String(JSON.parse(first.out).url));
    const second = new Run("--port", port);
    expect(await second.exit).toBe(1);
    expect(second.error).toMatch(/Port \d+ is in use.*--port/);
    const third = new Run("--host", "0.0.0.0");
    expect(await third.exit).toBe(1);
    expect(third.error).toContain("127.0.0.1 only");
    expect(await first.stop("SIGINT")).toBe(0);
});
