import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot } from "../engine/repository.mts";
import { licencesFile, pluginFile } from "./contents.mts";
import { licencesOf } from "./licences.mts";

/**
 * Bundles the plugin, with all that it needs, to one file that starts by itself: `dist/pulumi-resource-entrasync`.
 *
 * One file because the engine copies a plugin into its cache without its node_modules, and because reading one is what
 * makes it start four times as fast as the host of dynamic providers. Libraries that are imported when they are used are
 * in it, and still run only then.
 */
const { metafile } = await build({
    entryPoints: [join(repositoryRoot, "provider/pluginCommand.ts")],
    outfile: pluginFile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    minifySyntax: true,
    minifyWhitespace: true,
    // Class names stand in error messages.
    keepNames: false,
    legalComments: "none",
    metafile: true,
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "warning",
});
await chmod(pluginFile, 0o755);
await writeFile(licencesFile, licencesOf(Object.keys(metafile.inputs)));
