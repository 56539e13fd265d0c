"use strict";

/*
 * As much of a language host as starts a program that is compiled already: the command is in ENTRASYNC_PROGRAM, a JSON list.
 * In place of Pulumi's own hosts for Go and Java, which could not be had; the programs read the same variables from either.
 */

const { spawn } = require("node:child_process");
const grpc = require("@grpc/grpc-js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js");
const messages = require("@pulumi/pulumi/proto/language_pb.js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js");

let engineAddress = process.argv.at(-1) ?? "";

/** Answers a call with what the function gives. */
const unary =
    (/** @type {(request: any) => any} */ answer) => async (/** @type {any} */ call, /** @type {any} */ done) =>
        done(null, await answer(call.request));

/** Starts the program in its folder, and says how it ended. */
function run(/** @type {any} */ request) {
    const [command, ...args] = JSON.parse(process.env.ENTRASYNC_PROGRAM ?? "[]");
    const env = {
        ...process.env,
        PULUMI_MONITOR: request.getMonitorAddress(),
        PULUMI_ENGINE: engineAddress,
        PULUMI_ORGANIZATION: request.getOrganization(),
        PULUMI_PROJECT: request.getProject(),
        PULUMI_STACK: request.getStack(),
        PULUMI_DRY_RUN: String(request.getDryrun()),
        PULUMI_PARALLEL: String(request.getParallel()),
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    };
    const program = spawn(command, args, { cwd: request.getPwd(), env, stdio: ["ignore", "inherit", "inherit"] });
    return new Promise((resolve, reject) => {
        program.on("error", reject);
        program.on("close", (code) => {
            const answer = new messages.RunResponse();
            resolve(code === 0 ? answer : answer.setError(`the program ended with ${code}`));
        });
    });
}

const server = new grpc.Server();
server.addService(LanguageRuntimeService, {
    handshake: unary((request) => {
        engineAddress = request.getEngineAddress();
        return new messages.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion("1.0.0")),
    getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
    getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),
    about: unary(() => new messages.AboutResponse()),
    getProgramDependencies: unary(() => new messages.GetProgramDependenciesResponse()),
    cancel: unary(() => new Empty()),
    run: unary(run),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) =>
    process.stdout.write(`${port}\n`),
);

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => process.exit(0));
process.stdin.on("end", () => process.exit(0)).resume();
