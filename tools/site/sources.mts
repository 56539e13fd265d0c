import { existsSync, globSync } from "node:fs";
import { join, sep } from "node:path";
import { allPages, type Group, navigation } from "./navigation.mts";

/** What must be in the table. Other Markdown, such as a benchmark's, is a page where the table says so. */
const patterns = ["*.md", "docs/**/*.md", "examples/*/README.md"];

/** Every page that there is in a checkout, whether or not the table has it. */
export function pageSources(root: string, groups: readonly Group[] = navigation): readonly string[] {
    const others = allPages(groups)
        .map(({ source }) => source)
        .filter((source) => existsSync(join(root, source)));
    return [...new Set([...globSync(patterns, { cwd: root }).map(slashed), ...others])].sort();
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
