import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { acquireOnce, example, openProgram } from "../packaging/program.mts";
import { installPlugin } from "./plugin.mts";

/** Runs a program that is compiled already, in the stack of an example of ours, by the host of these tests. */
export async function runCompiled(name: "go" | "java", command: readonly string[], emulator: Emulator): Promise<void> {
    await using stack = await openProgram({ "Pulumi.yaml": example(`${name}/Pulumi.yaml`) }, emulator);
    await installPlugin(stack);
    const hosts = join(stack.folder, "hosts");
    const host = join(hosts, `pulumi-language-${name}`);
    mkdirSync(hosts);
    writeFileSync(host, `#!/bin/sh\nexec node "${join(import.meta.dirname, "host.cjs")}" "$@"\n`);
    chmodSync(host, 0o755);
    const PATH = [hosts, stack.environment.PATH].join(delimiter);
    await acquireOnce(stack, emulator, {
        environment: { PATH, ENTRASYNC_PROGRAM: JSON.stringify(command) },
    });
}
