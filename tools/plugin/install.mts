/*
 * `npm run plugin:install`: puts the plugin where the engine keeps those that it has downloaded, so that programs find it
 * by its name and version. What `pulumi plugin install` does, without an engine.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pluginEntries, version } from "./contents.mts";

const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
const folder = join(home, "plugins", `resource-entrasync-v${version}`);
const system = process.platform === "win32" ? "windows" : process.platform === "darwin" ? "darwin" : "linux";

mkdirSync(join(home, "plugins"), { recursive: true });
// Whole or not at all: the engine reads what is there at any time. It takes a folder of any other name for none of its own.
const part = mkdtempSync(join(home, "plugins", ".entrasync-"));
for (const { name, mode, content } of pluginEntries(system)) {
    writeFileSync(join(part, name), content, { mode });
}
rmSync(folder, { recursive: true, force: true });
// What an interrupted `pulumi plugin install` leaves, and what makes the engine take the folder for incomplete.
rmSync(`${folder}.partial`, { force: true });
renameSync(part, folder);
console.log(`entrasync ${version} is in ${folder}`);
