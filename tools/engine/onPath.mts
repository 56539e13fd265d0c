import { realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { cacheRoot } from "./cache.mts";
import { executableName, isExecutable, pathFolders } from "./executables.mts";
import { messageOf } from "./failure.mts";
import { isAtLeast, minimumVersion, versionOf } from "./version.mts";

/**
 * Every `program` that the user put on the PATH, in the order of the PATH. Not ours: neither what npm put into a
 * node_modules/.bin, nor what is in our cache, whose folders are on the PATH of everything that we start.
 */
export function usersOnPath(program: string): string[] {
    const cache = realpathOr(cacheRoot());
    return pathFolders()
        .map((folder) => join(folder, executableName(program)))
        .filter((file) => isExecutable(file))
        .filter((file) => !`${dirname(file)}${sep}`.includes(`${sep}node_modules${sep}`))
        .filter((file) => !realpathSync(file).startsWith(`${cache}${sep}`));
}

function realpathOr(path: string): string {
    try {
        return realpathSync(path);
    } catch {
        return path;
    }
}

/** The first `pulumi` on the PATH that answers and is new enough. */
export async function findOnPath(
    skipped: (why: string) => void,
): Promise<{ command: string; version: string } | undefined> {
    const found = usersOnPath("pulumi");
    for (const command of found) {
        try {
            const version = await versionOf(command);
            if (isAtLeast(version, minimumVersion)) return { command, version };
            skipped(`${command} is ${version}; ${minimumVersion} or newer is needed`);
        } catch (error) {
            skipped(`${command} does not work: ${messageOf(error)}`);
        }
    }
    if (found.length === 0) skipped("no pulumi on the PATH");
    return undefined;
}
