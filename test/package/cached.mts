import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "../../tools/engine/cache.mts";
import { withLock } from "../../tools/engine/lock.mts";
import { install } from "./packed.mts";

/** For hooks that download what is not kept here yet, on a machine that may be busy: this bounds a hang. */
export const downloadLimitMs = 900_000;

/** What a test needs of others can't be had here: it is skipped with this as its reason. */
export class NotToBeHad extends Error {
    override readonly name = "NotToBeHad";
}

const folderOf = (name: string, version: string) =>
    join(cacheRoot(), "npm", `${name.replace("/", "+")}-${version}-${process.platform}-${process.arch}`);

/**
 * The folder that an npm package of an exact version is installed in, with its `node_modules`: kept beside the engines,
 * installed by the first call. Nothing of it is run to install it.
 */
export async function cachedPackage(name: string, version: string): Promise<string> {
    const folder = folderOf(name, version);
    if (existsSync(folder)) return folder;
    return withLock(
        `${folder}.lock`,
        () => undefined,
        async () => {
            if (!existsSync(folder)) await fill(folder, name, version);
            return folder;
        },
    );
}

async function fill(folder: string, name: string, version: string): Promise<void> {
    await mkdir(dirname(folder), { recursive: true });
    const part = await mkdtemp(`${folder}.part-`);
    try {
        await writeFile(join(part, "package.json"), JSON.stringify({ name: "kept", private: true }));
        await install(part, `${name}@${version}`).catch((error: unknown) => {
            const why =
                String(error)
                    .split("\n")
                    .find((line) => /npm error/.test(line)) ?? String(error);
            throw new NotToBeHad(`${name} ${version} can't be had here: ${why}`);
        });
        await rename(part, folder);
    } finally {
        await rm(part, { recursive: true, force: true });
    }
}

/** What a package manager keeps of what it downloaded, for the next run. */
export async function downloadsOf(manager: string): Promise<string> {
    const folder = join(cacheRoot(), "npm", "downloads", manager);
    await mkdir(folder, { recursive: true });
    return folder;
}

/** Takes this package out of it again: another tarball comes with each run. */
export async function forgetOurs(folder: string): Promise<void> {
    if (!existsSync(folder)) return;
    for (const name of await readdir(folder)) {
        if (/^(npm-)?pulumi-entrasync-/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
    }
}
