import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { emulatorCommand } from "../../provider/emulator/command.ts";
import { command, run, runNode, runOnTerminal, whyNoTerminal } from "./processes.mts";
import { commandNames, commands, version } from "./program.mts";

const ask = (...args: string[]) => runNode(command, args);

describe("who asks for help gets it on standard output, with 0", () => {
    test.each([["--help"], ["-h"], ["help"]])("%s: the commands", async (word) => {
        const { code, stdout, stderr } = await ask(word);
        expect(stdout).toMatch(/^Usage: pulumi-entrasync COMMAND \[options\]\n/);
        const listed = stdout.slice(stdout.indexOf("\nCommands:\n"), stdout.indexOf("\nOptions:\n"));
        expect([...listed.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name)).toEqual(commandNames);
        expect([code, stderr]).toEqual([0, ""]);
    });

    test.each(commands)("$name --help, -h and help $name: each of its options and exit codes", async (described) => {
        const { name, options, exitCodes } = described;
        const { code, stdout, stderr } = await ask(name, "--help");
        expect([code, stderr]).toEqual([0, ""]);
        expect(stdout).toMatch(new RegExp(`^Usage: pulumi-entrasync ${name}[ \\n]`));
        const visible = Object.entries(options).filter(([, { isHidden }]) => isHidden !== true);
        const listed = stdout.slice(stdout.indexOf("\nOptions:\n"), stdout.indexOf("\nExit codes:\n"));
        expect([...listed.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, option]) => option)).toEqual([
            ...visible.map(([option]) => option),
            "help",
        ]);
        for (const [exitCode, meaning] of exitCodes) {
            expect(stdout).toMatch(new RegExp(`^  ${exitCode} +${meaning.split(/[ ,;]/)[0]}`, "m"));
        }
        expect((await ask(name, "-h")).stdout).toBe(stdout);
        expect((await ask("help", name)).stdout).toBe(stdout);
    });

    test("whatever else the arguments say", async () => {
        const { code, stdout } = await ask("doctor", "--nothing", "--target", "x", "--help");
        expect([code, stdout.slice(0, 30)]).toEqual([0, "Usage: pulumi-entrasync doctor"]);
    });

    test("in the width of a narrow terminal, and in 100 columns at most", async (context) => {
        context.skip(whyNoTerminal !== undefined, whyNoTerminal);
        const help = `${process.execPath} ${command} authorize --help`;
        const { output } = await runOnTerminal(["bash", "-c", `stty cols 60; exec ${help}`]);
        const widest = (text: string) => Math.max(...text.split(/\r?\n/).map((line) => line.length));
        expect(widest(output)).toBeLessThanOrEqual(60);
        expect(widest((await ask("authorize", "--help")).stdout)).toBeLessThanOrEqual(100);
    });

    test("also where nobody reads on", async () => {
        const words = `${process.execPath} ${command} authorize --help | head -1`;
        const { code, stdout, stderr } = await run("bash", ["--norc", "-c", `set -o pipefail; ${words}`]);
        expect([code, stdout, stderr]).toEqual([0, "Usage: pulumi-entrasync authorize [options]\n", ""]);
    });
});

test("--version is the package's", async () => {
    expect(await ask("--version")).toEqual({ code: 0, stdout: `pulumi-entrasync ${version}\n`, stderr: "" });
});

test("the emulator's help has every control of it, and no other", () => {
    const source = readFileSync(new URL("../../provider/emulator/routes/control.ts", import.meta.url), "utf8");
    const served = new Map<string, string[]>();
    for (const [, method = "", name = ""] of source.matchAll(/route\("([A-Z]+)", "([^"]+)"/g)) {
        served.set(`/_emulator/${name}`, [...(served.get(`/_emulator/${name}`) ?? []), method]);
    }
    expect(served.size).toBeGreaterThan(5);
    const [list] = emulatorCommand.lists ?? [];
    expect(Object.fromEntries(list?.rows ?? [])).toEqual(
        Object.fromEntries([...served].map(([path, methods]) => [path, methods.join(", ")])),
    );
});

describe("a mistake is told on standard error, with the way to help, and with 2:", () => {
    test.each<[string[], string]>([
        [["emulater"], "There is no command 'emulater'. Did you mean emulator?"],
        [["athorize"], "There is no command 'athorize'. Did you mean authorize?"],
        [["something"], "There is no command 'something'."],
        [["--versoin"], "Unknown option '--versoin'. Did you mean --version?"],
        [["--json", "doctor"], "'--json' is an option of doctor and emulator: it goes after the command's name."],
    ])("%j", async (args, words) => {
        expect(await ask(...args)).toEqual({
            code: 2,
            stdout: "",
            stderr: `pulumi-entrasync: ${words}\nTry pulumi-entrasync --help.\n`,
        });
    });

    test.each<[string[], string, string]>([
        [["doctor", "--taget", "x"], "Unknown option '--taget'. Did you mean --target?", "doctor [options]"],
        [["doctor", "--nothing"], "Unknown option '--nothing'.", "doctor [options]"],
        [["doctor", "-x"], "Unknown option '-x'.", "doctor [options]"],
        [["doctor", "--json=1"], "--json takes no value.", "doctor [options]"],
        [["doctor", "--stack"], "--stack wants a value.", "doctor [options]"],
        [
            ["doctor", "--stack", "--json"],
            "--stack wants a value. If '--json' is the value: --stack=--json",
            "doctor [options]",
        ],
        [["doctor", "production"], "Unexpected argument 'production'.", "doctor [options]"],
        [["emulator", "--hots", "x"], "Unknown option '--hots'.", "emulator [options]"],
        [["emulator", "--port", "x"], "--port wants a whole number from 0 to 65535.", "emulator [options]"],
        [["authorize", "--scopes", "x"], "Unknown option '--scopes'. Did you mean --scope?", "authorize [options]"],
        [["completion"], "SHELL is missing: bash, zsh, fish or powershell.", "completion SHELL [options]"],
        [
            ["completion", "zhs"],
            "'zhs' is not bash, zsh, fish or powershell. Did you mean zsh?",
            "completion SHELL [options]",
        ],
        [
            ["help", "docter"],
            `'docter' is not ${commandNames.slice(0, -1).join(", ")} or help. Did you mean doctor?`,
            "help [COMMAND] [options]",
        ],
    ])("%j", async (args, words, usage) => {
        const called = `pulumi-entrasync ${args[0]}`;
        expect(await ask(...args)).toEqual({
            code: 2,
            stdout: "",
            stderr: `${called}: ${words}\nUsage: pulumi-entrasync ${usage}\nTry ${called} --help.\n`,
        });
    });

    test("no command at all, which gets the list of them", async () => {
        const { code, stdout, stderr } = await ask();
        expect([code, stdout]).toEqual([2, ""]);
        expect(stderr).toBe(`pulumi-entrasync: No command is given.\n\n${(await ask("--help")).stdout}`);
    });
});
