import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { executableName, isExecutable } from "./executables.mts";

/*
 * <cache>/engine/3.259.0-linux-x64/       complete whenever it is there: it arrives by a rename
 *     engine.json                         how it came
 *     bin/pulumi                          "bin", because the Automation API's PulumiCommand.get({ root }) looks there
 * <cache>/engine/3.259.0-linux-x64.lock/  who is getting one now (lock.mts)
 * <cache>/engine/3.259.0-linux-x64.part-… what isn't complete yet
 * <cache>/yaml-host/1.38.1-linux-x64/     the same for what else is kept; each kind has a folder of its own, so that a
 *                                         new version of one leaves the others where they are
 */

/** What the cache keeps: one version of one program, for this machine. */
export interface Kept {
    readonly kind: "engine" | "yaml-host";
    readonly version: string;
    /** Its name in `bin`. */
    readonly program: string;
}

export type CachedOrigin = "cache-download" | "cache-build";

/** Where engines are kept: outside every checkout, so that a fresh clone or `npm ci` doesn't build again. */
export function cacheRoot(): string {
    const { PULUMI_ENTRASYNC_CACHE, XDG_CACHE_HOME } = process.env;
    if (PULUMI_ENTRASYNC_CACHE) return resolve(PULUMI_ENTRASYNC_CACHE);
    return join(XDG_CACHE_HOME ? resolve(XDG_CACHE_HOME) : join(homedir(), ".cache"), "pulumi-entrasync");
}

/** Its folder, there or not. */
export function folderOf({ kind, version }: Kept): string {
    return join(cacheRoot(), kind, `${version}-${process.platform}-${process.arch}`);
}

/** Its executable in `folder`. */
function commandIn(folder: string, { program }: Kept): string {
    return join(folder, "bin", executableName(program));
}

/** What an earlier call left in the cache. It was run before it got there: nothing is run here. */
export async function findInCache(kept: Kept): Promise<{ command: string; origin: CachedOrigin } | undefined> {
    const folder = folderOf(kept);
    const command = commandIn(folder, kept);
    try {
        const stamp: unknown = JSON.parse(await readFile(join(folder, `${kept.kind}.json`), "utf8"));
        const origin = typeof stamp === "object" && stamp !== null && "origin" in stamp ? stamp.origin : undefined;
        const known = origin === "cache-download" || origin === "cache-build";
        return known && isExecutable(command) ? { command, origin } : undefined;
    } catch {
        return undefined;
    }
}

/**
 * Has `fill` put a `bin` folder with the program into a new folder, has `prove` run it, and moves it into the cache.
 * The caller holds the lock: what an interrupted call left behind can therefore go.
 */
export async function addToCache(
    kept: Kept,
    origin: CachedOrigin,
    fill: (folder: string) => Promise<void>,
    prove: (command: string) => Promise<void>,
): Promise<string> {
    const target = folderOf(kept);
    const parent = dirname(target);
    const partPrefix = `${basename(target)}.part-`;
    await mkdir(parent, { recursive: true });
    for (const left of await readdir(parent)) {
        if (left.startsWith(partPrefix)) await rm(join(parent, left), { recursive: true, force: true });
    }
    const part = await mkdtemp(join(parent, partPrefix));
    try {
        await fill(part);
        await prove(commandIn(part, kept));
        await writeFile(join(part, `${kept.kind}.json`), `${JSON.stringify({ version: kept.version, origin })}\n`);
        await rm(target, { recursive: true, force: true });
        await rename(part, target);
    } finally {
        await rm(part, { recursive: true, force: true });
    }
    return commandIn(target, kept);
}
