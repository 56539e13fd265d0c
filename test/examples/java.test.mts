import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "pulumi-entrasync/emulator";
import { onTestFinished, test } from "vitest";
import { cacheRoot } from "../../tools/engine/cache.mts";
import { withLock } from "../../tools/engine/lock.mts";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { walkCompiled } from "./compiled.mts";

const run = promisify(execFile);
const source = join(repositoryRoot, "examples/java");

/*
 * The generator of SDKs for Java could not be had, so the example brings a class of its own. Only its libraries come by
 * Maven, once: for compiling, javac is there without plugins to fetch.
 */
test("java: one acquisition, and one more for another secret", { timeout: 1_200_000 }, async (context) => {
    const able = await Promise.all([run("javac", ["-version"]), run("mvn", ["-version"])]).catch(() => undefined);
    context.skip(able === undefined, "a Java compiler and Maven are not installed");
    const folder = mkdtempSync(join(tmpdir(), "entrasync-java-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const libraries = join(await ensureLibraries(), "*");
    cpSync(source, folder, { recursive: true });
    const classes = join(folder, "classes");
    const sources = ["App", "SynchronizationTokenAcquisition"].map((name) =>
        join(folder, `src/main/java/acme/${name}.java`),
    );
    await run("javac", ["--release", "11", "-Werror", "-d", classes, "-cp", libraries, ...sources]);

    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const { stdout: java } = await run("sh", ["-c", "command -v java"]);
    const command = [java.trim(), "-cp", [classes, libraries].join(delimiter), "acme.App"];
    await walkCompiled({ example: "java", language: "java" }, command, emulator);
});

/** The folder with the libraries of the example's pom.xml, kept in the cache by what that says. */
async function ensureLibraries(): Promise<string> {
    const pom = join(source, "pom.xml");
    const hash = createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 12);
    const folder = join(cacheRoot(), "java", hash);
    if (existsSync(folder)) return folder;
    return withLock(`${folder}.lock`, console.error, async () => {
        if (existsSync(folder)) return folder;
        const part = `${folder}.part`;
        await rm(part, { recursive: true, force: true });
        await mkdir(dirname(folder), { recursive: true });
        await run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${part}`]);
        await rename(part, folder);
        return folder;
    });
}
