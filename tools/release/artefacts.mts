import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { pluginName, version } from "../plugin/contents.mts";
import type { FoundHistory } from "./history.mts";
import { releaseNotes } from "./notes.mts";
import { environmentElsewhere, run } from "./run.mts";
import { packageSbom, pluginSbom } from "./sbom.mts";

export const tarballName = `pulumi-entrasync-${version}.tgz`;
export const packageSbomName = `pulumi-entrasync-${version}.cdx.json`;
export const pluginSbomName = `${pluginName}-v${version}.cdx.json`;
const notesName = "RELEASE_NOTES.md";
export const sumsName = "SHA256SUMS";

/** Builds this checkout and leaves everything that a release carries in a folder. */
async function makeArtefacts(folder: string, history: FoundHistory): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const committedAt = "missing" in history ? undefined : history.committedAt;
    // Builds, too: npm runs `prepack`.
    await run("npm", ["pack", "--silent", "--pack-destination", folder], repositoryRoot, environmentElsewhere());
    await run(process.execPath, ["tools/plugin/release.mts", folder], repositoryRoot);
    writeFileSync(join(folder, packageSbomName), await packageSbom(committedAt));
    writeFileSync(join(folder, pluginSbomName), await pluginSbom(committedAt));
    writeFileSync(join(folder, notesName), releaseNotes(version, history));
    writeFileSync(join(folder, sumsName), sumsOf(folder));
}

/** As `sha256sum --check` reads them. */
export function sumsOf(folder: string): string {
    return readdirSync(folder)
        .filter((name) => name !== sumsName)
        .sort()
        .map((name) => `${sumOf(readFileSync(join(folder, name)))}  ${name}\n`)
        .join("");
}

const sumOf = (content: Buffer) => createHash("sha256").update(content).digest("hex");

/*
 * `node tools/release/artefacts.mts FOLDER HISTORY`, with a file that has the history as JSON: run in a copy of the
 * checkout, which has no git in it and whose `dist` is nobody's.
 */
if (process.argv[1] === import.meta.filename) {
    const [folder, historyFile] = process.argv.slice(2);
    if (folder === undefined || historyFile === undefined) throw new Error("artefacts.mts FOLDER HISTORY");
    await makeArtefacts(folder, JSON.parse(readFileSync(historyFile, "utf8")) as FoundHistory);
}
