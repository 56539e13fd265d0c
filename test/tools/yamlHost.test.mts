/* Where the YAML language host comes from, on machines of fakes. Real YAML programs: yamlPrograms.test.mts. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { isYamlProject, projectDirectory } from "../../tools/engine/project.mts";
import { pinnedVersion, pinnedYamlVersion } from "../../tools/engine/version.mts";
import { fakePulumi, installGo } from "./fakes.mts";
import { Machine, repositoryRoot, temporaryFolder, write, writeScript } from "./machine.mts";

const platform = `${process.platform}-${process.arch}`;
const program = "pulumi-language-yaml";

/** A CLI that starts its YAML host as an engine does: the first on the PATH, else the one beside it. */
const startsHost = (version: string) => [
    `if [ "$1" = version ]; then echo v${version}; exit 0; fi`,
    `host=$(command -v ${program} || echo "$(dirname "$0")/${program}")`,
    `exec "$host" "$@"`,
];
const fakeHost = (name: string) => [`echo "${name} with $*"`];

/** A machine in whose folder there is a YAML project. */
function machineWithProject(runtime = "yaml"): Machine {
    const machine = new Machine();
    write(join(machine.folder, "Pulumi.yaml"), `name: program\nruntime: ${runtime}\n`);
    return machine;
}

const hostFolder = (machine: Machine) => join(machine.cache, "yaml-host", `${pinnedYamlVersion}-${platform}`);

/** An engine in the cache, as an earlier call left it. */
function cacheEngine(machine: Machine, origin: string): string {
    const folder = join(machine.cache, "engine", `${pinnedVersion}-${platform}`);
    write(join(folder, "engine.json"), JSON.stringify({ version: pinnedVersion, origin }));
    writeScript(join(folder, "bin", "pulumi"), ...startsHost(pinnedVersion));
    return folder;
}

test("the host beside the pulumi on the PATH is used, and nothing is built", async () => {
    const machine = machineWithProject();
    const log = installGo(machine, "go1.26.8");
    const pulumi = machine.install("pulumi", ...startsHost("3.300.0"));
    writeScript(join(dirname(pulumi), program), ...fakeHost("beside"));
    machine.install(program, ...fakeHost("elsewhere"));
    const result = await machine.run("pulumi.mts", "up");
    expect(result).toEqual({ code: 0, stdout: "beside with up\n", stderr: "" });
    expect(existsSync(log)).toBe(false);
    expect(existsSync(machine.cache)).toBe(false);
});

test("a pulumi without one takes the host elsewhere on the PATH", async () => {
    const machine = machineWithProject();
    machine.install("pulumi", ...startsHost("3.300.0"));
    machine.install(program, ...fakeHost("elsewhere"));
    expect(await machine.run("pulumi.mts", "up")).toEqual({ code: 0, stdout: "elsewhere with up\n", stderr: "" });
    expect(existsSync(machine.cache)).toBe(false);
});

test("where there is none it is built from our modules, unchanged; then kept", async () => {
    const machine = machineWithProject();
    const log = installGo(machine, "go1.26.8", { built: fakeHost("built") });
    machine.install("pulumi", ...startsHost("3.300.0"));
    const first = await machine.run("pulumi.mts", "up");
    expect(first.stdout).toBe("built with up\n");
    expect(first.stderr).toContain(`engine: building ${program} ${pinnedYamlVersion} with go1.26.8`);
    const said = readFileSync(log, "utf8");
    expect(said).toContain("-mod=readonly");
    expect(said).toContain(`version.Version=v${pinnedYamlVersion}`);
    expect(said).toMatch(/github\.com\/pulumi\/pulumi-yaml\/cmd\/pulumi-language-yaml\n$/);
    expect(readdirSync(dirname(hostFolder(machine)))).toEqual([`${pinnedYamlVersion}-${platform}`]);

    expect(await machine.run("pulumi.mts", "up")).toEqual({ code: 0, stdout: "built with up\n", stderr: "" });
    expect(readFileSync(log, "utf8")).toBe(said);
});

test("of two processes one builds it", async () => {
    const machine = machineWithProject();
    const log = installGo(machine, "go1.26.8", { built: fakeHost("built"), beforeBuild: ["sleep 2"] });
    machine.install("pulumi", ...startsHost("3.300.0"));
    const results = await Promise.all([machine.run("pulumi.mts", "up"), machine.run("pulumi.mts", "up")]);
    expect(results.map(({ stdout }) => stdout)).toEqual(["built with up\n", "built with up\n"]);
    expect(results.filter(({ stderr }) => stderr.includes("waiting for process"))).toHaveLength(1);
    expect(readFileSync(log, "utf8").trim().split("\n")).toHaveLength(1);
});

test("an official download has it beside it", async () => {
    const machine = machineWithProject();
    const engine = cacheEngine(machine, "cache-download");
    writeScript(join(engine, "bin", program), ...fakeHost("beside"));
    expect(await machine.run("pulumi.mts", "up")).toEqual({ code: 0, stdout: "beside with up\n", stderr: "" });
    expect(readdirSync(machine.cache)).toEqual(["engine"]);
});

describe("an engine of our build", () => {
    test("that an older checkout left in the cache gets a stub, and is not built again", async () => {
        const machine = machineWithProject();
        const log = installGo(machine, "go1.26.8", { built: fakeHost("built") });
        const engine = cacheEngine(machine, "cache-build");
        const state = () => ["engine.json", "bin/pulumi"].map((name) => statSync(join(engine, name)).mtimeMs);
        const before = state();
        expect((await machine.run("pulumi.mts", "up")).stdout).toBe("built with up\n");
        expect(state()).toEqual(before);
        expect(readFileSync(log, "utf8").trim().split("\n")).toHaveLength(1);
        expect(readFileSync(join(engine, "bin", program), "utf8")).toContain("PULUMI_ENTRASYNC_YAML_HOST");
    });

    test("takes a host alone on the PATH, and not one that belongs to a pulumi that was passed over", async () => {
        const machine = machineWithProject();
        installGo(machine, "go1.26.8", { built: fakeHost("built") });
        cacheEngine(machine, "cache-build");
        const old = machine.install("pulumi", ...fakePulumi("3.99.0"));
        writeScript(join(dirname(old), program), ...fakeHost("old"));
        expect((await machine.run("pulumi.mts", "up")).stdout).toBe("built with up\n");
        machine.install(program, ...fakeHost("alone"));
        expect((await machine.run("pulumi.mts", "up")).stdout).toBe("alone with up\n");
    });

    test("started without the host says how to start it", async () => {
        const machine = machineWithProject("nodejs");
        cacheEngine(machine, "cache-build");
        const { code, stderr } = await machine.run("pulumi.mts", "up");
        expect(code).not.toBe(0);
        expect(stderr).toContain("YAML programs need: npm run pulumi");
    });
});

test("a project of another runtime, or none, builds nothing", async () => {
    for (const machine of [machineWithProject("nodejs"), new Machine()]) {
        const log = installGo(machine, "go1.26.8");
        machine.install("pulumi", ...fakePulumi("3.300.0"));
        const { stderr } = await machine.run("pulumi.mts", "up");
        expect(stderr).toBe("");
        expect(existsSync(log)).toBe(false);
    }
});

test("where it can't be had: one message with every way out, and no stack trace", async () => {
    const without = machineWithProject();
    const pulumi = without.install("pulumi", ...startsHost("3.300.0"));
    const { code, stdout, stderr } = await without.run("pulumi.mts", "up");
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(`- none beside ${pulumi} or on the PATH`);
    expect(stderr).toContain(`- version ${pinnedYamlVersion} from its Go module: Go is not installed`);
    expect(stderr).toContain("https://www.pulumi.com/docs/install/");
    expect(stderr).toContain("https://go.dev/doc/install");
    expect(stderr).not.toMatch(/^\s+at /m);
});

test("a build that fails, or doesn't run, leaves nothing", async () => {
    for (const { go, says } of [
        { go: { beforeBuild: ["echo 'checksum mismatch' >&2", "exit 1"] }, says: "checksum mismatch" },
        { go: { built: ["echo 'no such library' >&2", "exit 127"] }, says: "no such library" },
    ]) {
        const machine = machineWithProject();
        machine.install("pulumi", ...startsHost("3.300.0"));
        installGo(machine, "go1.26.8", go);
        const { code, stderr } = await machine.run("pulumi.mts", "up");
        expect(code).toBe(1);
        expect(stderr).toContain(says);
        expect(readdirSync(dirname(hostFolder(machine)))).toEqual([]);
    }
});

test("what is pinned is what go.mod says", () => {
    const modules = readFileSync(join(repositoryRoot, "tools/engine/modules/go.mod"), "utf8");
    expect(modules).toContain(`\tgithub.com/pulumi/pulumi/pkg/v3 v${pinnedVersion} `);
    expect(modules).toContain(`\tgithub.com/pulumi/pulumi-yaml v${pinnedYamlVersion} `);
});

describe("a project is YAML", () => {
    test.for([
        { file: "Pulumi.yaml", text: "name: p\nruntime: yaml\n", is: true },
        { file: "Pulumi.yml", text: "runtime: 'yaml' # the simplest\r\nname: p\r\n", is: true },
        { file: "Pulumi.yaml", text: "runtime:\n\n  # with options\n  options: {}\n  name: yaml\n", is: true },
        { file: "Pulumi.yaml", text: 'runtime: { "name": "yaml", options: {} }\n', is: true },
        { file: "Pulumi.json", text: '{ "name": "p", "runtime": "yaml" }', is: true },
        { file: "Pulumi.json", text: '{ "runtime": { "name": "yaml" } }', is: true },
        { file: "Pulumi.json", text: '{ "runtime": "nodejs", "name": "yaml" }', is: false },
        { file: "Pulumi.json", text: "{", is: false },
        { file: "Pulumi.yaml", text: "runtime: nodejs\nname: yaml\n", is: false },
        { file: "Pulumi.yaml", text: "name: p\nruntime: yamlish\n", is: false },
        { file: "Pulumi.yaml", text: "runtime:\n  name: nodejs\n  options: { a: yaml }\nname: yaml\n", is: false },
        { file: "Pulumi.yaml", text: "runtime: nodejs\nconfig:\n  runtime: yaml\n", is: false },
    ])("$file: $text: $is", ({ file, text, is }) => {
        const folder = temporaryFolder();
        write(join(folder, file), text);
        expect(isYamlProject(folder)).toBe(is);
        expect(isYamlProject(join(folder, "a", "b"))).toBe(is);
    });

    test("by the nearest file, where --cwd points", () => {
        const folder = temporaryFolder();
        write(join(folder, "Pulumi.yaml"), "runtime: yaml\n");
        write(join(folder, "inner", "Pulumi.yaml"), "runtime: nodejs\n");
        const is = (...args: string[]) => isYamlProject(projectDirectory(args, folder));
        expect(is("up")).toBe(true);
        for (const args of [
            ["up", "-C", "inner"],
            ["--cwd", "inner", "up"],
            ["up", "--cwd=inner"],
            ["-Cinner", "up"],
            ["-C=inner", "up"],
        ]) {
            expect(is(...args), args.join(" ")).toBe(false);
        }
        expect(is("up", "--", "-C", "inner")).toBe(true);
    });
});
