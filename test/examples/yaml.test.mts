import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "pulumi-entrasync/emulator";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { example, liveOnce, openYaml } from "../packaging/program.mts";
import { installPlugin } from "./plugin.mts";

test("the README's program in YAML runs as it stands, and is the example", async () => {
    const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
    const [, program = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(readme) ?? [];
    expect(program).toBe(example("yaml/Pulumi.yaml"));

    const emulator = await startEmulator();
    await using stack = await openYaml(program, emulator);
    try {
        await installPlugin(stack);
        await liveOnce(stack, emulator);
    } finally {
        await emulator.close();
    }
});
