import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureGenerator } from "../../tools/sdk/generator.mts";
import type { Language } from "../../tools/sdk/sdk.mts";
import type { Stack } from "../support/stack.mts";

/** The README's command that makes a program's SDK. */
export const addPackage = "pulumi package add ./node_modules/pulumi-entrasync/dist/pulumi-resource-entrasync";

/**
 * In place of `pulumi package add`, which asks the language's host for the SDK, and a host that can do that could not be had:
 * the schema of the plugin that the command names, and Pulumi's generator. Both for the folder that the command would use.
 */
export async function generateSdk(stack: Stack, language: Language): Promise<void> {
    const [, , , plugin = ""] = addPackage.split(" ");
    const { stdout } = await stack.does(["package", "get-schema", plugin]);
    stack.write("schema.json", stdout);
    mkdirSync(join(stack.folder, "sdks/entrasync"), { recursive: true });
    const args = [language, "schema.json", "sdks/entrasync"];
    await promisify(execFile)(await ensureGenerator(), args, { cwd: stack.folder });
}
