import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import {
    AboutRequest,
    type AboutResponse,
    type DependencyInfo,
    GetProgramDependenciesRequest,
    type GetProgramDependenciesResponse,
    InstallDependenciesRequest,
    type InstallDependenciesResponse,
    ProgramInfo,
    RunPluginRequest,
    type RunPluginResponse,
    RunRequest,
    type RunResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, onTestFinished, test } from "vitest";
import { repositoryRoot, temporaryFolder, write, writeScript } from "./machine.mts";

/** The launcher, started as an engine does. */
async function startHost(env: NodeJS.ProcessEnv = process.env) {
    const child = spawn(join(repositoryRoot, "tools/engine/launcher/pulumi-language-nodejs"), ["127.0.0.1:1"], {
        env,
        stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
    const port = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
    const client = new LanguageRuntimeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    onTestFinished(() => client.close());
    return { child, client, ended };
}

type Done<Answer> = (error: grpc.ServiceError | null, answer: Answer) => void;

function call<Answer>(start: (done: Done<Answer>) => unknown): Promise<Answer> {
    return new Promise((resolve, reject) => start((error, answer) => (error ? reject(error) : resolve(answer))));
}

function program(): ProgramInfo {
    const folder = temporaryFolder();
    const install = (name: string, manifest: object) =>
        write(join(folder, "node_modules", name, "package.json"), JSON.stringify(manifest));
    write(
        join(folder, "package.json"),
        JSON.stringify({ dependencies: { a: "1", absent: "1" }, devDependencies: { "@s/b": "1" } }),
    );
    install("a", { version: "1.0.0", dependencies: { c: "*" } });
    install("@s/b", { version: "2.0.0" });
    install("c", { version: "3.0.0", dependencies: { a: "*" } });
    return new ProgramInfo().setRootDirectory(folder).setProgramDirectory(folder).setEntryPoint(".");
}

const named = (list: DependencyInfo[]) => Object.fromEntries(list.map((one) => [one.getName(), one.getVersion()]));

test("it names the program's installed dependencies, and theirs when asked", async () => {
    const { client } = await startHost();
    const request = new GetProgramDependenciesRequest().setInfo(program());
    const dependencies = () =>
        call<GetProgramDependenciesResponse>((done) => client.getProgramDependencies(request, done));
    expect(named((await dependencies()).getDependenciesList())).toEqual({ a: "1.0.0", "@s/b": "2.0.0" });
    request.setTransitivedependencies(true);
    expect(named((await dependencies()).getDependenciesList())).toEqual({
        a: "1.0.0",
        "@s/b": "2.0.0",
        c: "3.0.0",
    });
});

test("it says which node it runs", async () => {
    const { client } = await startHost();
    const about = await call<AboutResponse>((done) => client.about(new AboutRequest(), done));
    expect(about.getExecutable()).toContain("node");
    expect(about.getVersion()).toMatch(/^v\d+/);
});

test("a program without the SDK is an answer that says what to do", async () => {
    const { client } = await startHost();
    const answer = await call<RunResponse>((done) => client.run(new RunRequest().setInfo(program()), done));
    expect(answer.getError()).toContain("run npm install");
    expect(answer.getBail()).toBe(false);
});

test("nodeargs split as in a shell, and configuration and secret keys reach the runner", async () => {
    const info = program();
    const folder = info.getProgramDirectory();
    // In the runner's place, a program that repeats what it was given.
    write(join(folder, "node_modules/@pulumi/pulumi/package.json"), "{}");
    write(
        join(folder, "node_modules/@pulumi/pulumi/cmd/run/index.js"),
        `require("node:fs").writeFileSync("given.json", JSON.stringify({
            execArgv: process.execArgv, argv: process.argv.slice(2), config: process.env.PULUMI_CONFIG,
            secrets: process.env.PULUMI_CONFIG_SECRET_KEYS, typescript: process.env.PULUMI_NODEJS_TYPESCRIPT }));
         process.exit(32);`,
    );
    info.setOptions(Struct.fromJavaScript({ nodeargs: `--require "./a b.cjs" --title='x y'`, typescript: false }));
    write(join(folder, "a b.cjs"), "");
    const request = new RunRequest().setInfo(info).setPwd(folder).setMonitorAddress("m:1").setStack("dev");
    request.setProject("p").setOrganization("o").setDryrun(true).setParallel(4).setArgsList(["x"]);
    request.setConfigsecretkeysList(["p:token"]).getConfigMap().set("p:token", "s");
    const { client } = await startHost();
    const answer = await call<RunResponse>((done) => client.run(request, done));
    expect(answer.getBail()).toBe(true);
    expect(answer.getError()).toBe("");
    expect(JSON.parse(readFileSync(join(folder, "given.json"), "utf8"))).toEqual({
        execArgv: ["--require", "./a b.cjs", "--title=x y"],
        argv: [
            ...["--monitor", "m:1", "--engine", "127.0.0.1:1", "--organization", "o", "--project", "p"],
            ...[
                "--root-directory",
                folder,
                "--stack",
                "dev",
                "--pwd",
                folder,
                "--dry-run",
                "--parallel",
                "4",
                ".",
                "x",
            ],
        ],
        config: `{"p:token":"s"}`,
        secrets: `["p:token"]`,
        typescript: "false",
    });
});

test("a plugin that comes as source runs by the SDK's runner, and what it says is passed on", async () => {
    const info = program();
    const folder = info.getProgramDirectory();
    write(
        join(folder, "node_modules/@pulumi/pulumi/cmd/run-plugin/index.js"),
        `console.log(JSON.stringify([process.argv.slice(2), process.cwd(), process.env.OF_THE_ENGINE]));
         console.error("a warning");
         process.exitCode = 7;`,
    );
    const { client } = await startHost();
    const request = new RunPluginRequest()
        .setInfo(info)
        .setPwd(folder)
        .setArgsList(["--flag", "127.0.0.1:1"])
        .setEnvList([`PATH=${process.env.PATH}`, "OF_THE_ENGINE=a=b"]);
    const said = { stdout: "", stderr: "", exit: -1 };
    const stream = client.runPlugin(request);
    stream.on("data", (message: RunPluginResponse) => {
        said.stdout += Buffer.from(message.getStdout_asU8()).toString();
        said.stderr += Buffer.from(message.getStderr_asU8()).toString();
        if (message.hasExitcode()) said.exit = message.getExitcode();
    });
    await new Promise((resolve, reject) => stream.on("error", reject).on("end", resolve));
    expect(JSON.parse(said.stdout)).toEqual([[folder, "--flag", "127.0.0.1:1"], folder, "a=b"]);
    expect({ ...said, stdout: "" }).toEqual({ stdout: "", stderr: "a warning\n", exit: 7 });
});

test("a plugin whose SDK is not installed is refused, with what to do", async () => {
    const { client } = await startHost();
    const error = await new Promise<grpc.ServiceError>((resolve) =>
        client.runPlugin(new RunPluginRequest().setInfo(program())).on("error", resolve).resume(),
    );
    expect(error.details).toMatch(/^@pulumi\/pulumi is not installed for the plugin in .*: run npm install there$/);
});

test.for(["SIGINT", "stdin"])("it ends at once by %s", async (way) => {
    const { child, ended } = await startHost();
    if (way === "stdin") child.stdin.end();
    else child.kill("SIGINT");
    expect(await ended).toBe(0);
});

test("dependencies are installed by the program's package manager, whose output and failure are passed on", async () => {
    const managers = temporaryFolder();
    writeScript(join(managers, "pnpm"), 'echo "$@ in $PWD"', 'echo "a warning" >&2', "exit $FAKE_EXIT");
    const info = program().setOptions(Struct.fromJavaScript({ packagemanager: "pnpm" }));
    const install = async (exit: string) => {
        const { client } = await startHost({
            ...process.env,
            PATH: `${managers}:${process.env.PATH}`,
            FAKE_EXIT: exit,
        });
        const said = { stdout: "", stderr: "" };
        const stream = client.installDependencies(new InstallDependenciesRequest().setInfo(info));
        stream.on("data", (message: InstallDependenciesResponse) => {
            said.stdout += Buffer.from(message.getStdout_asU8()).toString();
            said.stderr += Buffer.from(message.getStderr_asU8()).toString();
        });
        const error = await new Promise<grpc.ServiceError | undefined>((resolve) =>
            stream.on("error", resolve).on("end", () => resolve(undefined)),
        );
        return { ...said, error: error?.details };
    };
    const folder = info.getProgramDirectory();
    expect(await install("0")).toEqual({ stdout: `install in ${folder}\n`, stderr: "a warning\n", error: undefined });
    expect((await install("4")).error).toBe(`pnpm install in ${folder} ended with 4`);
});
