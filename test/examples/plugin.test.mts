import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, test, vi } from "vitest";
import { hasGo } from "../../tools/sdk/generator.mts";
import { openProgram } from "../packaging/program.mts";
import { ensurePython, hasPython } from "../python/venv.mts";
import { writeHost } from "./compiled.mts";
import { addPackage, generateSdk } from "./sdk.mts";
import { filesOf, type Up, walk } from "./walk.mts";

/* The examples of the plugin whose programs are not compiled, each by its README, on a real engine. */

// Each goes through a dozen commands of Pulumi's.
vi.setConfig({ testTimeout: 600_000 });

let emulator: Emulator;
beforeAll(async () => {
    emulator = await startEmulator();
});
afterAll(() => emulator.close());

/** An acquisition, and another one for what the second step changes. */
function twice(target: string): readonly Up[] {
    const acquired = [{ target, keys: ["BaseAddress", "SecretToken"] }];
    return [
        { counts: ["2 created"], acquired },
        { counts: ["1 updated"], acquired },
    ];
}

test("yaml: one acquisition, and one more for a trigger", async () => {
    await using stack = await openProgram(filesOf("yaml"), emulator);
    const { id } = emulator.createServicePrincipal("Acme");
    await walk({
        example: "yaml",
        stack,
        emulator,
        values: { SERVICE_PRINCIPAL_ID: id },
        ups: twice(id),
    });
});

test("python: one acquisition, and one more for a trigger", { timeout: 1_200_000 }, async (context) => {
    context.skip(!(await hasPython()) || !(await hasGo()), "Python, or Go for the generator of SDKs, is not installed");
    await using stack = await openProgram(filesOf("python"), emulator);
    const { id } = emulator.createServicePrincipal("Acme");
    const python = await ensurePython();
    const packages = join(stack.folder, "packages");
    const runner = join(stack.folder, "runner.py");
    copyFileSync(join(import.meta.dirname, "program.py"), runner);
    const nothing = async () => undefined;
    await walk({
        example: "python",
        stack,
        emulator,
        values: { SERVICE_PRINCIPAL_ID: id },
        ups: twice(id),
        // In place of Python's language host, which could not be had.
        environment: { ...writeHost(stack, "python", [python, runner]), PYTHONPATH: packages },
        insteadOf: {
            // The tests have one environment for all programs, with what requirements.txt asks for in it.
            "python3 -m venv venv": nothing,
            ". venv/bin/activate": nothing,
            "pip install -r requirements.txt": nothing,
            [addPackage]: () => generateSdk(stack, "python").then(nothing),
            "pip install ./sdks/entrasync": async () => {
                const here = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", packages];
                await promisify(execFile)(python, ["-m", "pip", "install", ...here, "./sdks/entrasync"], {
                    cwd: stack.folder,
                });
                return undefined;
            },
        },
    });
});
