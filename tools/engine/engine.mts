import { dirname } from "node:path";
import { build } from "./build.mts";
import { addToCache, type CachedOrigin, findInCache, folderOf, type Kept } from "./cache.mts";
import { download } from "./download.mts";
import { environmentFor } from "./environment.mts";
import { EngineUnavailable, messageOf, RungFailure } from "./failure.mts";
import { writeHosts } from "./hosts.mts";
import { withLock } from "./lock.mts";
import { findOnPath } from "./onPath.mts";
import { pinnedVersion, versionOf } from "./version.mts";

/** A Pulumi engine that works, and what to start it with. */
export interface Engine {
    /** The absolute path of `pulumi`. */
    readonly command: string;
    /** Its version, without a `v`. */
    readonly version: string;
    /** The user's own, or ours, and how it came into our cache. */
    readonly origin: "path" | CachedOrigin;
    /** What a child needs beside the caller's own environment: the PATH, and the settings of an engine of ours. */
    readonly environment: Record<string, string>;
}

const kept: Kept = { kind: "engine", version: pinnedVersion, program: "pulumi" };

/**
 * Finds a Pulumi engine, or gets one: the `pulumi` on the PATH if it is new enough; else the one in the cache; else
 * the official download; else one built from Go modules. The last two fill the cache, one process at a time.
 *
 * `onProgress` gets a line for each rung that does not hold, and at least every 15 seconds in what takes longer.
 *
 * @throws EngineUnavailable with all that was tried and every way out.
 */
export async function ensureEngine({
    onProgress = () => {},
}: {
    onProgress?: (line: string) => void;
} = {}): Promise<Engine> {
    const tried: string[] = [];
    const onPath = await findOnPath((why) => tried.push(why));
    if (onPath !== undefined)
        return { ...onPath, origin: "path", environment: environmentFor({ ...onPath, origin: "path" }) };

    // That there is none on the PATH is what most machines of this rung have in common; that one was passed over is news.
    for (const why of tried) if (!why.startsWith("no pulumi")) onProgress(`skipped: ${why}`);

    return (
        (await fromCache()) ??
        withLock(`${folderOf(kept)}.lock`, onProgress, async () => {
            const meanwhile = await fromCache();
            if (meanwhile !== undefined) return meanwhile;
            await fill(tried, onProgress);
            const filled = await fromCache();
            if (filled === undefined)
                throw new EngineUnavailable([...tried, `${folderOf(kept)} does not keep what is put there`]);
            return filled;
        })
    );
}

async function fromCache(): Promise<Engine | undefined> {
    const cached = await findInCache(kept);
    if (cached === undefined) return undefined;
    // The stubs of an older checkout may have been different.
    if (cached.origin === "cache-build") await writeHosts(dirname(cached.command));
    return { ...cached, version: pinnedVersion, environment: environmentFor(cached) };
}

const rungs = [
    { origin: "cache-download", what: `the official download of Pulumi ${pinnedVersion}`, get: download },
    { origin: "cache-build", what: `Pulumi ${pinnedVersion} from its Go modules`, get: build },
] as const;

async function fill(tried: string[], onProgress: (line: string) => void): Promise<void> {
    for (const { origin, what, get } of rungs) {
        onProgress(`trying ${what}`);
        try {
            const command = await addToCache(kept, origin, (folder) => get(folder, onProgress), prove);
            onProgress(`ready: ${command}`);
            return;
        } catch (error) {
            if (!(error instanceof RungFailure)) throw error;
            tried.push(`${what}: ${messageOf(error)}`);
            onProgress(`not to be had: ${messageOf(error)}`);
        }
    }
    throw new EngineUnavailable(tried);
}

async function prove(command: string): Promise<void> {
    const version = await versionOf(command);
    if (version !== pinnedVersion) throw new RungFailure(`it says that it is ${version}, not ${pinnedVersion}`);
}
