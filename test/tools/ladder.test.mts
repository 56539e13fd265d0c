import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isAtLeast, minimumVersion, pinnedVersion } from "../../tools/engine/version.mts";
import { fakePulumi, installGo } from "./fakes.mts";
import { Machine, temporaryFolder, writeScript } from "./machine.mts";

const key = `${pinnedVersion}-${process.platform}-${process.arch}`;

async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => {
        server.closeAllConnections();
        server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The official download of a fake engine, with its list of sums. */
async function serveDownload(sumOf: (archive: Buffer) => string): Promise<string> {
    const folder = temporaryFolder();
    writeScript(join(folder, "pulumi", "pulumi"), ...fakePulumi(pinnedVersion));
    writeScript(join(folder, "pulumi", "pulumi-language-nodejs"), "exit 9");
    execFileSync("tar", ["-czf", "archive", "pulumi"], { cwd: folder });
    const archive = readFileSync(join(folder, "archive"));
    const name = `pulumi-v${pinnedVersion}-${process.platform}-${process.arch}.tar.gz`;
    return serve((request, response) => {
        if (request.url === `/${name}`) response.end(archive);
        else if (request.url === `/pulumi-${pinnedVersion}-checksums.txt`) {
            response.end(`${"0".repeat(64)}  SomethingElse.zip\n${sumOf(archive)}  ${name}\n`);
        } else response.writeHead(404).end();
    });
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("versions compare by number, and nonsense is never new enough", () => {
    expect(isAtLeast("3.142.0", "3.142.0")).toBe(true);
    expect(isAtLeast("v3.1000.0-dev.1", "3.142.0")).toBe(true);
    expect(isAtLeast("3.99.9", "3.142.0")).toBe(false);
    expect(isAtLeast("4.0.0", "3.142.0")).toBe(true);
    expect(isAtLeast("go1.26.8", "1.26")).toBe(true);
    expect(isAtLeast("go1.9", "1.26")).toBe(false);
    expect(isAtLeast("devel", "1.26")).toBe(false);
});

test("a new enough pulumi on the PATH is used, and nothing is put into the cache", async () => {
    const machine = new Machine();
    const command = machine.install("pulumi", ...fakePulumi(minimumVersion));
    const { code, stdout, stderr } = await machine.run("ensure.mts");
    expect(stderr).toBe("");
    expect(stdout).toBe(`Pulumi ${minimumVersion} (path): ${command}\n`);
    expect(code).toBe(0);
    expect(existsSync(machine.cache)).toBe(false);
});

test("an old and a broken pulumi are passed over, aloud, for a good one behind them", async () => {
    const machine = new Machine();
    const old = machine.install("pulumi", ...fakePulumi("3.99.0"));
    const broken = machine.install("pulumi", "echo 'no such library' >&2", "exit 127");
    const good = machine.install("pulumi", ...fakePulumi("3.300.0"));
    const { stdout } = await machine.run("ensure.mts");
    expect(stdout).toContain(`Pulumi 3.300.0 (path): ${good}`);

    const without = new Machine();
    without.addToPath(join(old, ".."));
    without.addToPath(join(broken, ".."));
    const { code, stderr } = await without.run("ensure.mts");
    expect(code).toBe(1);
    expect(stderr).toContain(`skipped: ${old} is 3.99.0; ${minimumVersion} or newer is needed`);
    expect(stderr).toContain(`skipped: ${broken} does not work: \`pulumi version\` failed with 127: no such library`);
});

test("neither npm's bin folder nor our own cache passes for the user's pulumi", async () => {
    const machine = new Machine();
    const npm = join(machine.folder, "node_modules", ".bin");
    const cached = join(machine.cache, "engine", "other", "bin");
    for (const folder of [npm, cached]) {
        writeScript(join(folder, "pulumi"), ...fakePulumi("3.300.0"));
        machine.addToPath(folder);
    }
    expect((await machine.run("ensure.mts")).code).toBe(1);
});

test("without any rung: one message with every way out, and no stack trace", async () => {
    const { code, stdout, stderr } = await new Machine().run("pulumi.mts", "version");
    expect(code).toBe(1);
    expect(stdout).toBe("");
    for (const part of [
        "- no pulumi on the PATH",
        "can't be reached",
        "Go is not installed",
        "https://www.pulumi.com/docs/install/",
        "https://get.pulumi.com",
        "https://go.dev/doc/install",
    ]) {
        expect(stderr).toContain(part);
    }
    expect(stderr).not.toMatch(/^\s+at /m);
});

test("a Go that is too old is named", async () => {
    const machine = new Machine();
    installGo(machine, "go1.20.3");
    const { code, stderr } = await machine.run("ensure.mts");
    expect(code).toBe(1);
    expect(stderr).toContain("Go is go1.20.3; go1.26 or newer is needed");
});

test("a Go that refuses our go.mod is quoted", async () => {
    const machine = new Machine();
    machine.install("go", "echo 'go: go.mod requires go >= 1.26 (running go 1.22.1; GOTOOLCHAIN=local)' >&2", "exit 1");
    expect((await machine.run("ensure.mts")).stderr).toContain("Go does not work: go: go.mod requires go >= 1.26");
});

test("the official download is checked, kept, and used again without the network", async () => {
    const machine = new Machine().set("PULUMI_ENTRASYNC_DOWNLOADS", await serveDownload(sha256));
    const first = await machine.run("ensure.mts");
    const command = join(machine.cache, "engine", key, "bin", "pulumi");
    expect(first.stdout).toBe(`Pulumi ${pinnedVersion} (cache-download): ${command}\n`);
    expect(readdirSync(join(machine.cache, "engine"))).toEqual([key]);

    machine.set("PULUMI_ENTRASYNC_DOWNLOADS", "http://127.0.0.1:1");
    const second = await machine.run("ensure.mts");
    expect(second).toEqual({ code: 0, stdout: first.stdout, stderr: "" });
});

test("a download with another sum is thrown away, and the ladder goes on", async () => {
    const machine = new Machine().set("PULUMI_ENTRASYNC_DOWNLOADS", await serveDownload(() => "1".repeat(64)));
    const { code, stderr } = await machine.run("ensure.mts");
    expect(code).toBe(1);
    expect(stderr).toMatch(/has the SHA-256 sum [0-9a-f]{64}, not 1{64}/);
    expect(stderr).toContain("Go is not installed");
    expect(readdirSync(join(machine.cache, "engine"))).toEqual([]);
});

test("a list of sums that is not one is no list", async () => {
    const machine = new Machine().set(
        "PULUMI_ENTRASYNC_DOWNLOADS",
        await serve((_, response) => response.end("<html>please log in</html>")),
    );
    expect((await machine.run("ensure.mts")).stderr).toContain("does not name pulumi-v");
});

test("a download that isn't there, or a host that doesn't answer, costs seconds at most", async () => {
    const missing = new Machine().set(
        "PULUMI_ENTRASYNC_DOWNLOADS",
        await serve((_, response) => response.writeHead(404).end()),
    );
    expect((await missing.run("ensure.mts")).stderr).toContain("answers 404");

    const hanging = new Machine().set("PULUMI_ENTRASYNC_DOWNLOADS", await serve(() => {}));
    const started = performance.now();
    expect((await hanging.run("ensure.mts")).stderr).toContain("gives no answer in 5 s");
    expect(performance.now() - started).toBeLessThan(15_000);
});

test("the engine is built from our modules, unchanged, at the pinned version; then kept", async () => {
    const machine = new Machine();
    const log = installGo(machine, "go1.26.8");
    const { stdout, stderr } = await machine.run("ensure.mts");
    expect(stdout).toContain("(cache-build)");
    expect(stderr).toContain(`building Pulumi ${pinnedVersion} with go1.26.8`);
    expect(readFileSync(log, "utf8")).toContain("-mod=readonly");
    expect(readFileSync(log, "utf8")).toContain(`version.Version=v${pinnedVersion}`);
    const bin = join(machine.cache, "engine", key, "bin");
    expect(readdirSync(bin).sort()).toEqual([
        "pulumi",
        "pulumi-language-nodejs",
        "pulumi-language-yaml",
        "pulumi-resource-pulumi-nodejs",
    ]);

    await machine.run("ensure.mts");
    expect(readFileSync(log, "utf8").trim().split("\n")).toHaveLength(1);
});

test("a build that fails says what go said, and leaves nothing", async () => {
    const machine = new Machine();
    installGo(machine, "go1.26.8", { beforeBuild: ["echo 'verifying module: checksum mismatch' >&2", "exit 1"] });
    const { code, stderr } = await machine.run("ensure.mts");
    expect(code).toBe(1);
    expect(stderr).toContain("go build ended with 1");
    expect(stderr).toContain("checksum mismatch");
    expect(readdirSync(join(machine.cache, "engine"))).toEqual([]);
});

test("of two processes one builds, and the other says that it waits", async () => {
    const machine = new Machine();
    const log = installGo(machine, "go1.26.8", { beforeBuild: ["sleep 2"] });
    const results = await Promise.all([machine.run("ensure.mts"), machine.run("ensure.mts")]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    // Who comes between the lock and its owner's name in it has no number to say.
    const waiting = /waiting for (process \d+|another process), which is getting the same/;
    expect(results.filter(({ stderr }) => waiting.test(stderr))).toHaveLength(1);
    expect(readFileSync(log, "utf8").trim().split("\n")).toHaveLength(1);
});

test("a lock and a half-made folder of a process that is gone hold nobody up", async () => {
    const machine = new Machine();
    installGo(machine, "go1.26.8");
    const lock = join(machine.cache, "engine", `${key}.lock`);
    mkdirSync(lock, { recursive: true });
    mkdirSync(join(machine.cache, "engine", `${key}.part-abc`));
    // No process has the highest pid and one more.
    writeFileSync(join(lock, "owner.json"), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    expect((await machine.run("ensure.mts")).code).toBe(0);
    expect(readdirSync(join(machine.cache, "engine"))).toEqual([key]);
});

test("an interrupt in the middle of a build lets go of the lock and stops the compiler", async () => {
    const machine = new Machine();
    installGo(machine, "go1.26.8", { beforeBuild: ["echo compiling >&2", "exec sleep 60"] });
    const running = machine.start("ensure.mts");
    await running.prints("building Pulumi");
    await expect.poll(() => existsSync(join(machine.folder, "go.log")), { timeout: 10_000 }).toBe(true);
    running.kill("SIGINT");
    // Would wait for the compiler too, which has the same stderr.
    expect((await running.result).code).toBe(130);
    expect(existsSync(join(machine.cache, "engine", `${key}.lock`))).toBe(false);
});

test("pulumi.mts passes arguments, directory and exit code through, and says nothing itself", async () => {
    const machine = new Machine().set("FAKE_EXIT", "7");
    machine.install("pulumi", ...fakePulumi("3.300.0"));
    const { code, stdout, stderr } = await machine.run("pulumi.mts", "stack", "export", "--file", "a b");
    expect(stderr).toBe("");
    expect(stdout).toBe(`pulumi 3.300.0 in ${machine.folder} with stack export --file a b\n`);
    expect(code).toBe(7);
});

test("without a terminal one interrupt reaches pulumi, however often it comes", async () => {
    const machine = new Machine();
    machine.install(
        "pulumi",
        'if [ "$1" = version ]; then echo v3.300.0; exit 0; fi',
        // Not the shell's trap: Debian's loses a signal that comes while a command starts.
        `exec ${process.execPath} -e '${[
            'process.on("SIGINT", () => { console.log("interrupted"); setTimeout(() => process.exit(5), 1000); });',
            "setTimeout(() => {}, 60_000);",
            'console.log("started");',
        ].join(" ")}'`,
    );
    const running = machine.start("pulumi.mts", "up");
    await running.prints("started");
    for (let times = 0; times < 3; times++) running.kill("SIGINT");
    const { code, stdout } = await running.result;
    expect(stdout).toBe("started\ninterrupted\n");
    expect(code).toBe(5);
});
