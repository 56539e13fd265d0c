import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:https";
import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { createHome, type Home, signInBySecret } from "../environments/machine.mts";
import { command, patienceMs, saidBy } from "./processes.mts";
import { commandNames, commands } from "./program.mts";

/*
 * Every exit code that docs/command-line.md names, by running what ends with it. Which command has which is in the table;
 * the last test holds that none of them was left out here.
 */

let emulator: Emulator;
let home: Home;
let signIn: Record<string, string>;
const seen = new Map<string, Set<string>>();

beforeAll(async () => {
    emulator = await startEmulator();
    signIn = signInBySecret(emulator);
    home = createHome();
});
afterAll(async () => {
    home.remove();
    await emulator.close();
});
beforeEach(() => emulator.reset());

interface Running {
    readonly child: ChildProcessWithoutNullStreams;
    /** Waits for these words on standard output. */
    said(words: RegExp): Promise<string>;
    /** The exit code; notes it as seen, under the name that the table has for it. */
    ends(as?: string): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [command, ...args], {
        env: { PATH: home.searchPath, HOME: home.path, ...environment },
        cwd: home.path,
    });
    child.stdin.on("error", () => undefined);
    const heard = saidBy(child);
    const closed = once(child, "close");
    return {
        child,
        async said(words) {
            await expect.poll(() => heard.stdout, { timeout: patienceMs, interval: 20 }).toMatch(words);
            return words.exec(heard.stdout)?.[1] ?? "";
        },
        async ends(as) {
            const [code] = (await closed) as [number | null];
            const name = args[0] ?? "";
            seen.set(name, (seen.get(name) ?? new Set()).add(as ?? String(code)));
            return { code, stderr: heard.stderr };
        },
    };
}

test.each(commandNames)("%s: 2 for a mistake, with nothing done", async (name) => {
    const { code, stderr } = await start([name, "--nothing"]).ends();
    expect([code, stderr.split("\n")[0]]).toEqual([2, `pulumi-entrasync ${name}: Unknown option '--nothing'.`]);
    expect(emulator.requests).toEqual([]);
});

describe("doctor", () => {
    test("0: an acquisition would be allowed", async () => {
        expect(await start(["doctor"], signIn).ends()).toEqual({ code: 0, stderr: "" });
    });

    test("1: it would not", async () => {
        const { code, stderr } = await start(["doctor"], { ...signIn, ARM_CLIENT_SECRET: "another" }).ends();
        // The report is what was asked for, so it is on standard output.
        expect([code, stderr]).toEqual([1, ""]);
    });
});

describe("emulator", () => {
    test.each(["SIGINT", "SIGTERM"] as const)("0: ended by %s", async (signal) => {
        const running = start(["emulator", "--json"]);
        await running.said(/"ready"/);
        running.child.kill(signal);
        expect(await running.ends()).toEqual({ code: 0, stderr: "" });
    });

    test("0: nobody reads on", async () => {
        const running = start(["emulator", "--json"]);
        const url = await running.said(/"url":"([^"]+)"/);
        running.child.stdout.destroy();
        const { port } = new URL(url);
        get({ host: "localhost", port, path: "/nowhere", rejectUnauthorized: false, agent: false }, (answer) =>
            answer.resume(),
        ).on("error", () => undefined);
        expect(await running.ends()).toEqual({ code: 0, stderr: "" });
    });

    test("1: it could not start", async () => {
        const taken = createServer().listen(0, "127.0.0.1");
        await once(taken, "listening");
        const address = taken.address();
        const port = address !== null && typeof address === "object" ? String(address.port) : "";
        const { code, stderr } = await start(["emulator", "--port", port]).ends();
        taken.close();
        expect(code).toBe(1);
        expect(stderr).toMatch(/^pulumi-entrasync emulator: Port \d+ is in use.*\(--port\)\n$/);
    });
});

describe("authorize", () => {
    /** As much of the Pulumi CLI as the command asks for; `up` ends with 7. test/authorize has the real one. */
    const pulumi = `
const asked = process.argv.slice(2).join(" ");
if (asked.includes("stack --show-name")) process.stdout.write("organization/acme/dev\\n");
else if (asked.includes("config get")) process.stderr.write("error: configuration key not found for stack dev\\n"), process.exitCode = 255;
else if (asked.includes("config set")) process.stdin.resume();
else if (asked.startsWith("up ")) process.exitCode = 7;
else process.exitCode = 99;`;
    const asking = ["--client-id", "entra", "--authorization-uri", "https://acme.example/authorize", "--no-browser"];
    const startAsking = (...more: string[]) => start(["authorize", ...asking, ...more]);

    /** Comes back with a code, as the browser of a person who said yes does. */
    async function agree(running: Running): Promise<void> {
        const address = new URL(await running.said(/(https:\/\/acme\.example\S+)\n/));
        await running.said(/Ctrl-C ends it/);
        const back = new URL(address.searchParams.get("redirect_uri") ?? "");
        back.searchParams.set("code", "one-time");
        back.searchParams.set("state", address.searchParams.get("state") ?? "");
        expect((await fetch(back)).status).toBe(200);
    }

    test("1: there is no pulumi to store it", async () => {
        const { code, stderr } = await startAsking().ends();
        expect([code, stderr]).toEqual([1, "pulumi-entrasync authorize: there is no pulumi on the PATH\n"]);
    });

    test("0: the code is stored", async () => {
        home.tool("pulumi", pulumi);
        const running = startAsking();
        await agree(running);
        expect(await running.ends()).toEqual({ code: 0, stderr: "" });
    });

    test("that of pulumi up, with --up", async () => {
        home.tool("pulumi", pulumi);
        const running = startAsking("--up");
        await agree(running);
        expect((await running.ends("other")).code).toBe(7);
    });

    test.each([
        ["SIGINT", 130],
        ["SIGTERM", 143],
        ["SIGHUP", 129],
    ] as const)("%s: %d", async (signal, expected) => {
        home.tool("pulumi", pulumi);
        const running = startAsking();
        await running.said(/Ctrl-C ends it/);
        running.child.kill(signal);
        const { code, stderr } = await running.ends("130");
        expect(code).toBe(expected);
        expect(stderr).toMatch(/interrupted\.\nNothing was stored\.\n$/);
    });
});

test.each([
    ["completion", "bash"],
    ["help", "doctor"],
])("%s %s: 0", async (...args) => {
    expect(await start(args).ends()).toEqual({ code: 0, stderr: "" });
});

test("each exit code that a command is said to have was seen, and no other", () => {
    const said = Object.fromEntries(
        commands.map(({ name, exitCodes }) => [name, [...exitCodes.map(([code]) => code), "2"].sort()]),
    );
    expect(Object.fromEntries([...seen].map(([name, codes]) => [name, [...codes].sort()]))).toEqual(said);
});
