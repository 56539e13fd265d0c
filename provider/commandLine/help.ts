import { alternatives, type Command, type Description, type ExitCode } from "./command.js";
import { columns, wrapped } from "./layout.js";
import { type Option, visibleOptions } from "./options.js";

/** How the command that people type is called. */
export const programName = "pulumi-entrasync";

/** The exit code of a mistake in the arguments, for every command. */
export const mistakeCode = 2;

const mistake: ExitCode = [String(mistakeCode), "the arguments make no sense; nothing was done"];

/** `pulumi-entrasync doctor [options]` */
export function usageOf({ name, operand }: Description): string {
    const place = operand === undefined ? [] : [operand.isOptional ? `[${operand.name}]` : operand.name];
    return [programName, name, ...place, "[options]"].join(" ");
}

/** `-h, --help`, `--stack S` */
export function formOf([name, { short, value }]: readonly [string, Option]): string {
    return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** Every exit code of a command. */
export function exitCodesOf({ exitCodes }: Description): readonly ExitCode[] {
    // A code that is none by itself is explained last.
    const order = ([code]: ExitCode) => (/^\d+$/.test(code) ? Number(code) : Number.POSITIVE_INFINITY);
    return [...exitCodes, mistake].toSorted((one, other) => order(one) - order(other));
}

/** What a command's `--help` prints. */
export function commandHelp(command: Description, width: number): string {
    const options = visibleOptions(command.options).map((option) => [formOf(option), option[1].meaning] as const);
    return text([
        `Usage: ${usageOf(command)}`,
        ...paragraphs(command.description, width),
        ...(command.operand === undefined
            ? []
            : ["", `${command.operand.name} is ${alternatives(command.operand.choices)}.`]),
        "",
        "Options:",
        ...columns(options, width),
        "",
        "Exit codes:",
        ...columns(exitCodesOf(command), width),
        ...(command.lists ?? []).flatMap(({ heading, rows }) => ["", `${heading}:`, ...columns(rows, width)]),
    ]);
}

/** What `pulumi-entrasync --help` prints. */
export function programHelp(description: readonly string[], commands: readonly Command[], width: number): string {
    return text([
        `Usage: ${programName} COMMAND [options]`,
        ...paragraphs(description, width),
        "",
        "Commands:",
        ...columns(
            commands.map(({ name, summary }) => [name, summary]),
            width,
        ),
        "",
        "Options:",
        ...columns(programOptions, width),
        "",
        `${programName} COMMAND --help tells more.`,
    ]);
}

/** What the program itself takes in place of a command. */
export const programOptions = [
    ["-h, --help", "print this list of commands"],
    ["--version", "print the version"],
] as const;

function paragraphs(texts: readonly string[], width: number): readonly string[] {
    return texts.flatMap((paragraph) => ["", ...wrapped(paragraph, width)]);
}

function text(lines: readonly string[]): string {
    return `${lines.join("\n").replaceAll("`", "")}\n`;
}
