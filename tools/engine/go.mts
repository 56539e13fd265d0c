import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { messageOf, RungFailure } from "./failure.mts";
import { modulesFolder } from "./repository.mts";
import { isAtLeast } from "./version.mts";

const sayEveryMs = 10_000;
const linesKept = 20;

/** A program among the `tool`s of modules/go.mod. */
export interface GoProgram {
    /** The import path of its main package. */
    readonly path: string;
    /** Without a `v`. */
    readonly version: string;
    /** The variable that tells the program its version: the linker sets it. */
    readonly versionVariable: string;
}

/** A workspace file above the checkout would replace our go.mod. */
const goEnvironment = () => ({ ...process.env, GOWORK: "off" });

/** Asked in the folder of our go.mod, so that a Go that fetches newer ones of itself does so, or says why it can't. */
export async function goVersion(): Promise<string> {
    const needed = /^go (\S+)$/m.exec(await readFile(join(modulesFolder, "go.mod"), "utf8"))?.[1] ?? "";
    const version = await new Promise<string>((resolve, reject) => {
        const options = { cwd: modulesFolder, env: goEnvironment() };
        execFile("go", ["env", "GOVERSION"], options, (error, stdout, stderr) => {
            if (error === null) resolve(stdout.trim());
            else if (error.code === "ENOENT") reject(new RungFailure("Go is not installed"));
            else reject(new RungFailure(`Go does not work: ${stderr.trim() || messageOf(error)}`));
        });
    });
    if (!isAtLeast(version, needed)) throw new RungFailure(`Go is ${version}; go${needed} or newer is needed`);
    return version;
}

/** Compiles `program` into the file `output`. Any failure is a {@link RungFailure}. */
export function compile(program: GoProgram, output: string, onProgress: (line: string) => void): Promise<void> {
    const flags = [
        "-mod=readonly",
        "-buildvcs=false",
        "-trimpath",
        "-ldflags",
        `-s -w -X ${program.versionVariable}=v${program.version}`,
    ];
    const started = Date.now();
    const child = spawn("go", ["build", "-v", ...flags, "-o", output, program.path], {
        cwd: modulesFolder,
        env: goEnvironment(),
        stdio: ["ignore", "ignore", "pipe"],
    });
    const killChild = () => child.kill();
    process.once("exit", killChild);

    // Go names each module that it downloads and, because of -v, each package that it compiles: thousands of lines.
    const done = { modules: 0, packages: 0 };
    const said: string[] = [];
    createInterface(child.stderr).on("line", (line) => {
        if (line.startsWith("go: downloading ")) done.modules++;
        else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) done.packages++;
        else said.push(line);
    });
    const say = setInterval(() => {
        const seconds = Math.round((Date.now() - started) / 1000);
        onProgress(`building: ${seconds} s, ${done.modules} modules downloaded, ${done.packages} packages compiled`);
    }, sayEveryMs);

    return new Promise<void>((resolve, reject) => {
        child.on("error", (error) => reject(new RungFailure(messageOf(error))));
        child.on("close", (code, signal) => {
            if (code === 0) resolve();
            else
                reject(
                    new RungFailure(
                        [`go build ended with ${code ?? signal}`, ...said.slice(-linesKept)].join("\n    "),
                    ),
                );
        });
    }).finally(() => {
        clearInterval(say);
        process.removeListener("exit", killChild);
    });
}
