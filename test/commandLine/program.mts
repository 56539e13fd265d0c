import { readFileSync } from "node:fs";
import { authorizeCommand } from "../../provider/authorize/command.ts";
import { createProgram } from "../../provider/commandLine/program.ts";
import { doctorCommand } from "../../provider/doctor/command.ts";
import { emulatorCommand } from "../../provider/emulator/command.ts";

export const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
};

/** The commands as `provider/command.ts` has them: that file runs when it is imported. */
export const { commands } = createProgram({
    version,
    description: [],
    commands: [authorizeCommand, doctorCommand, emulatorCommand],
});

export const commandNames = commands.map(({ name }) => name);
