import { type SpawnOptions, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { isSource } from "../../tools/release/copy.mts";
import { environmentElsewhere } from "../../tools/release/run.mts";

/** A file in the tarball, as `npm pack --json` lists it. */
export interface PackedFile {
    readonly path: string;
    readonly size: number;
    readonly mode: number;
}

/** What `npm pack` made of a checkout. */
export interface Packed {
    /** The absolute path of the tarball. */
    readonly tarball: string;
    readonly size: number;
    readonly unpackedSize: number;
    readonly files: readonly PackedFile[];
}

/** A file that an older build left in `dist`: what was renamed or removed since is not to be published. */
const leftOver = "dist/leftOver.js";

/** A folder outside the repository, so that nothing is found in the repository's own `node_modules`. */
export function outsideFolder(): string {
    return mkdtempSync(join(tmpdir(), "entrasync-package-"));
}

/**
 * Packs a copy of this checkout into `folder`, as whoever publishes it does, with the build that npm starts for it: the
 * other tests read the repository's own `dist` at the same time.
 */
export async function pack(folder: string): Promise<Packed> {
    const checkout = join(folder, "checkout");
    const tests = join(repositoryRoot, "test");
    cpSync(repositoryRoot, checkout, { recursive: true, filter: (path) => path !== tests && isSource(path) });
    symlinkSync(join(repositoryRoot, "node_modules"), join(checkout, "node_modules"));
    mkdirSync(join(checkout, "dist"));
    writeFileSync(join(checkout, leftOver), "");
    const printed = await run("npm", ["pack", "--json", "--silent", "--pack-destination", folder], checkout);
    const [listed] = JSON.parse(printed) as (Omit<Packed, "tarball"> & { readonly filename: string })[];
    if (listed === undefined) throw new Error(`npm pack made nothing: ${printed}`);
    return { ...listed, tarball: join(folder, basename(listed.filename)) };
}

/** Installs packages into a folder, as their user does. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
    const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await run("npm", ["install", ...packages, ...quick], folder);
}

/** Unpacks the tarball to where npm would install it in a folder, and nothing beside it. */
export async function unpack({ tarball }: Packed, folder: string): Promise<string> {
    const place = join(folder, "node_modules/pulumi-entrasync");
    mkdirSync(place, { recursive: true });
    await run("tar", ["-xzf", tarball, "-C", place, "--strip-components", "1"], folder);
    return place;
}

/** The version of a package that the lock file has. */
export function lockedVersion(name: string): string {
    const { packages } = readLock();
    const version = packages[`node_modules/${name}`]?.version;
    if (version === undefined) throw new Error(`package-lock.json has no ${name}`);
    return version;
}

export interface Lock {
    readonly packages: Readonly<
        Record<
            string,
            {
                readonly version?: string;
                readonly resolved?: string;
                readonly link?: boolean;
            }
        >
    >;
}

export function readLock(): Lock {
    return JSON.parse(readFileSync(join(repositoryRoot, "package-lock.json"), "utf8")) as Lock;
}

export function removeFolder(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
}

/** Runs a program to its end and returns what it printed; any end but success is an error. */
export function run(
    command: string,
    args: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>> = {},
): Promise<string> {
    const env = { ...outsideEnvironment(), ...environment };
    // Those are scripts on Windows, which only a shell starts.
    const shell = process.platform === "win32" && /^np[mx]$/.test(command);
    const options: SpawnOptions = { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"] };
    const child = spawn(command, args, options);
    let stdout = "";
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
        output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
    });
    return new Promise((resolve, reject) => {
        child.on("error", reject).on("close", (code) => {
            if (code === 0) resolve(stdout);
            else reject(new Error(`${command} ${args.join(" ")} ended with ${code}\n${output}`));
        });
    });
}

/** The environment of another folder's npm, with this Node.js first on the PATH. */
function outsideEnvironment(): NodeJS.ProcessEnv {
    const path = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
    return { ...environmentElsewhere(), NODE_ENV: "", PATH: path };
}
