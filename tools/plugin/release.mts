/*
 * `npm run plugin:release -- [FOLDER]`: the archives that a release of the repository carries, by the names that the
 * engine asks the schema's pluginDownloadURL for, and their checksums as `sha256sum --check` reads them.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { repositoryRoot } from "../engine/repository.mts";
import { pluginEntries, pluginName, version } from "./contents.mts";
import { tar } from "./tar.mts";

const folder = resolve(process.argv[2] ?? join(repositoryRoot, "dist/release"));
mkdirSync(folder, { recursive: true });

const sums: string[] = [];
for (const system of ["darwin", "linux", "windows"] as const) {
    const archive = gzipSync(tar(pluginEntries(system)), { level: 9 });
    const sum = createHash("sha256").update(archive).digest("hex");
    for (const architecture of ["amd64", "arm64"]) {
        const name = `${pluginName}-v${version}-${system}-${architecture}.tar.gz`;
        writeFileSync(join(folder, name), archive);
        sums.push(`${sum}  ${name}\n`);
    }
}
const list = `${pluginName}-v${version}-checksums.txt`;
writeFileSync(join(folder, list), sums.join(""));
console.log(`${sums.length} archives and ${list} in ${folder}`);
