import { type Command, defineCommand, oneOf } from "./command.js";
import { commandHelp, programHelp } from "./help.js";
import { widthOf } from "./layout.js";
import type { Program } from "./run.js";

/** `pulumi-entrasync help COMMAND`: the same as `pulumi-entrasync COMMAND --help`. */
export function helpCommand(program: () => Program, names: readonly string[]): Command {
    const operand = { name: "COMMAND", choices: names, isOptional: true } as const;
    return defineCommand({
        name: "help",
        summary: "tells of a command, or of all of them",
        description: ["Prints what `pulumi-entrasync COMMAND --help` prints; without a command, the list of them."],
        operand,
        options: {},
        exitCodes: [["0", "it is printed"]],
        settings: (_, name) => (name === undefined ? undefined : oneOf(operand, program().commands, name)),
        async run(command) {
            const { commands, description } = program();
            const width = widthOf(process.stdout);
            process.stdout.write(
                command === undefined ? programHelp(description, commands, width) : commandHelp(command, width),
            );
            return 0;
        },
    });
}
