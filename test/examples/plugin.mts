import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import type { Stack } from "../support/stack.mts";

/** Puts the plugin where this stack's Pulumi finds it, as `npm run plugin:install` does for a user. */
export async function installPlugin(stack: Stack): Promise<void> {
    const env = { ...process.env, ...stack.environment };
    await promisify(execFile)(process.execPath, [join(repositoryRoot, "tools/plugin/install.mts")], { env });
}
