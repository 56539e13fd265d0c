#!/usr/bin/env node
import { version } from "../package.json";
import { authorizeCommand } from "./authorize/command.js";
import { createProgram } from "./commandLine/program.js";
import { runProgram } from "./commandLine/run.js";
import { doctorCommand } from "./doctor/command.js";
import { emulatorCommand } from "./emulator/command.js";

const program = createProgram({
    version,
    description: [
        "Tools beside the Pulumi package pulumi-entrasync, which hands credentials to Microsoft Entra provisioning.",
    ],
    commands: [authorizeCommand, doctorCommand, emulatorCommand],
});

/** `pulumi-entrasync --help | head -1`: that nobody reads on is no failure of ours. */
for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") {
            throw error;
        }
    });
}

void runProgram(program, process.argv.slice(2)).then((code) => {
    process.exitCode = code;
});
