import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { hasGo } from "../../tools/sdk/generator.mts";
import { writeSdk } from "../../tools/sdk/sdk.mts";
import { installPlugin } from "../examples/plugin.mts";
import { example, openProgram } from "../packaging/program.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";
import type { Stack } from "../support/stack.mts";
import { ensurePython, hasPython } from "./venv.mts";

/*
 * Python's language host is a Go module that could not be had. The Automation API's inline programs need none: the program
 * serves the engine itself, by the `pulumi` package.
 */

const folder = mkdtempSync(join(tmpdir(), "entrasync-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sdk = join(folder, "sdk");
const packages = join(folder, "packages");
const able = (await hasPython()) && (await hasGo());
let python: string;
let emulator: Emulator;

beforeAll(async () => {
    emulator = await startEmulator();
    if (!able) return;
    python = await ensurePython();
    await writeSdk("python", sdk);
    mkdirSync(packages);
    // As its user does; into a folder of the test's, and with what is installed already.
    const here = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", packages];
    await runPython(["-m", "pip", "install", ...here, sdk]);
}, 1_200_000);
afterAll(() => emulator.close());

async function runPython(args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}) {
    const env = { ...process.env, ...options.env, PYTHONPATH: packages };
    const child = spawn(python, args, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
    });
    child.stdin.end(options.input);
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    if (code !== 0) throw new Error(`python ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
    return { stdout, stderr };
}

interface Reported {
    readonly operation: string;
    readonly changes?: Readonly<Record<string, number>>;
    readonly said?: readonly string[];
    readonly error?: string;
    readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Runs a program's operations, one after the other, in the stack's backend and by its plugin. */
async function perform(
    stack: Stack,
    program: string,
    config: Readonly<Record<string, { readonly value: string; readonly secret?: boolean }>>,
    ...operations: readonly string[]
): Promise<{ reported: readonly Reported[]; everything: string }> {
    const file = join(stack.folder, "__main__.py");
    writeFileSync(file, program);
    const args = [join(import.meta.dirname, "inline.py"), file, ...operations];
    const { stdout, stderr } = await runPython(args, { env: stack.environment, input: JSON.stringify(config) });
    const reported = stdout.split("\n").filter(Boolean);
    return { reported: reported.map((line) => JSON.parse(line) as Reported), everything: stdout + stderr };
}

describe.skipIf(!able)("Python", () => {
    test("the README's program runs as it stands, and is the example", async () => {
        const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
        const [, program = ""] = /^```python\n([\s\S]*?)^```$/m.exec(readme) ?? [];
        expect(program).toBe(example("python/__main__.py"));

        await using stack = await openProgram({}, emulator);
        await installPlugin(stack);
        const principal = emulator.createServicePrincipal("Acme");
        const secret = new Sentinel("scimToken");
        const config = (sentinel: Sentinel) => ({
            "acme:servicePrincipalId": { value: principal.id },
            "acme:scimToken": { value: sentinel.value, secret: true },
        });
        const acquired = () => emulator.store.acquisitions.filter(({ targetId }) => targetId === principal.id).length;

        const operations = ["preview", "up", "up", "outputs", "refresh"];
        const first = await perform(stack, program, config(secret), ...operations);
        const [preview, up, again, outputs, refresh] = first.reported;
        expect(first.reported.filter(({ error }) => error !== undefined)).toEqual([]);
        expect(preview?.changes).toEqual({ create: 2 });
        expect(up?.changes).toEqual({ create: 2 });
        expect(again?.changes).toEqual({ same: 2 });
        expect(refresh?.changes).toEqual({ same: 2 });
        expect(Date.parse(String(outputs?.outputs?.acquiredAt))).not.toBeNaN();
        const state = await stack.exportState();
        expect((state.deployment.resources ?? []).map(({ type, id }) => [type, id])).toContainEqual([
            "entrasync:index:SynchronizationTokenAcquisition",
            `/servicePrincipals/${principal.id}/synchronization/acquireAccessToken`,
        ]);
        expect(acquired()).toBe(1);

        const rotated = new Sentinel("the rotated one");
        const second = await perform(stack, program, config(rotated), "preview", "up");
        expect(second.reported[1]?.changes).toEqual({ same: 1, update: 1 });
        expect(acquired()).toBe(2);

        const rotatedState = await stack.exportState();
        const requests = emulator.requests.length;
        const last = await perform(stack, program, config(rotated), "destroy");
        expect(last.reported[0]?.changes).toEqual({ delete: 2 });
        expect(emulator.requests.length).toBe(requests);
        const states = JSON.stringify([state, rotatedState]);
        const surfaces = { states, first: first.everything, second: second.everything, last: last.everything };
        expect(leaks(surfaces, [secret, rotated])).toEqual([]);
    });

    test("a function, timeouts and the other target kind work by the SDK's names", async () => {
        const program = `
import pulumi
import pulumi_entrasync as entrasync

config = pulumi.Config()
application = config.require("applicationId")
token = entrasync.SynchronizationTokenAcquisition(
    "acme",
    application_id=application,
    credentials={"BaseAddress": "https://scim.acme.example/v2", "SecretToken": config.require_secret("scimToken")},
    triggers={"issued": "2026-11-01"},
    timeouts=entrasync.AcquisitionTimeoutsArgs(create="1m"),
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2m")),
)
stored = token.acquired_at.apply(lambda _: entrasync.get_synchronization_secret_keys(application_id=application).keys)
pulumi.export("keys", stored)
pulumi.export("hashes", token.credential_hashes)
`;
        await using stack = await openProgram({}, emulator);
        await installPlugin(stack);
        const application = emulator.createApplication("Acme");
        const config = {
            "acme:applicationId": { value: application.id },
            "acme:scimToken": { value: "of a test", secret: true },
        };
        const { reported } = await perform(stack, program, config, "up", "outputs", "up");
        expect(reported.filter(({ error }) => error !== undefined)).toEqual([]);
        expect(reported[1]?.outputs?.keys).toEqual(["BaseAddress", "SecretToken"]);
        expect(Object.keys(reported[1]?.outputs?.hashes ?? {}).sort()).toEqual(["BaseAddress", "SecretToken"]);
        expect(reported[2]?.changes).toEqual({ same: 2 });
    });

    test("the generated SDK has types, by which a checker knows the example right and a mistake wrong", async () => {
        const cache = ["--cache-dir", join(folder, "mypy")];
        const check = async (program: string) => {
            writeFileSync(join(folder, "program.py"), program);
            return runPython(["-m", "mypy", "--follow-imports=silent", ...cache, "program.py"]).then(
                ({ stdout }) => stdout,
                (error: Error) => error.message,
            );
        };
        const program = example("python/__main__.py");
        expect(await check(program)).toContain("Success: no issues found");
        expect(await check(program.replace("service_principal_id=", "service_principal="))).toContain(
            "service_principal",
        );
    });
});
