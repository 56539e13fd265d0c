import { expect, test } from "vitest";
import { plugin, runNode, runOnTerminal, whyNoTerminal } from "./processes.mts";
import { version } from "./program.mts";

/* The plugin is started by the engine; what it says to a person who starts it. */

test.each([["--help"], ["-h"], ["help"]])("%s says what it is, and who starts it", async (word) => {
    const { code, stdout, stderr } = await runNode(plugin, [word]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: pulumi-resource-entrasync \[ENGINE-ADDRESS\]\n/);
    expect(stdout).toContain("The provider plugin of the Pulumi package entrasync. Pulumi starts it by itself");
    expect(stdout).toContain("the command pulumi-entrasync");
});

test("--version is the package's", async () => {
    expect(await runNode(plugin, ["--version"])).toEqual({
        code: 0,
        stdout: `pulumi-resource-entrasync ${version}\n`,
        stderr: "",
    });
});

test("without more, on a terminal, it says so beside the port, and serves", async (context) => {
    context.skip(whyNoTerminal !== undefined, whyNoTerminal);
    const { output } = await runOnTerminal([process.execPath, plugin], {
        typed: [{ after: "The port that it listens on:\r\n", text: "\u0003" }],
    });
    expect(output).toContain("pulumi-resource-entrasync: Pulumi starts this by itself; --help tells more.");
});
