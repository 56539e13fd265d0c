import { Mistake } from "./mistake.js";
import { didYouMean, type Options, readArguments, type Values } from "./options.js";

/** What ends with which exit code; the code as it is documented, `130` or `that of pulumi up`. */
export type ExitCode = readonly [code: string, meaning: string];

/** The one argument of a command that is no option. */
export interface Operand {
    /** How help calls it. */
    readonly name: string;
    readonly choices: readonly string[];
    readonly isOptional?: true;
}

/** More that there is to tell, in two columns. */
export interface List {
    readonly heading: string;
    readonly rows: readonly (readonly [name: string, text: string])[];
}

/** What people are told of a command. */
export interface Description {
    readonly name: string;
    /** What it does, for a list of commands: a phrase. */
    readonly summary: string;
    /** What it does, for its own help: paragraphs. */
    readonly description: readonly string[];
    readonly operand?: Operand;
    readonly options: Options;
    /** What is to be said after the exit codes. */
    readonly lists?: readonly List[];
    /** Without that of mistakes, which is everybody's. */
    readonly exitCodes: readonly ExitCode[];
}

/** A command: its description, and what arguments ask of it. */
export interface Command extends Description {
    read(args: string[]): Request;
}

/** What arguments ask for. Nothing has been done yet. */
export type Request =
    | { readonly kind: "help" }
    | { readonly kind: "mistake"; readonly words: string }
    | { readonly kind: "run"; run(): Promise<number> };

/** A command, written down with the types that follow from its options. */
export interface Definition<Known extends Options, Settings> extends Description {
    readonly options: Known;
    /**
     * What the values come to.
     *
     * @throws Mistake where they make no sense.
     */
    settings(values: Values<Known>, operand: string | undefined): Settings;
    /** @returns the exit code. */
    run(settings: Settings): Promise<number>;
}

export function defineCommand<const Known extends Options, Settings>(definition: Definition<Known, Settings>): Command {
    const { settings, run, ...description } = definition;
    return {
        ...description,
        read(args) {
            try {
                const most = description.operand === undefined ? 0 : 1;
                const given = readArguments(args, definition.options, { most });
                if (given === "help") {
                    return { kind: "help" };
                }
                const read = settings(given.values, given.operands[0]);
                return { kind: "run", run: () => run(read) };
            } catch (error) {
                if (error instanceof Mistake) {
                    return { kind: "mistake", words: error.message };
                }
                throw error;
            }
        },
    };
}

/**
 * The one of these that an operand names.
 *
 * @throws Mistake
 */
export function oneOf<Thing extends { readonly name: string }>(
    { name }: Operand,
    things: readonly Thing[],
    given: string | undefined,
): Thing {
    const names = things.map((one) => one.name);
    if (given === undefined) {
        throw new Mistake(`${name} is missing: ${alternatives(names)}.`);
    }
    const found = things.find((one) => one.name === given);
    if (found === undefined) {
        throw new Mistake(`'${given}' is not ${alternatives(names)}.${didYouMean(given, names)}`);
    }
    return found;
}

/** `a, b or c` */
export function alternatives(words: readonly string[]): string {
    return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
