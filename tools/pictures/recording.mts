import { spawn } from "node:child_process";

/** What a program wrote to its terminal, and when. */
export interface Chunk {
    readonly atMs: number;
    readonly text: string;
}

/**
 * Runs a program on a terminal of its own, of this many columns, to its end. `script`, which Linux has, opens a real pty;
 * nothing is typed.
 */
export async function record(words: readonly string[], folder: string, columns: number): Promise<readonly Chunk[]> {
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const command = `stty cols ${columns} rows 40 && exec ${quoted}`;
    const startedMs = performance.now();
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
        cwd: folder,
        env: { ...process.env, TERM: "xterm-256color" },
        stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks: Chunk[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        chunks.push({ atMs: performance.now() - startedMs, text });
    });
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    if (code !== 0) {
        throw new Error(`${words.join(" ")} ended with ${code}:\n${chunks.map(({ text }) => text).join("")}`);
    }
    return chunks;
}

/** A line of a terminal, and when it was complete. */
export interface Line {
    readonly atMs: number;
    readonly text: string;
}

/**
 * The lines that a recording leaves on a terminal. It knows what the demo writes: lines one after another, and questions to
 * the terminal (its colours, its cursor's place), which show nothing. Anything that moves the cursor is an error, not a wrong
 * picture.
 */
export function linesOf(chunks: readonly Chunk[]): readonly Line[] {
    const lines: Line[] = [];
    let current = "";
    for (const { atMs, text } of chunks) {
        const shown = questions
            .reduce((rest, question) => rest.replaceAll(question, ""), text)
            .replaceAll("\r\n", "\n");
        for (const [index, part] of shown.split("\n").entries()) {
            if (index > 0) {
                lines.push({ atMs, text: withoutTabs(current).trimEnd() });
                current = "";
            }
            current += part;
        }
    }
    const steering = lines.find(({ text }) => /\p{Cc}/u.test(text));
    if (steering !== undefined) {
        throw new Error(`This picture can't be made of what steers the terminal: ${JSON.stringify(steering.text)}`);
    }
    return current === "" ? lines : [...lines, { atMs: chunks.at(-1)?.atMs ?? 0, text: current }];
}

/** OSC 11 asks for the background's colour, CSI 6n for the cursor's place. */
const questions = ["\u001b]11;?\u001b\\", "\u001b[6n"];

/** As a terminal has it: to the next column that eight divides. */
function withoutTabs(text: string): string {
    const [first = "", ...rest] = text.split("\t");
    return rest.reduce((line, part) => line.padEnd(line.length + 8 - (line.length % 8)) + part, first);
}

/** The same lines as a terminal of this many columns has them: a longer one goes on in the next. */
export function inColumns(lines: readonly Line[], columns: number): readonly (Line & { readonly whole: string })[] {
    return lines.flatMap(({ atMs, text }) => {
        const letters = [...text];
        const rows = Math.max(1, Math.ceil(letters.length / columns));
        return Array.from({ length: rows }, (_, row) => ({
            atMs,
            text: letters.slice(row * columns, (row + 1) * columns).join(""),
            whole: text,
        }));
    });
}
