import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The command lines of every process that runs while `work` does, as any user of the machine can read them. */
export async function commandLinesDuring(work: () => Promise<unknown>): Promise<readonly string[]> {
    const seen = new Set<string>();
    let working = true;
    const watching = (async () => {
        while (working) {
            for (const line of commandLines()) seen.add(line);
            await sleep(20);
        }
    })();
    try {
        await work();
    } finally {
        working = false;
        await watching;
    }
    return [...seen];
}

function commandLines(): string[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => {
            try {
                return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
            } catch {
                // It has ended meanwhile.
                return "";
            }
        })
        .filter((line) => line !== "");
}
