import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheRoot } from "../../tools/engine/cache.mts";
import { withLock } from "../../tools/engine/lock.mts";

const run = promisify(execFile);
const requirements = join(import.meta.dirname, "requirements.txt");

export async function hasPython(): Promise<boolean> {
    try {
        await run("python3", ["-c", "import sys, venv; assert sys.version_info >= (3, 9)"]);
        return true;
    } catch {
        return false;
    }
}

/**
 * A Python with the packages of requirements.txt: made on the first call, in a minute, and kept in the cache outside the
 * checkout, by what the file says. Gives the path of its `python`.
 */
export async function ensurePython(): Promise<string> {
    const version = (await run("python3", ["-c", "import platform; print(platform.python_version())"])).stdout.trim();
    const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
    const folder = join(cacheRoot(), "python", `${version}-${hash}-${process.platform}-${process.arch}`);
    const python = join(folder, "bin/python");
    const complete = join(folder, "complete");
    if (existsSync(complete)) return python;
    const say = (line: string) => console.error(`python: ${line}`);
    return withLock(`${folder}.lock`, say, async () => {
        if (existsSync(complete)) return python;
        say("installing what Python programs need, once");
        await rm(folder, { recursive: true, force: true });
        await mkdir(dirname(folder), { recursive: true });
        // In its place from the start, for its scripts name it; so a file says when it is complete.
        await run("python3", ["-m", "venv", folder]);
        await run(python, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
        const stamp = join(folder, "part");
        await run(python, ["-c", `open(${JSON.stringify(stamp)}, "w").close()`]);
        await rename(stamp, complete);
        return python;
    });
}
