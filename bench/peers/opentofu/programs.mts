import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheRoot } from "../../../tools/engine/cache.mts";
import { executableName, isExecutable } from "../../../tools/engine/executables.mts";
import { messageOf } from "../../../tools/engine/failure.mts";
import { withLock } from "../../../tools/engine/lock.mts";

/** The versions of modules/go.mod. */
const openTofuVersion = "1.12.6";
const restapiVersion = "1.20.0";

/** OpenTofu and the generic REST provider, built here from their Go modules. */
export interface OpenTofu {
    readonly command: string;
    /** The folder of the provider's program. */
    readonly providers: string;
}

const modules = join(import.meta.dirname, "modules");
const packages = ["github.com/opentofu/opentofu/cmd/tofu", "github.com/Mastercard/terraform-provider-restapi"];
const programs = ["tofu", "terraform-provider-restapi"];

function folder(): string {
    const versions = `${openTofuVersion}-restapi-${restapiVersion}`;
    return join(cacheRoot(), "opentofu", `${versions}-${process.platform}-${process.arch}`);
}

/** What an earlier run has built; complete whenever it is there, for it arrives by a rename. */
export function findOpenTofu(): OpenTofu | undefined {
    const bin = join(folder(), "bin");
    return programs.every((name) => isExecutable(join(bin, executableName(name))))
        ? { command: join(bin, executableName("tofu")), providers: bin }
        : undefined;
}

/** The same, built if it is not there; `undefined`, and said why, where it can't be. */
export async function ensureOpenTofu(onProgress: (line: string) => void): Promise<OpenTofu | undefined> {
    const found = findOpenTofu();
    if (found !== undefined) {
        return found;
    }
    try {
        return await withLock(`${folder()}.lock`, onProgress, async () => findOpenTofu() ?? (await build(onProgress)));
    } catch (error) {
        onProgress(`OpenTofu ${openTofuVersion} can't be built here and is left out: ${messageOf(error)}`);
        return undefined;
    }
}

async function build(onProgress: (line: string) => void): Promise<OpenTofu | undefined> {
    onProgress(`building OpenTofu ${openTofuVersion} and its REST provider ${restapiVersion}: some 8 minutes, once`);
    const target = folder();
    await mkdir(dirname(target), { recursive: true });
    const part = await mkdtemp(`${target}.part-`);
    try {
        await mkdir(join(part, "bin"));
        await compile(join(part, "bin"));
        await promisify(execFile)(join(part, "bin", executableName("tofu")), ["version"], {
            env: { ...process.env, CHECKPOINT_DISABLE: "1" },
            timeout: 30_000,
        });
        await rm(target, { recursive: true, force: true });
        await rename(part, target);
    } finally {
        await rm(part, { recursive: true, force: true });
    }
    return findOpenTofu();
}

function compile(output: string): Promise<void> {
    const flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w"];
    const child = spawn("go", ["build", ...flags, "-o", `${output}/`, ...packages], {
        cwd: modules,
        // A workspace file above the checkout would replace our go.mod.
        env: { ...process.env, GOWORK: "off" },
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
    });
    return new Promise((resolve, reject) => {
        child.on("error", (error) =>
            reject("code" in error && error.code === "ENOENT" ? new Error("Go is not installed") : error),
        );
        child.on("close", (code) => {
            const words = said.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading"));
            return code === 0
                ? resolve()
                : reject(new Error(`go build ended with ${code}: ${words.slice(-5).join("; ")}`));
        });
    });
}
