import { parseArgs } from "node:util";
import { nearest } from "../core/nearest.js";
import { Mistake } from "./mistake.js";

/**
 * One option of a command: what Node.js's `parseArgs` needs to read it, and what people and shells are told of it. Help,
 * documentation and completions are made of these, so none of them can know an option that the others do not.
 */
export interface Option {
    readonly type: "string" | "boolean";
    readonly short?: string;
    readonly multiple?: boolean;
    readonly default?: string | boolean | string[];
    /** How its value is called in help; for an option that takes one. */
    readonly value?: string;
    /** What it does, with `code` in backticks: they are left out on a terminal. */
    readonly meaning: string;
    /** What a shell may offer as its value; left out, it offers nothing. */
    readonly offers?: "files";
    /** There to be refused with a reason, and nothing to tell of. */
    readonly isHidden?: true;
}

export type Options = Readonly<Record<string, Option>>;

/** An option as it was written. */
interface OptionToken {
    readonly name: string;
    readonly rawName: string;
    readonly value?: string | undefined;
    readonly inlineValue?: boolean | undefined;
}

/** What the arguments say of these options. */
export type Values<Known extends Options> = ReturnType<typeof parseArgs<{ options: Known }>>["values"];

const helpOption = { type: "boolean", short: "h", meaning: "print this" } as const satisfies Option;

/** The options that people are told of, in the order in which they were written down; `--help` is everybody's. */
export function visibleOptions(options: Options): readonly (readonly [name: string, option: Option])[] {
    const all: Options = { ...options, help: helpOption };
    return Object.entries(all).filter(([, { isHidden }]) => isHidden !== true);
}

/**
 * Reads arguments. Whoever asks for help gets it, whatever else is wrong with them.
 *
 * @throws Mistake
 */
export function readArguments<Known extends Options>(
    args: string[],
    known: Known,
    operands: { readonly most: number },
): "help" | { readonly values: Values<Known>; readonly operands: readonly string[] } {
    const options = { ...known, help: helpOption };
    const { tokens } = parseArgs({ args, options, strict: false, tokens: true });
    const given = tokens.filter((token) => token.kind === "option");
    if (given.some(({ name }) => name === "help")) {
        return "help";
    }
    for (const token of given) {
        const problem = problemOf(token, options);
        if (problem !== undefined) {
            throw new Mistake(problem);
        }
    }
    const surplus = tokens.filter((token) => token.kind === "positional")[operands.most];
    if (surplus !== undefined) {
        throw new Mistake(`Unexpected argument '${surplus.value}'.`);
    }
    const { values, positionals } = parseArgs({ args, options: known, allowPositionals: true });
    return { values, operands: positionals };
}

/** All that Node.js itself would refuse, in words that fit a command without Node.js's `--`. */
function problemOf({ name, rawName, value, inlineValue }: OptionToken, known: Options): string | undefined {
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (option === undefined) {
        return `Unknown option '${rawName}'.${didYouMean(rawName, optionNames(known))}`;
    }
    if (option.type === "boolean") {
        return value === undefined ? undefined : `--${name} takes no value.`;
    }
    if (value === undefined) {
        return `--${name} wants a value.`;
    }
    return !inlineValue && value.startsWith("-")
        ? `--${name} wants a value. If '${value}' is the value: --${name}=${value}`
        : undefined;
}

/** ` Did you mean …?` where something near is known; nothing else. */
export function didYouMean(word: string, candidates: readonly string[]): string {
    const meant = nearest(word, candidates);
    return meant === undefined ? "" : ` Did you mean ${meant}?`;
}

export function optionNames(options: Options): readonly string[] {
    return visibleOptions(options).map(([name]) => `--${name}`);
}
