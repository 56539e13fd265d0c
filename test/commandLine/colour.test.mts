import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { createHome, type Home, signInBySecret } from "../environments/machine.mts";
import { bare, command, patienceMs, run, runOnTerminal, whyNoTerminal } from "./processes.mts";

const csi = "\u001b[";
const [green, yellow, red] = [`${csi}32m`, `${csi}33m`, `${csi}31m`];

/** Colours that begin, and colours that end. */
const countOf = (part: string, text: string) => text.split(part).length - 1;

let emulator: Emulator;
let home: Home;
let environment: Record<string, string>;

beforeAll(async () => {
    emulator = await startEmulator();
    home = createHome();
    environment = {
        PATH: home.searchPath,
        HOME: home.path,
        ...signInBySecret(emulator),
    };
});
afterAll(async () => {
    home.remove();
    await emulator.close();
});

describe("doctor on a terminal", () => {
    /**
     * The report, by way of a real pty. `script` is found on the machine's own path, and gives the child this one; the
     * rest of the environment, which has a secret in it, stays out of the arguments.
     */
    const onTerminal = async (args: readonly string[], more: Record<string, string> = {}) => {
        const words = ["/usr/bin/env", `PATH=${home.searchPath}`, process.execPath, command, "doctor", ...args];
        return runOnTerminal(words, { environment: { ...environment, ...bare, ...more }, folder: home.path });
    };

    test("colours the verdict and what speaks for it or against it, and nothing else", async (context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const { code, output } = await onTerminal([]);
        expect(code).toBe(0);
        expect(output).toContain(`${green}An acquisition would be allowed.${csi}39m`);
        expect(output).toContain(`${green}allowed${csi}39m       by the application permission`);
        expect(countOf(`${csi}3`, output)).toBe(4);

        const refused = await onTerminal([], {
            ARM_CLIENT_SECRET: "another",
            ARM_USE_OIDC: "true",
            ARM_OIDC_TOKEN: "x",
        });
        expect(refused.code).toBe(1);
        expect(refused.output).toContain(`${red}An acquisition would not be allowed.${csi}39m`);
        expect(refused.output).toContain(`${red}problem${csi}39m       `);
        expect(refused.output).toContain(`${yellow}warning${csi}39m       ARM_USE_OIDC has no effect`);
    });

    const without: readonly Record<string, string>[] = [
        { NO_COLOR: "1" },
        { NODE_DISABLE_COLORS: "1" },
        { TERM: "dumb" },
    ];
    test.for(without)("and none with %j", async (more, context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const { code, output } = await onTerminal([], more);
        expect([code, output.includes(csi)]).toEqual([0, false]);
    });

    test("has the same words in the same places as in a pipe", async (context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const piped = await run(process.execPath, [command, "doctor"], { environment, folder: home.path });
        const { output } = await onTerminal([]);
        const withoutTime = (text: string) => text.replaceAll("\r\n", "\n").replace(/until \S+/, "until …");
        expect(withoutTime(stripVTControlCharacters(output))).toBe(withoutTime(piped.stdout));
    });

    test("prints JSON without any", async (context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const environments: readonly Record<string, string>[] = [{}, { FORCE_COLOR: "1" }];
        for (const more of environments) {
            const { output } = await onTerminal(["--json"], more);
            expect(output).not.toContain(csi);
            expect(JSON.parse(output)).toMatchObject({ allowed: true });
        }
    });
});

describe("doctor in a pipe or a file", () => {
    const inPipe = (more: Record<string, string>, ...args: string[]) =>
        run(process.execPath, [command, "doctor", ...args], {
            environment: { ...environment, ...more },
            folder: home.path,
        });

    test("has no colours, whatever the terminal would be", async () => {
        const { code, stdout, stderr } = await inPipe({ TERM: "xterm-256color", COLORTERM: "truecolor" });
        expect([code, stdout.includes("\u001b"), stderr]).toEqual([0, false, ""]);
    });

    test("has them if FORCE_COLOR asks for them", async () => {
        const { stdout } = await inPipe({ FORCE_COLOR: "1" });
        expect(stdout).toContain(`${green}An acquisition would be allowed.${csi}39m`);
        expect((await inPipe({ FORCE_COLOR: "0" })).stdout).not.toContain(csi);
        expect((await inPipe({ FORCE_COLOR: "1" }, "--json")).stdout).not.toContain(csi);
    });

    test("also in a file", async () => {
        const folder = mkdtempSync(join(tmpdir(), "entrasync-colour-"));
        const file = join(folder, "report");
        const words = `exec "$0" "$1" doctor > "${file}"`;
        const { code } = await run("bash", ["--norc", "-c", words, process.execPath, command], {
            environment: { ...environment, PATH: `${environment.PATH}:/usr/bin:/bin` },
            folder: home.path,
        });
        expect(code).toBe(0);
        const written = readFileSync(file, "utf8");
        rmSync(folder, { recursive: true });
        expect(written).toContain("An acquisition would be allowed.");
        expect(written).not.toContain("\u001b");
    });
});

describe("the emulator's log", () => {
    /** Runs it, asks it for something that is there and something that is not, and ends it. */
    async function logged(args: readonly string[], where: "terminal" | "pipe", more: Record<string, string> = {}) {
        const words = [process.execPath, command, "emulator", ...args];
        const options = { env: { PATH: "/usr/bin:/bin", TERM: "xterm-256color", ...more } };
        const child =
            where === "pipe"
                ? spawn(words[0] ?? "", words.slice(1), options)
                : spawn(
                      "script",
                      ["--quiet", "--return", "--command", `exec ${words.join(" ")}`, "/dev/null"],
                      options,
                  );
        let output = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            output += text;
        });
        const code = new Promise((resolve) => child.on("close", resolve));
        await expect.poll(() => output, { timeout: patienceMs, interval: 20 }).toMatch(/Requests:|"ready"/);
        const port = /localhost:(\d+)/.exec(output)?.[1];
        for (const path of ["/metadata/endpoints?api-version=2022-09-01", "/nowhere"]) {
            await ask(`https://localhost:${port}${path}`);
        }
        await expect.poll(() => output, { timeout: patienceMs, interval: 20 }).toContain("/nowhere");
        if (where === "pipe") child.kill("SIGINT");
        else child.stdin.write("\u0003");
        return { code: await code, output };
    }

    const ask = (url: string) =>
        new Promise<void>((resolve, reject) => {
            // Its certificate is of its own authority, whose file is not the point here.
            get(url, { rejectUnauthorized: false, agent: false }, (response) =>
                response.resume().on("end", resolve),
            ).on("error", reject);
        });

    test("colours the status on a terminal, and nothing that is to be exported", async (context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const { code, output } = await logged([], "terminal");
        expect(output).toContain(`GET /metadata/endpoints ${green}200${csi}39m `);
        expect(output).toContain(`GET /nowhere ${yellow}404${csi}39m `);
        expect(countOf(`${csi}3`, output)).toBe(4);
        expect(code).toBe(0);
    });

    test("has no colours in a pipe, nor as JSON on a terminal", async (context) => {
        const piped = await logged([], "pipe");
        expect(piped.output).toMatch(/GET \/nowhere 404 \d+ms/);
        expect([piped.code, piped.output.includes("\u001b")]).toEqual([0, false]);
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const { output } = await logged(["--json"], "terminal", { FORCE_COLOR: "1" });
        expect(output).not.toContain("\u001b");
    });
});
