import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "pulumi-entrasync/emulator";
import { expect, onTestFinished, test } from "vitest";
import { modulesFolder, repositoryRoot } from "../../tools/engine/repository.mts";
import { goBuildFlags, goEnvironment, hasGo } from "../../tools/sdk/generator.mts";
import { writeSdk } from "../../tools/sdk/sdk.mts";
import { walkCompiled } from "./compiled.mts";
import { addPackage } from "./sdk.mts";

/*
 * With the versions of the engine's modules instead of those that a user's `go mod tidy` would choose: what the engine was
 * built from is compiled already, and this takes seconds instead of minutes.
 */
// A machine that got its engine as a download compiles all of this for the first time.
test("go: by the generated SDK, one acquisition, and one more for another secret", {
    timeout: 1_200_000,
}, async (context) => {
    context.skip(!(await hasGo()), "Go is not installed");
    const folder = mkdtempSync(join(tmpdir(), "entrasync-go-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(repositoryRoot, "examples/go"), folder, { recursive: true });
    await writeSdk("go", join(folder, "sdks/entrasync"));

    const own = readFileSync(join(folder, "go.mod"), "utf8");
    const sdk = "github.com/pulumi-entrasync/pulumi-entrasync/sdk/go";
    expect(own).toContain(`replace ${sdk} => ./sdks/entrasync`);
    expect(readFileSync(join(folder, "sdks/entrasync/go.mod"), "utf8")).toContain(`module ${sdk}\n`);
    const modules = readFileSync(join(modulesFolder, "go.mod"), "utf8").replace(/^module .*$/m, "module acme");
    writeFileSync(
        join(folder, "engine.mod"),
        `${modules}\nrequire ${sdk} v0.0.0\n\nreplace ${sdk} => ./sdks/entrasync\n`,
    );
    cpSync(join(modulesFolder, "go.sum"), join(folder, "engine.sum"));
    const flags = ["-modfile=engine.mod", ...goBuildFlags];
    await promisify(execFile)("go", ["build", ...flags, "-o", "program", "./..."], {
        cwd: folder,
        env: goEnvironment(),
    });

    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const done = async () => undefined;
    await walkCompiled({ example: "go", language: "go" }, [join(folder, "program")], emulator, {
        [addPackage]: done,
        "go mod tidy": done,
    });
});
