import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { isExecutable } from "./executables.mts";
import { RungFailure } from "./failure.mts";
import { pinnedVersion, versionOf } from "./version.mts";

/*
 * <cache>/engine/3.259.0-linux-x64/       complete whenever it is there: it arrives by a rename
 *     engine.json                         how it came
 *     bin/pulumi                          "bin", because the Automation API's PulumiCommand.get({ root }) looks there
 * <cache>/engine/3.259.0-linux-x64.lock/  who is getting one now (lock.mts)
 * <cache>/engine/3.259.0-linux-x64.part-… what isn't complete yet
 */

export type CachedOrigin = "cache-download" | "cache-build";

/** Where engines are kept: outside every checkout, so that a fresh clone or `npm ci` doesn't build again. */
export function cacheRoot(): string {
    const { PULUMI_ENTRASYNC_CACHE, XDG_CACHE_HOME } = process.env;
    if (PULUMI_ENTRASYNC_CACHE) return resolve(PULUMI_ENTRASYNC_CACHE);
    return join(XDG_CACHE_HOME ? resolve(XDG_CACHE_HOME) : join(homedir(), ".cache"), "pulumi-entrasync");
}

/** The folder of the pinned engine for this machine, there or not. */
export function engineFolder(): string {
    return join(cacheRoot(), "engine", `${pinnedVersion}-${process.platform}-${process.arch}`);
}

/** An engine that an earlier call left in the cache. It was run before it got there: nothing is run here. */
export async function findInCache(): Promise<{ command: string; origin: CachedOrigin } | undefined> {
    const command = join(engineFolder(), "bin", "pulumi");
    try {
        const stamp: unknown = JSON.parse(await readFile(join(engineFolder(), "engine.json"), "utf8"));
        const origin = typeof stamp === "object" && stamp !== null && "origin" in stamp ? stamp.origin : undefined;
        const known = origin === "cache-download" || origin === "cache-build";
        return known && isExecutable(command) ? { command, origin } : undefined;
    } catch {
        return undefined;
    }
}

/**
 * Has `fill` put a `bin` folder with an engine into a new folder, proves that it runs, and moves it into the cache.
 * The caller holds the lock: what an interrupted call left behind can therefore go.
 */
export async function addToCache(origin: CachedOrigin, fill: (folder: string) => Promise<void>): Promise<string> {
    const target = engineFolder();
    const parent = dirname(target);
    const partPrefix = `${basename(target)}.part-`;
    await mkdir(parent, { recursive: true });
    for (const left of await readdir(parent)) {
        if (left.startsWith(partPrefix)) await rm(join(parent, left), { recursive: true, force: true });
    }
    const part = await mkdtemp(join(parent, partPrefix));
    try {
        await fill(part);
        const version = await versionOf(join(part, "bin", "pulumi"));
        if (version !== pinnedVersion) throw new RungFailure(`it says that it is ${version}, not ${pinnedVersion}`);
        await writeFile(join(part, "engine.json"), `${JSON.stringify({ version, origin })}\n`);
        await rm(target, { recursive: true, force: true });
        await rename(part, target);
    } finally {
        await rm(part, { recursive: true, force: true });
    }
    return join(target, "bin", "pulumi");
}
