import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the demo shows every step with what Graph received, ends with a summary and 0, and leaves nothing behind", async () => {
    const before = traces();
    const { code, output } = await runDemo();
    expect(output).toContain("3 acquisitions, for 2 sets of credentials and one that somebody had cleared");
    expect(code).toBe(0);
    const steps = output.split("\n── ").map((step) => ({ title: step.split("\n")[0], received: received(step) }));
    expect(steps.filter(({ received }) => received !== undefined)).toEqual([
        { title: "A preview signs in nowhere and sends nothing", received: [] },
        { title: "The first up acquires the token", received: ["BaseAddress and SecretToken"] },
        { title: "Up again: nothing has changed", received: [] },
        { title: "A rotated credential: the preview names it", received: [] },
        { title: "… and up acquires once more", received: ["BaseAddress and SecretToken"] },
        { title: "Someone clears the credentials in the portal: refresh sees it", received: [] },
        { title: "… and up hands them over again", received: ["BaseAddress and SecretToken"] },
        { title: "The program asks for validation, and the application says no: up fails", received: [] },
        { title: "The application takes them after all: up validates, and acquires nothing", received: [] },
        { title: "Destroy sends nothing", received: [] },
    ]);
    const step = (title: string) => output.split("\n── ").find((text) => text.startsWith(title));
    expect(step("A rotated credential")).toMatch(/~ SecretToken: "v1:[\w-]+" => "v1:[\w-]+"/);
    expect(step("Someone clears")).toContain("Graph does not show BaseAddress, SecretToken");
    expect(step("The program asks for validation")).toMatch(/\(VALIDATION_FAILED\)[\s\S]+validateCredentials → 400/);
    expect(step("The application takes them after all")).toContain("validateCredentials → 204");
    expect(traces().filter((trace) => !before.includes(trace))).toEqual([]);
});

test("Ctrl-C in the middle of the demo stops it in order and leaves nothing behind", async () => {
    const before = traces();
    const { code, output } = await runDemo({ interruptAt: "The first up acquires the token" });
    expect(output).toContain("Interrupted.");
    expect(output).not.toContain("Destroy sends nothing");
    expect(code).toBe(130);
    expect(traces().filter((trace) => !before.includes(trace))).toEqual([]);
});

test("the demo with --keep leaves the emulator and the stack for playing until Ctrl-C", async () => {
    const before = traces();
    const { code, output } = await runDemo({ args: ["--keep"], interruptAt: "Ctrl-C here ends the emulator" });
    expect(output).toContain("npm run pulumi -- up --stack local-demo");
    expect(output).not.toContain("Destroy sends nothing");
    expect(code).toBe(0);
    expect(traces().filter((trace) => !before.includes(trace))).toEqual([]);
});

async function runDemo({ args = [], interruptAt }: { args?: string[]; interruptAt?: string } = {}): Promise<{
    code: number | null;
    output: string;
}> {
    const child = spawn(process.execPath, ["tools/demo/demo.mts", ...args], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let interrupted = false;
    const collect = (chunk: Buffer) => {
        output += chunk.toString();
        if (interruptAt !== undefined && !interrupted && output.includes(interruptAt)) {
            interrupted = true;
            child.kill("SIGINT");
        }
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    return { code, output };
}

/** The keys of each acquisition that the step reports; `undefined` for text that is not a step. */
function received(step: string): string[] | undefined {
    if (!/Entra and Graph received nothing|That is \d+ acquisition/.test(step)) {
        return undefined;
    }
    return [...step.matchAll(/acquireAccessToken → 204, with (.+)/g)].map(([, keys]) => keys ?? "");
}

function traces(): string[] {
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith("pulumi-entrasync-demo-"));
    return existsSync(`${root}/Pulumi.local-demo.yaml`) ? [...left, "Pulumi.local-demo.yaml"] : left;
}
