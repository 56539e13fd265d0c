import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheRoot } from "../engine/cache.mts";
import { executableName } from "../engine/executables.mts";
import { withLock } from "../engine/lock.mts";
import { modulesFolder } from "../engine/repository.mts";

const engineModules = join(modulesFolder, "go.mod");

/** The folder of generate.go. */
const source = import.meta.dirname;

/** Go's, wherever a program here is compiled: with the engine's modules and flags, so that what that build left is used. */
export const goBuildFlags = ["-mod=readonly", "-buildvcs=false", "-trimpath"];

/** A workspace file above the checkout would replace the go.mod. */
export const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, GOWORK: "off" });

/**
 * The generator of SDKs, built from generate.go on the first call and kept in the cache: a quarter of a minute where the
 * engine was built before, as long as that build itself where it wasn't.
 */
export async function ensureGenerator(onProgress: (line: string) => void = () => {}): Promise<string> {
    const folder = join(cacheRoot(), "sdk-generator", `${await fingerprint()}-${process.platform}-${process.arch}`);
    const command = join(folder, executableName("generate"));
    if (existsSync(command)) return command;
    return withLock(`${folder}.lock`, onProgress, async () => {
        if (!existsSync(command)) await build(folder, onProgress);
        return command;
    });
}

/** Whether SDKs can be generated here: Go is needed, and nothing else that every machine lacks. */
export async function hasGo(): Promise<boolean> {
    try {
        await promisify(execFile)("go", ["version"]);
        return true;
    } catch {
        return false;
    }
}

/** What is built is kept by what it is built from. */
async function fingerprint(): Promise<string> {
    const hash = createHash("sha256");
    for (const file of [join(source, "generate.go"), engineModules]) hash.update(await readFile(file));
    return hash.digest("hex").slice(0, 12);
}

async function build(folder: string, onProgress: (line: string) => void): Promise<void> {
    onProgress("building the generator of SDKs, once");
    await mkdir(dirname(folder), { recursive: true });
    const part = await mkdtemp(`${folder}.part-`);
    try {
        const output = join(part, executableName("generate"));
        const flags = [`-modfile=${engineModules}`, ...goBuildFlags, "-ldflags", "-s -w"];
        await run("go", ["build", ...flags, "-o", output, "."], source);
        await rename(part, folder);
    } finally {
        await rm(part, { recursive: true, force: true });
    }
}

function run(command: string, args: readonly string[], cwd: string): Promise<void> {
    const child = spawn(command, args, { cwd, env: goEnvironment(), stdio: ["ignore", "inherit", "inherit"] });
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) =>
            code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")} ended with ${code}`)),
        );
    });
}
