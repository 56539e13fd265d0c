import type { Commit, FoundHistory } from "./history.mts";

/** A commit is told where it first fits: what users install goes before what is beside it. */
const groups: readonly { readonly title: string; readonly isMeant: (file: string) => boolean }[] = [
    { title: "The package and the plugin", isMeant: (file) => /^(provider|plugin)\//.test(file) },
    {
        title: "Documentation and examples",
        isMeant: (file) => /^(docs|examples)\//.test(file) || /^(README|CHANGELOG|LICENSE)/.test(file),
    },
    { title: "Tests, tools and benchmarks", isMeant: () => true },
];

/** The text of a release: what its commits say, in Markdown. */
export function releaseNotes(version: string, history: FoundHistory): string {
    const title = `# pulumi-entrasync ${version}`;
    if ("missing" in history) return `${title}\n\nWhat is new can't be told here: ${history.missing}.\n`;
    const { commits, previousTag, gap } = history;
    const since = previousTag === undefined ? "The first release: everything so far." : `New since ${previousTag}:`;
    const told = groups.map(({ title }) => ({
        title,
        lines: commits.filter((commit) => groupOf(commit) === title).map(line),
    }));
    const sections = told
        .filter(({ lines }) => lines.length > 0)
        .map(({ title, lines }) => `## ${title}\n\n${lines.join("\n")}`);
    return `${[
        title,
        gap === undefined ? since : `New, as far as can be seen: ${gap}.`,
        ...(sections.length === 0 ? ["Nothing is new."] : sections),
    ].join("\n\n")}\n`;
}

function groupOf({ files }: Commit): string | undefined {
    return groups.find(({ isMeant }) => files.some(isMeant))?.title ?? groups.at(-1)?.title;
}

/** The hash at a fixed length: git's own abbreviation depends on how much a clone holds. */
function line({ hash, subject }: Commit): string {
    return `- ${subject.replaceAll("&", "&amp;").replaceAll("<", "&lt;")} (${hash.slice(0, 9)})`;
}
