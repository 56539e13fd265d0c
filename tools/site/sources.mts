import { globSync } from "node:fs";
import { sep } from "node:path";
import { allPages, type Group, navigation } from "./navigation.mts";

/** The files that are pages of the site, whether or not the table has them. */
const patterns = ["*.md", "docs/**/*.md", "examples/*/README.md", "bench/README.md"];

/** Every page that there is in a checkout. */
export function pageSources(root: string): readonly string[] {
    return globSync(patterns, { cwd: root }).map(slashed).sort();
}

/** The pictures and recordings that pages show. */
export function assetSources(root: string): readonly string[] {
    return globSync("docs/images/**/*.*", { cwd: root }).map(slashed).sort();
}

/** What the table and the checkout say differently. */
export function navigationProblems(
    sources: readonly string[],
    groups: readonly Group[] = navigation,
): readonly string[] {
    const named = allPages(groups).map(({ source }) => source);
    return [
        ...sources.filter((source) => !named.includes(source)).map((source) => `${source} is not in the navigation`),
        ...named
            .filter((source) => !sources.includes(source))
            .map((source) => `the navigation names ${source}, which does not exist`),
        ...named
            .filter((source, index) => named.indexOf(source) !== index)
            .map((source) => `the navigation has ${source} twice`),
    ];
}

function slashed(path: string): string {
    return path.replaceAll(sep, "/");
}
