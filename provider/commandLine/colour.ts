import { styleText } from "node:util";

/** What a colour stands for here: the same thing in every command. */
export type Meaning = "good" | "doubtful" | "bad";

const colours = { good: "green", doubtful: "yellow", bad: "red" } as const;

/**
 * The text in a colour, if it is written to a terminal. Node.js decides: NO_COLOR, NODE_DISABLE_COLORS and TERM=dumb take
 * colours away, and FORCE_COLOR brings them to a pipe, too. No meaning is in the colour alone.
 */
export function coloured(meaning: Meaning, text: string, stream: NodeJS.WritableStream): string {
    return styleText(colours[meaning], text, { stream });
}
