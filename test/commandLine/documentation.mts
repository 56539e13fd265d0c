import type { Command } from "../../provider/commandLine/command.ts";
import { exitCodesOf, formOf, programOptions } from "../../provider/commandLine/help.ts";
import { visibleOptions } from "../../provider/commandLine/options.ts";
import { shells } from "../../provider/commandLine/shells.ts";
import { table } from "../../tools/pages/table.mts";
import { commands } from "./program.mts";

/** What docs/command-line.md has between its markers: the same table that `--help` and completions are made of. */
export const tables: Readonly<Record<string, string>> = {
    commands: table(
        ["command", "does"],
        [
            ...commands.map(({ name, summary }) => [code(`pulumi-entrasync ${name}`), summary] as const),
            ...programOptions.map(
                ([forms, meaning]) =>
                    [
                        forms
                            .split(", ")
                            .map((form) => code(`pulumi-entrasync ${form}`))
                            .join(", "),
                        meaning,
                    ] as const,
            ),
        ],
    ),
    ...Object.fromEntries(commands.map((command) => [command.name, aboutCommand(command)])),
    shells: table(
        ["shell", "how it reads the script"],
        shells.map(({ name, use }) => [code(name), use] as const),
    ),
};

function aboutCommand(command: Command): string {
    const options = visibleOptions(command.options).map((option) => [code(formOf(option)), option[1].meaning] as const);
    const codes = exitCodesOf(command);
    return [table(["option", "meaning"], options), table(["exit code", "when"], codes)].join("\n\n");
}

function code(text: string): string {
    return `\`${text}\``;
}
