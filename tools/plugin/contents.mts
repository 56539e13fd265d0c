import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";

export const pluginName = "pulumi-resource-entrasync";

/** What bundle.mts makes: the plugin, and the licences of what it holds. */
export const pluginFile = join(repositoryRoot, "dist", pluginName);
export const licencesFile = `${pluginFile}.LEGAL.txt`;

export const version: string = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")).version;

/** A file of the plugin's folder, as the engine keeps it in its cache. */
export interface PluginEntry {
    readonly name: string;
    readonly mode: number;
    readonly content: Buffer;
}

/**
 * The files that a machine gets. They are the same everywhere, for it is one script and Node.js runs it; only Windows,
 * which does not read a script's first line, gets a command that starts it.
 */
export function pluginEntries(system: "windows" | "darwin" | "linux"): readonly PluginEntry[] {
    const file = (name: string, from: string, mode = 0o644) => ({ name, mode, content: readFileSync(from) });
    const command = `@echo off\r\nnode "%~dp0${pluginName}" %*\r\n`;
    return [
        file("LICENSE", join(repositoryRoot, "LICENSE")),
        file(pluginName, pluginFile, 0o755),
        ...(system === "windows" ? [{ name: `${pluginName}.cmd`, mode: 0o755, content: Buffer.from(command) }] : []),
        file(`${pluginName}.LEGAL.txt`, licencesFile),
    ];
}
