import type { Command } from "./command.js";
import { commandHelp, mistakeCode, programHelp, programName, usageOf } from "./help.js";
import { widthOf } from "./layout.js";
import { didYouMean, optionNames } from "./options.js";

/** All that `pulumi-entrasync` is. */
export interface Program {
    readonly version: string;
    readonly description: readonly string[];
    readonly commands: readonly Command[];
}

/**
 * Runs what the arguments ask for. What was asked for goes to standard output and ends with 0; a mistake goes to standard
 * error, with the way to help, and ends with 2.
 *
 * @returns the exit code.
 */
export async function runProgram(program: Program, [name, ...args]: string[]): Promise<number> {
    const { commands, description, version } = program;
    if (name === "--help" || name === "-h") {
        process.stdout.write(programHelp(description, commands, widthOf(process.stdout)));
        return 0;
    }
    if (name === "--version") {
        process.stdout.write(`${programName} ${version}\n`);
        return 0;
    }
    const command = commands.find((one) => one.name === name);
    if (command !== undefined) {
        return runCommand(command, args);
    }
    if (name === undefined) {
        process.stderr.write(
            `${programName}: No command is given.\n\n${programHelp(description, commands, widthOf(process.stderr))}`,
        );
        return mistakeCode;
    }
    return mistake([programName], name.startsWith("-") ? strayOption(program, name) : strayWord(program, name));
}

/** Runs one command: the only place that tells help, a mistake and the command's own work apart. */
export async function runCommand(command: Command, args: string[]): Promise<number> {
    const request = command.read(args);
    switch (request.kind) {
        case "help":
            process.stdout.write(commandHelp(command, widthOf(process.stdout)));
            return 0;
        case "mistake":
            return mistake([programName, command.name], `${request.words}\nUsage: ${usageOf(command)}`);
        case "run":
            return request.run();
    }
}

function mistake(command: readonly string[], words: string): number {
    const called = command.join(" ");
    process.stderr.write(`${called}: ${words}\nTry ${called} --help.\n`);
    return mistakeCode;
}

function strayWord({ commands }: Program, word: string): string {
    const names = commands.map(({ name }) => name);
    return `There is no command '${word}'.${didYouMean(word, names)}`;
}

/** People write an option before the command that it belongs to. */
function strayOption({ commands }: Program, word: string): string {
    const [option = word] = word.split("=");
    const owners = commands.filter(({ options }) => optionNames(options).includes(option)).map(({ name }) => name);
    return owners.length === 0
        ? `Unknown option '${option}'.${didYouMean(option, ["--help", "--version"])}`
        : `'${option}' is an option of ${owners.join(" and ")}: it goes after the command's name.`;
}
