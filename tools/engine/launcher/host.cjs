"use strict";

/*
 * A language host for Node.js programs: serves pulumirpc.LanguageRuntime to one engine and starts the program by way of
 * `@pulumi/pulumi/cmd/run`, the runner that ships in the npm package. Node.js 20 can run this file: whichever `node` is
 * first on the PATH does, as with Pulumi's own host; hence CommonJS and no types to strip.
 *
 * The service follows the proto files of @pulumi/pulumi; what an engine expects of a host that it starts: its port as
 * the first line on stdout, all else on stdout and stderr is shown to the user; the engine's address is the last
 * argument; an interrupt, at the end of every command, means "stop within five seconds".
 */

const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const { join } = require("node:path");

// Through the SDK's own eyes: its gRPC library, the one that its generated code was made for, need not be hoisted.
const sdkRequire = createRequire(require.resolve("@pulumi/pulumi/package.json"));
const grpc = sdkRequire("@grpc/grpc-js");
const { Empty } = sdkRequire("google-protobuf/google/protobuf/empty_pb.js");
const service = sdkRequire("./proto/language_grpc_pb.js");
const messages = sdkRequire("./proto/language_pb.js");
const { PluginInfo } = sdkRequire("./proto/plugin_pb.js");
const { dependenciesOf } = require("./dependencies.cjs");

/** `cmd/run` ends with this when it has already told the user what went wrong. */
const alreadyReported = 32;

/** How long a program may take to end when it is told to; the engine gives all of us five seconds. */
const programGraceMs = 3_000;

/** @typedef {{ typescript?: boolean, tsconfig?: string, nodeargs?: string, packagemanager?: string }} RuntimeOptions of Pulumi.yaml */

let engineAddress = process.argv.at(-1) ?? "";

/** @type {Set<import("node:child_process").ChildProcess>} */
const programs = new Set();

/** Adapts a function from request to answer; what it throws reaches the user as the call's error. */
function unary(/** @type {(request: any, call: any) => any} */ answer) {
    return async (/** @type {any} */ call, /** @type {any} */ callback) => {
        try {
            callback(null, await answer(call.request, call));
        } catch (error) {
            callback({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        }
    };
}

/** @returns {RuntimeOptions} */
function optionsOf(/** @type {any} */ info) {
    return info?.getOptions()?.toJavaScript() ?? {};
}

const implementation = {
    // Of the engines that start their host themselves none calls this yet: they give the address as an argument.
    handshake: unary((request) => {
        engineAddress = request.getEngineAddress();
        return new messages.LanguageHandshakeResponse();
    }),

    getPluginInfo: unary(() => new PluginInfo().setVersion(sdkRequire("./package.json").version)),

    // Pulumi's host names the plugin of every installed package that has one, and the engine gets those before it runs
    // the program. Here an engine gets a plugin when the first resource asks for it; a plugin that can't be had is then
    // an error of that resource, and programs (tests, mostly) that need none of theirs still run.
    getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
    getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),

    about: unary(() => {
        const answer = new messages.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
        answer.getMetadataMap().set("host", "pulumi-entrasync tools/engine/launcher");
        return answer;
    }),

    getProgramDependencies: unary((request) => {
        const directory = request.getInfo()?.getProgramDirectory() || request.getPwd();
        const found = dependenciesOf(directory, request.getTransitivedependencies());
        const list = [...found].map(([name, version]) =>
            new messages.DependencyInfo().setName(name).setVersion(version),
        );
        return new messages.GetProgramDependenciesResponse().setDependenciesList(list);
    }),

    async installDependencies(/** @type {any} */ call) {
        const info = call.request.getInfo();
        const manager = optionsOf(info).packagemanager ?? "npm";
        const cwd = info?.getProgramDirectory() || call.request.getDirectory();
        const child = spawn(manager, ["install"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
        const write = (/** @type {"setStdout" | "setStderr"} */ set) => (/** @type {Buffer} */ chunk) =>
            call.write(new messages.InstallDependenciesResponse()[set](new Uint8Array(chunk)));
        child.stdout.on("data", write("setStdout"));
        child.stderr.on("data", write("setStderr"));
        call.on("cancelled", () => child.kill());
        const fail = (/** @type {string} */ details) => call.emit("error", { code: grpc.status.UNKNOWN, details });
        child.on("error", (error) => fail(`${manager} could not be started: ${error.message}`));
        child.on("close", (code) =>
            code === 0 ? call.end() : fail(`${manager} install in ${cwd} ended with ${code}`),
        );
    },

    run: unary(run),

    runPlugin,

    cancel: unary(() => {
        for (const program of programs) endProgram(program);
        return new Empty();
    }),
};

/** Starts the program and waits for its end. An error of ours is an error of the program: answered, not thrown. */
async function run(/** @type {any} */ request, /** @type {any} */ call) {
    const info = request.getInfo();
    const options = optionsOf(info);
    const directory = info?.getProgramDirectory() || request.getPwd();
    const answer = new messages.RunResponse();

    /** @type {string} */
    let runner;
    try {
        runner = createRequire(join(directory, "index.js")).resolve("@pulumi/pulumi/cmd/run");
    } catch {
        return answer.setError(
            `@pulumi/pulumi is not installed for the program in ${directory}: run npm install there`,
        );
    }

    const flags = {
        "--monitor": request.getMonitorAddress(),
        "--engine": engineAddress,
        "--organization": request.getOrganization(),
        "--project": request.getProject(),
        "--root-directory": info?.getRootDirectory(),
        "--stack": request.getStack(),
        "--pwd": request.getPwd(),
    };
    const args = [
        ...words(options.nodeargs ?? ""),
        runner,
        ...Object.entries(flags).flatMap(([flag, value]) => (value ? [flag, value] : [])),
        ...(request.getDryrun() ? ["--dry-run"] : []),
        "--parallel",
        String(request.getParallel()),
        info?.getEntryPoint() || request.getProgram() || ".",
        ...request.getArgsList(),
    ];
    const program = spawn("node", args, {
        cwd: directory,
        // Its output is the user's: straight into the pipes that the engine reads.
        stdio: ["ignore", "inherit", "inherit"],
        env: {
            ...process.env,
            PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
            PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
            PULUMI_NODEJS_TYPESCRIPT: String(options.typescript ?? true),
            ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig } : {}),
        },
    });
    programs.add(program);
    call.on("cancelled", () => endProgram(program));
    try {
        const { code, signal } = await endOf(program);
        if (code === 0) return answer;
        if (code === alreadyReported) return answer.setBail(true);
        return answer.setError(
            code === null ? `Program was ended by ${signal}` : `Program exited with non-zero exit code: ${code}`,
        );
    } catch (error) {
        return answer.setError(`node could not be started: ${error instanceof Error ? error.message : error}`);
    } finally {
        programs.delete(program);
    }
}

/** Starts a plugin that comes as source, in a folder with PulumiPlugin.yaml, and passes on all that it says. */
function runPlugin(/** @type {any} */ call) {
    const info = call.request.getInfo();
    const directory = info?.getProgramDirectory() || call.request.getProgram();
    const write = (/** @type {"setStdout" | "setStderr" | "setExitcode"} */ set, /** @type {any} */ value) =>
        call.write(new messages.RunPluginResponse()[set](value));
    const fail = (/** @type {string} */ details) => call.emit("error", { code: grpc.status.UNKNOWN, details });

    /** @type {string} */
    let runner;
    try {
        runner = createRequire(join(directory, "index.js")).resolve("@pulumi/pulumi/cmd/run-plugin");
    } catch {
        fail(`@pulumi/pulumi is not installed for the plugin in ${directory}: run npm install there`);
        return;
    }
    const args = [...words(optionsOf(info).nodeargs ?? ""), runner, directory, ...call.request.getArgsList()];
    const plugin = spawn("node", args, {
        cwd: call.request.getPwd(),
        env: environmentOf(call.request.getEnvList()),
        stdio: ["ignore", "pipe", "pipe"],
    });
    programs.add(plugin);
    plugin.stdout.on("data", (/** @type {Buffer} */ chunk) => write("setStdout", new Uint8Array(chunk)));
    plugin.stderr.on("data", (/** @type {Buffer} */ chunk) => write("setStderr", new Uint8Array(chunk)));
    call.on("cancelled", () => endProgram(plugin));
    endOf(plugin)
        .then(({ code }) => {
            write("setExitcode", code ?? 1);
            call.end();
        })
        .catch((error) => fail(`node could not be started: ${error.message}`))
        .finally(() => programs.delete(plugin));
}

/** The engine names each variable with its value. */
function environmentOf(/** @type {string[]} */ list) {
    return Object.fromEntries(
        list.map((entry) => [entry.slice(0, entry.indexOf("=", 1)), entry.slice(entry.indexOf("=", 1) + 1)]),
    );
}

/** @returns {Promise<{ code: number | null, signal: string | null }>} */
function endOf(/** @type {import("node:child_process").ChildProcess} */ program) {
    return new Promise((resolve, reject) => {
        program.on("error", reject);
        program.on("close", (code, signal) => resolve({ code, signal }));
    });
}

function endProgram(/** @type {import("node:child_process").ChildProcess} */ program) {
    program.kill("SIGTERM");
    setTimeout(() => program.kill("SIGKILL"), programGraceMs).unref();
}

/** Splits as a shell does, quotes and backslashes included; expands nothing. */
function words(/** @type {string} */ line) {
    const parts = line.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
    return parts.map((part) =>
        part.replace(
            /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
            (_, escaped, double, single) => escaped ?? single ?? double.replace(/\\(["\\])/g, "$1"),
        ),
    );
}

async function stop() {
    // The engine interrupts our whole group: the program has it too, and may be on its way out.
    await Promise.race([
        Promise.all([...programs].map((program) => endOf(program))),
        new Promise((resolve) => setTimeout(resolve, programGraceMs)),
    ]);
    for (const program of programs) program.kill("SIGKILL");
    process.exit(0);
}

process.on("SIGINT", stop);
process.on("SIGTERM", stop);
// The engine holds the other end for as long as it lives.
process.stdin.on("end", stop).on("error", stop).resume();

// As in the SDK's own servers: an engine may send a whole configuration in one message.
const limits = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
const server = new grpc.Server(limits);
server.addService(service.LanguageRuntimeService, implementation);
server.bindAsync(
    "127.0.0.1:0",
    grpc.ServerCredentials.createInsecure(),
    (/** @type {Error | null} */ error, /** @type {number} */ port) => {
        if (error) throw error;
        process.stdout.write(`${port}\n`);
    },
);
