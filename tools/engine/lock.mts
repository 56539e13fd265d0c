import { rmSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 250;
const sayAgainMs = 15_000;
const touchMs = 5_000;
/** Six times what a living owner needs; for owners on another machine or in another container, whose pid says nothing. */
const staleMs = 30_000;

type Owner = { pid: number; host: string };

/**
 * Runs `action` while holding `folder`, which exists as long as somebody holds it. A lock whose owner is gone is taken
 * over. Two that take over the same one at the same moment could both go on: they would build twice, and the second
 * rename would win; nothing is torn by that, so nothing more is done about it.
 */
export async function withLock<T>(
    folder: string,
    onWait: (line: string) => void,
    action: () => Promise<T>,
): Promise<T> {
    await mkdir(dirname(folder), { recursive: true });
    await acquire(folder, onWait);
    const touch = setInterval(() => void utimes(folder, new Date(), new Date()).catch(() => undefined), touchMs);
    const release = () => rmSync(folder, { recursive: true, force: true });
    process.once("exit", release);
    try {
        return await action();
    } finally {
        clearInterval(touch);
        process.removeListener("exit", release);
        release();
    }
}

async function acquire(folder: string, onWait: (line: string) => void): Promise<void> {
    const started = Date.now();
    let sayNext = started;
    while (!(await take(folder))) {
        const owner = await ownerOf(folder);
        if (await isStale(folder, owner)) {
            await discard(folder);
            continue;
        }
        if (Date.now() >= sayNext) {
            const who = owner === undefined ? "another process" : `process ${owner.pid}`;
            const waited = Math.round((Date.now() - started) / 1000);
            onWait(`waiting for ${who}, which is getting the same${waited > 0 ? ` (${waited} s)` : ""}`);
            sayNext = Date.now() + sayAgainMs;
        }
        await sleep(pollMs);
    }
}

async function take(folder: string): Promise<boolean> {
    try {
        await mkdir(folder);
    } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
        throw error;
    }
    const owner: Owner = { pid: process.pid, host: hostname() };
    await writeFile(join(folder, "owner.json"), JSON.stringify(owner));
    return true;
}

async function ownerOf(folder: string): Promise<Owner | undefined> {
    try {
        const value: unknown = JSON.parse(await readFile(join(folder, "owner.json"), "utf8"));
        if (typeof value !== "object" || value === null || !("pid" in value) || !("host" in value)) return undefined;
        return typeof value.pid === "number" && typeof value.host === "string"
            ? { pid: value.pid, host: value.host }
            : undefined;
    } catch {
        return undefined;
    }
}

async function isStale(folder: string, owner: Owner | undefined): Promise<boolean> {
    if (owner?.host === hostname() && !isAlive(owner.pid)) return true;
    try {
        return Date.now() - (await stat(folder)).mtimeMs > staleMs;
    } catch {
        return false;
    }
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return error instanceof Error && "code" in error && error.code === "EPERM";
    }
}

/** Moved aside first: a rename succeeds for one of several processes only. */
async function discard(folder: string): Promise<void> {
    const aside = `${folder}.stale-${process.pid}`;
    await rename(folder, aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
}
