import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFoldersOf } from "./bundling.mts";

/**
 * The licences of the packages that files came from, as their authors' terms want them beside a copy. The bundler's own list
 * has only what stands in a comment, which is not where most packages keep theirs.
 */
export function licencesOf(files: readonly string[]): string {
    const texts = packageFoldersOf(files).map(licenceIn);
    return ["This file holds code of the following packages.\n", ...texts].join(`\n${"=".repeat(80)}\n\n`);
}

function licenceIn(folder: string): string {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        readonly name: string;
        readonly version: string;
        readonly license?: string;
    };
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined || !existsSync(join(folder, file)) ? "" : readFileSync(join(folder, file), "utf8");
    return `${name} ${version} (${license ?? "see below"})\n\n${text.trim()}\n`;
}
