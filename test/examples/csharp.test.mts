import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "pulumi-entrasync/emulator";
import { onTestFinished, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { walkCompiled } from "./compiled.mts";

const run = promisify(execFile);

test("csharp: one acquisition, and one more for another secret", { timeout: 1_200_000 }, async (context) => {
    const able = await run("dotnet", ["--version"]).catch(() => undefined);
    context.skip(able === undefined, "a C# compiler, the .NET SDK, is not installed: the example was never compiled");
    const folder = mkdtempSync(join(tmpdir(), "entrasync-csharp-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(repositoryRoot, "examples/csharp"), folder, { recursive: true });
    await run("dotnet", ["publish", "--output", join(folder, "out")], { cwd: folder });

    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const { stdout: dotnet } = await run("sh", ["-c", "command -v dotnet"]);
    const command = [dotnet.trim(), join(folder, "out/Acme.dll")];
    await walkCompiled({ example: "csharp", language: "dotnet" }, command, emulator);
});
