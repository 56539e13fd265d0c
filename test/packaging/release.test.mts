import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Emulator, startEmulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { pluginName, version } from "../../tools/plugin/contents.mts";
import { liveOnce, openYaml, yamlProgram } from "./program.mts";

const folder = mkdtempSync(join(tmpdir(), "entrasync-release-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const release = (to: string) =>
    promisify(execFile)(process.execPath, [join(repositoryRoot, "tools/plugin/release.mts"), to]);
const contentOf = async (name: string) => {
    const { stdout } = await promisify(execFile)("tar", ["-tvzf", join(folder, name)]);
    return stdout
        .trim()
        .split("\n")
        .map((line) => [line.split(/\s+/)[0], line.split(/\s+/).at(-1)]);
};

let emulator: Emulator;
beforeAll(async () => {
    await release(folder);
    emulator = await startEmulator();
});
afterAll(() => emulator.close());

const systems = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64"];
const archiveOf = (system: string) => `${pluginName}-v${version}-${system}.tar.gz`;
const checksums = `${pluginName}-v${version}-checksums.txt`;

/** As the engine names this machine. */
const here = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;

describe("a release", () => {
    test("has an archive for each system, and a list of checksums that fits them", () => {
        expect(readdirSync(folder).sort()).toEqual([checksums, ...systems.map(archiveOf)].sort());
        const expected = systems.map((system) => {
            const sum = createHash("sha256").update(readFileSync(join(folder, archiveOf(system))));
            return `${sum.digest("hex")}  ${archiveOf(system)}`;
        });
        expect(readFileSync(join(folder, checksums), "utf8").trimEnd().split("\n")).toEqual(expected);
    });

    test("holds the plugin, startable, with its licences; on Windows a command that starts it", async () => {
        const files = [
            ["-rw-r--r--", "LICENSE"],
            ["-rwxr-xr-x", pluginName],
            ["-rw-r--r--", `${pluginName}.LEGAL.txt`],
        ];
        expect(await contentOf(archiveOf("linux-amd64"))).toEqual(files);
        expect(await contentOf(archiveOf("windows-arm64"))).toEqual([
            ...files.slice(0, 2),
            ["-rwxr-xr-x", `${pluginName}.cmd`],
            ...files.slice(2),
        ]);
    });

    test("made again is the same, byte for byte", async () => {
        const second = mkdtempSync(join(tmpdir(), "entrasync-release-"));
        onTestFinished(() => rmSync(second, { recursive: true, force: true }));
        await release(second);
        expect(readFileSync(join(second, checksums), "utf8")).toBe(readFileSync(join(folder, checksums), "utf8"));
    });

    test("is installed from its file, and a program finds it", async () => {
        await using stack = await openYaml(yamlProgram(), emulator);
        await stack.does([
            "plugin",
            "install",
            "resource",
            "entrasync",
            version,
            "--file",
            join(folder, archiveOf(here)),
        ]);
        expect((await stack.does(["plugin", "ls"])).stdout).toMatch(new RegExp(`entrasync +resource +${version}`));
        await liveOnce(stack, emulator);
    });

    test("is downloaded by the name that the engine asks for", async () => {
        const asked: string[] = [];
        const server = createServer((request, response) => {
            asked.push(request.url ?? "");
            response.end(readFileSync(join(folder, (request.url ?? "").slice(1))));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        onTestFinished(() => void server.close());
        await using stack = await openYaml(yamlProgram(), emulator);
        const { port } = server.address() as AddressInfo;
        const from = ["--server", `http://127.0.0.1:${port}`];
        await stack.does(["plugin", "install", "resource", "entrasync", version, ...from]);
        expect(asked).toEqual([`/${archiveOf(here)}`]);
        expect((await stack.does(["plugin", "ls"])).stdout).toMatch(new RegExp(`entrasync +resource +${version}`));
    });
});
