import { join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot } from "../engine/repository.mts";
import { pluginFile } from "./contents.mts";

/**
 * Bundles the plugin, with all that it needs, to one file that starts by itself, and says which files went into it, by
 * their paths from the repository.
 *
 * One file because the engine copies a plugin into its cache without its node_modules, and because reading one is what
 * makes it start four times as fast as the host of dynamic providers. Libraries that are imported when they are used are
 * in it, and still run only then.
 */
export async function bundlePlugin({ write }: { readonly write: boolean }): Promise<readonly string[]> {
    const { metafile } = await build({
        entryPoints: ["provider/pluginCommand.ts"],
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
        write,
        // The file names each module by its path. From the repository, and through a link where node_modules is one: so
        // the same sources make the same bytes wherever they lie, and nobody reads where that was.
        absWorkingDir: repositoryRoot,
        preserveSymlinks: true,
    });
    return Object.keys(metafile.inputs).sort();
}

/** The folders of the packages that files came from. */
export function packageFoldersOf(files: readonly string[]): readonly string[] {
    const folders = files.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
    return [...new Set(folders)].sort().map((folder) => join(repositoryRoot, folder));
}
