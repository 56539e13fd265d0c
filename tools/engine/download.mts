import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import * as http from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { messageOf, RungFailure } from "./failure.mts";
import { pinnedVersion } from "./version.mts";

/** Where a network doesn't answer at all, this is what the ladder loses on its way to the next rung. */
const answerTimeoutMs = 5_000;
const stallTimeoutMs = 30_000;
const sayEveryMs = 5_000;

/**
 * The archive and the list of its SHA-256 sums come from two hosts, the CDN and the release page, so that neither
 * alone can replace the engine. PULUMI_ENTRASYNC_DOWNLOADS names one folder that has both: a mirror, or a test's server.
 */
function addresses(platform: string): { archive: string; checksums: string } {
    const mirror = process.env.PULUMI_ENTRASYNC_DOWNLOADS?.replace(/\/+$/, "");
    const archive = mirror ?? "https://get.pulumi.com/releases/sdk";
    const checksums = mirror ?? `https://github.com/pulumi/pulumi/releases/download/v${pinnedVersion}`;
    return {
        archive: `${archive}/pulumi-v${pinnedVersion}-${platform}.tar.gz`,
        checksums: `${checksums}/pulumi-${pinnedVersion}-checksums.txt`,
    };
}

/** Pulumi's own name for this machine. Windows' archives are zip files: not worth a reader of them, the CLI's installer is one click. */
function platformName(): string {
    const { platform, arch } = process;
    if ((platform === "linux" || platform === "darwin") && (arch === "x64" || arch === "arm64")) {
        return `${platform}-${arch}`;
    }
    throw new RungFailure(`there is no download that this tool can unpack for ${platform}-${arch}`);
}

/** Fills `folder` with the official CLI as `bin`. Any failure is a {@link RungFailure}. */
export async function download(folder: string, onProgress: (line: string) => void): Promise<void> {
    const { archive, checksums } = addresses(platformName());
    // Node's fetch ignores HTTPS_PROXY unless told; older versions of Node can't be told.
    const restoreProxy = http.setGlobalProxyFromEnv?.();
    try {
        const expected = expectedSum(await (await get(checksums)).text(), archive);
        const file = join(folder, "archive.tar.gz");
        const actual = await save(await get(archive), file, (line) => onProgress(`${archive}: ${line}`));
        if (actual !== expected) throw new RungFailure(`${archive} has the SHA-256 sum ${actual}, not ${expected}`);
        await unpack(file, folder);
    } catch (error) {
        throw error instanceof RungFailure ? error : new RungFailure(messageOf(error));
    } finally {
        restoreProxy?.();
    }
}

async function get(url: string): Promise<Response> {
    const answered = new AbortController();
    const timer = setTimeout(() => answered.abort(), answerTimeoutMs);
    try {
        const response = await fetch(url, { signal: answered.signal });
        if (!response.ok) throw new RungFailure(`${url} answers ${response.status}`);
        return response;
    } catch (error) {
        if (error instanceof RungFailure) throw error;
        if (answered.signal.aborted) throw new RungFailure(`${url} gives no answer in ${answerTimeoutMs / 1000} s`);
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        throw new RungFailure(`${url} can't be reached (${messageOf(cause)})`);
    } finally {
        clearTimeout(timer);
    }
}

/** The list has a line for each archive: its sum in hexadecimal, blanks, its name. */
function expectedSum(list: string, archive: string): string {
    const name = archive.slice(archive.lastIndexOf("/") + 1);
    for (const line of list.split("\n")) {
        const [sum, file] = line.trim().split(/\s+\*?/);
        if (file === name && sum !== undefined && /^[0-9a-f]{64}$/i.test(sum)) return sum.toLowerCase();
    }
    throw new RungFailure(`the official list of SHA-256 sums does not name ${name}`);
}

/** Writes the body to `file`; returns its SHA-256 sum. */
async function save(response: Response, file: string, onProgress: (line: string) => void): Promise<string> {
    if (response.body === null) throw new RungFailure(`${response.url} answers with nothing`);
    const totalMb = Math.round(Number(response.headers.get("content-length") ?? 0) / 1e6);
    const hash = createHash("sha256");
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(), stallTimeoutMs);
    let [bytes, sayNext] = [0, Date.now() + sayEveryMs];
    const watch = async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
            timer.refresh();
            hash.update(chunk);
            bytes += chunk.length;
            if (Date.now() >= sayNext) {
                onProgress(`${Math.round(bytes / 1e6)}${totalMb > 0 ? ` of ${totalMb}` : ""} MB`);
                sayNext = Date.now() + sayEveryMs;
            }
            yield chunk;
        }
    };
    try {
        await pipeline(response.body, watch, createWriteStream(file), { signal: stalled.signal });
    } catch (error) {
        if (stalled.signal.aborted) throw new RungFailure(`${response.url} stopped for ${stallTimeoutMs / 1000} s`);
        throw error;
    } finally {
        clearTimeout(timer);
    }
    return hash.digest("hex");
}

/** The archive holds one folder `pulumi`, with the programs in it or, in releases of long ago, in its `bin`. */
async function unpack(file: string, folder: string): Promise<void> {
    const unpacked = join(folder, "unpacked");
    await mkdir(unpacked);
    await promisify(execFile)("tar", ["-xzf", file, "-C", unpacked]);
    const inner = join(unpacked, "pulumi", "bin");
    await rename(existsSync(inner) ? inner : join(unpacked, "pulumi"), join(folder, "bin"));
    await rm(unpacked, { recursive: true });
    await rm(file);
}
