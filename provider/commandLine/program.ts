import type { Command } from "./command.js";
import { completionCommand } from "./completionCommand.js";
import { helpCommand } from "./helpCommand.js";
import type { Program } from "./run.js";

/** These commands, and those that tell of them. */
export function createProgram(own: {
    readonly version: string;
    readonly description: readonly string[];
    readonly commands: readonly Command[];
}): Program {
    const completion = completionCommand(() => program.commands);
    const names = [...own.commands, completion].map(({ name }) => name);
    const help = helpCommand(() => program, [...names, "help"]);
    const program: Program = { ...own, commands: [...own.commands, completion, help] };
    return program;
}
