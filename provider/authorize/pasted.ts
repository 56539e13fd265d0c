import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Lines from standard input, until it is told to stop. */
export interface PastedLines {
    stop(): void;
}

/**
 * Reads what a person pastes, line by line. On a terminal nothing is echoed, and Ctrl-C, which the terminal hands over as
 * a key meanwhile, is passed on.
 */
export function readPasted(
    input: NodeJS.ReadStream,
    { onLine, onInterrupt }: { onLine: (line: string) => void; onInterrupt: () => void },
): PastedLines {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input, output: nowhere, terminal: input.isTTY === true, historySize: 0 });
    lines.on("line", (line) => {
        if (line.trim() !== "") {
            onLine(line.trim());
        }
    });
    lines.on("SIGINT", onInterrupt);
    return {
        stop() {
            lines.close();
            input.pause();
        },
    };
}
