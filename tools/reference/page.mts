import { changesReference } from "./changes.mts";
import { configurationReference } from "./configuration.mts";
import { emulatorReference, runtimeReference } from "./emulator.mts";
import { errorsReference } from "./errors.mts";
import { paragraphs } from "./markdown.mts";
import { pluginReference } from "./plugin.mts";
import { resourceReference } from "./resource.mts";
import { Sources } from "./sources.mts";

/** The files that users import, and the errors' own. */
export const entries = [
    "provider/index.ts",
    "provider/core/errors.ts",
    "provider/runtime.ts",
    "provider/emulator/index.ts",
] as const;

/** docs/reference.md. */
export async function createReference(sources: Sources = new Sources(entries)): Promise<string> {
    return `${paragraphs(
        "<!-- Written by npm run reference, from the types, the plugin's schema and their comments. Change those. -->",
        "# Reference",
        "Every argument, output, setting, function, error and export, as the types, the plugin's schema and their comments have them; this page is generated from those.",
        resourceReference(sources, await changesReference()),
        configurationReference(),
        pluginReference(),
        errorsReference(sources),
        emulatorReference(sources),
        runtimeReference(sources),
    )}\n`;
}
