#!/usr/bin/env node
import { runAuthorizeCommand } from "./authorize/command.js";
import { runDoctorCommand } from "./doctor/command.js";
import { runEmulatorCommand } from "./emulator/command.js";

const help = `Usage: pulumi-entrasync COMMAND [options]

  authorize  asks a person for an application's consent, and keeps the code as a secret of the stack
  doctor     says how an acquisition would sign in, and whether it would be allowed
  emulator   a local Microsoft Entra and Microsoft Graph to try programs against

  pulumi-entrasync COMMAND --help tells more.
`;

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
    authorize: runAuthorizeCommand,
    doctor: runDoctorCommand,
    emulator: runEmulatorCommand,
};

async function main([name, ...args]: string[]): Promise<number> {
    if (name === "--help" || name === "help") {
        process.stdout.write(help);
        return 0;
    }
    const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) {
        const what = name === undefined ? "no command given" : `there is no command ${JSON.stringify(name)}`;
        process.stderr.write(`pulumi-entrasync: ${what}\n\n${help}`);
        return 2;
    }
    return command(args);
}

void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
});
