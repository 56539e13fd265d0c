import { type Command, defineCommand, oneOf } from "./command.js";
import { shells } from "./shells.js";

/** `pulumi-entrasync completion SHELL`: made of the same table as help. */
export function completionCommand(commands: () => readonly Command[]): Command {
    const operand = { name: "SHELL", choices: shells.map(({ name }) => name) };
    return defineCommand({
        name: "completion",
        summary: "prints a script that completes commands and options in your shell",
        description: ["Prints a script that lets your shell complete the commands and options of `pulumi-entrasync`."],
        operand,
        options: {},
        lists: [
            {
                heading: "Have the shell read it when it starts",
                rows: shells.map(({ name, use }) => [name, use]),
            },
        ],
        exitCodes: [["0", "it is printed"]],
        settings: (_, name) => oneOf(operand, shells, name),
        async run(shell) {
            process.stdout.write(shell.script(commands()));
            return 0;
        },
    });
}
