import { existsSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { run } from "./run.mts";

/** One commit, with the files that it touched. */
export interface Commit {
    readonly hash: string;
    readonly subject: string;
    readonly files: readonly string[];
}

/** What git knows of this checkout. */
export interface History {
    readonly hash: string;
    /** When the commit was made: an ISO 8601 instant in UTC. */
    readonly committedAt: string;
    /** The newest tag of a version before the one that is released. */
    readonly previousTag?: string;
    /** Whether this commit has the tag of the version. */
    readonly isTagged: boolean;
    /** What is new since that tag, the newest first; without one, everything. */
    readonly commits: readonly Commit[];
    /** Why there may be more than that; a clause. */
    readonly gap?: string;
    /** Files that are not as the commit has them. */
    readonly uncommitted: readonly string[];
}

/** The history, or why there is none: what came as an archive has no `.git`, and nothing else is wrong with it. */
export type FoundHistory = History | { readonly missing: string };

/** Reads it for the release of `version`. */
export async function readHistory(version: string, root = repositoryRoot): Promise<FoundHistory> {
    // A checkout inside another repository without one of its own is not that repository's.
    if (!existsSync(join(root, ".git"))) return { missing: "this is no git checkout: there is no .git" };
    const git = (...args: readonly string[]) => run("git", ["-c", "core.quotePath=false", ...args], root);
    let hash: string;
    try {
        hash = (await git("rev-parse", "HEAD")).trim();
    } catch (error) {
        // git's own words come behind how it ended; where there is no git, there are none.
        const [first, why = first] = String(error).split("\n");
        return { missing: `git can't read this checkout: ${why}` };
    }
    const tag = `v${version}`;
    const committedAt = new Date((await git("log", "-1", "--format=%cI")).trim()).toISOString();
    const isShallow = (await git("rev-parse", "--is-shallow-repository")).trim() === "true";
    const tags = (await git("tag", "--points-at", "HEAD")).split("\n");
    const described = ["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "--exclude", tag];
    const previousTag = (await git(...described).catch(() => "")).trim() || undefined;
    const range = previousTag === undefined ? "HEAD" : `${previousTag}..HEAD`;
    const log = await git("log", "--no-merges", "--name-only", "--format=%x1e%H%x1f%s", range);
    const status = await git("status", "--porcelain");
    return {
        hash,
        committedAt,
        isTagged: tags.includes(tag),
        commits: readLog(log),
        uncommitted: status.split("\n").filter(Boolean),
        ...(previousTag === undefined ? {} : { previousTag }),
        ...(isShallow && previousTag === undefined
            ? { gap: "this clone is shallow and has no earlier tag: `git fetch --unshallow --tags` gets the rest" }
            : {}),
    };
}

function readLog(log: string): readonly Commit[] {
    return log
        .split("\x1e")
        .slice(1)
        .map((entry) => {
            const [head = "", ...files] = entry.split("\n").filter(Boolean);
            const [hash = "", subject = ""] = head.split("\x1f");
            return { hash, subject, files };
        });
}
