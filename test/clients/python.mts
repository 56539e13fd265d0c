import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheRoot } from "../../tools/engine/cache.mts";
import { withLock } from "../../tools/engine/lock.mts";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/**
 * A Python with the packages of `requirements.txt`, kept beside the engine: outside every checkout, one folder for each
 * set of versions. Where there is no Python, or its packages can't be had, the words to skip a test with.
 */
export async function ensurePython(): Promise<{ readonly command: string } | { readonly missing: string }> {
    const version = await output("python3", ["-c", "import sys, ensurepip, venv; print(sys.version)"]);
    if (version.code !== 0) {
        return { missing: `msgraph-sdk needs a python3 with venv and pip: ${lastLine(version.text)}` };
    }
    const wanted = createHash("sha256").update(version.text).update(readFileSync(requirements)).digest("hex");
    const folder = join(cacheRoot(), "python-clients", wanted.slice(0, 16));
    const python = { command: join(folder, "bin", "python") };
    // An environment can't be moved, so it is not complete because it is there.
    const stamp = join(folder, "complete");
    return withLock(`${folder}.lock`, console.error, async () => {
        if (existsSync(stamp)) {
            return python;
        }
        rmSync(folder, { recursive: true, force: true });
        const made = await output("python3", ["-m", "venv", folder]);
        if (made.code !== 0) {
            return { missing: `python3 made no environment for msgraph-sdk: ${lastLine(made.text)}` };
        }
        const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"];
        const installed = await output(python.command, [...install, "--requirement", requirements]);
        if (installed.code !== 0) {
            return { missing: `pip could not install msgraph-sdk: ${lastLine(installed.text)}` };
        }
        writeFileSync(stamp, "");
        return python;
    });
}

async function output(command: string, args: readonly string[]): Promise<{ code: number | null; text: string }> {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const collect = (chunk: Buffer) => {
        text += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const code = await new Promise<number | null>((resolve) => {
        child.on("error", ({ message }) => {
            text += message;
            resolve(null);
        });
        child.on("close", resolve);
    });
    return { code, text };
}

function lastLine(text: string): string {
    return text.trim().split("\n").at(-1) ?? "";
}
