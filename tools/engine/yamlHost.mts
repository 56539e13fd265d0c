import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { addToCache, findInCache, folderOf, type Kept } from "./cache.mts";
import type { Engine } from "./engine.mts";
import { environmentFor } from "./environment.mts";
import { executableName, isExecutable } from "./executables.mts";
import { messageOf, RungFailure, YamlHostUnavailable } from "./failure.mts";
import { compile, goVersion } from "./go.mts";
import { yamlProgram } from "./hosts.mts";
import { withLock } from "./lock.mts";
import { usersOnPath } from "./onPath.mts";
import { pinnedYamlVersion } from "./version.mts";

/** What runs YAML programs for an engine. */
export interface YamlHost {
    /** The absolute path of `pulumi-language-yaml`. */
    readonly command: string;
    /** In place of the engine's own `environment`, for a child that runs YAML programs. It runs all others too. */
    readonly environment: Record<string, string>;
}

const kept: Kept = { kind: "yaml-host", version: pinnedYamlVersion, program: yamlProgram };
const source = {
    path: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    version: pinnedYamlVersion,
    versionVariable: "github.com/pulumi/pulumi-yaml/pkg/version.Version",
};

/**
 * Finds the YAML language host for `engine`, or builds it: the one beside the engine, as the official CLI has it, or on
 * the PATH; else the one in the cache; else one from its Go module, which fills the cache, one process at a time.
 *
 * Apart from the engine, because it takes a build of its own, half a minute after the engine's and less than three
 * without, and hardly any program here is YAML.
 *
 * @throws YamlHostUnavailable with what was tried and every way out.
 */
export async function ensureYamlHost(
    engine: Pick<Engine, "command" | "origin">,
    { onProgress = () => {} }: { onProgress?: (line: string) => void } = {},
): Promise<YamlHost> {
    const command =
        findForEngine(engine) ??
        (await findInCache(kept))?.command ??
        (await withLock(`${folderOf(kept)}.lock`, onProgress, async () => {
            return (await findInCache(kept))?.command ?? (await build(engine, onProgress));
        }));
    return { command, environment: environmentFor(engine, command) };
}

/**
 * In the order in which an engine looks. Beside one of our build there is only a stub; and the host of another CLI, one
 * that was passed over as too old, say, is none for it: who put a host alone on the PATH has meant it.
 */
function findForEngine({ command, origin }: Pick<Engine, "command" | "origin">): string | undefined {
    const onPath = usersOnPath(yamlProgram);
    if (origin === "cache-build") {
        return onPath.find((file) => !isExecutable(join(dirname(file), executableName("pulumi"))));
    }
    const name = executableName(yamlProgram);
    const beside = join(dirname(command), name);
    const besideTarget = join(dirname(realpathSync(command)), name);
    return [beside, ...onPath, besideTarget].find(isExecutable);
}

async function build(engine: Pick<Engine, "command">, onProgress: (line: string) => void): Promise<string> {
    try {
        const go = await goVersion();
        const what = `${yamlProgram} ${pinnedYamlVersion} with ${go}`;
        onProgress(`building ${what}: up to 3 minutes the first time, then kept in the cache`);
        const fill = async (folder: string) => {
            const output = join(folder, "bin", executableName(yamlProgram));
            await mkdir(dirname(output));
            await compile(source, output, onProgress);
        };
        const command = await addToCache(kept, "cache-build", fill, prove);
        onProgress(`ready: ${command}`);
        return command;
    } catch (error) {
        if (!(error instanceof RungFailure)) throw error;
        throw new YamlHostUnavailable([
            `none beside ${engine.command} or on the PATH`,
            `version ${pinnedYamlVersion} from its Go module: ${messageOf(error)}`,
        ]);
    }
}

/** Without this option it serves until it is stopped. */
async function prove(command: string): Promise<void> {
    try {
        await promisify(execFile)(command, ["-help"], { timeout: 15_000, killSignal: "SIGKILL" });
    } catch (error) {
        throw new RungFailure(`it does not run: ${messageOf(error)}`);
    }
}
