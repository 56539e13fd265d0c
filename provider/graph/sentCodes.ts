import { createHmac, randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { field, parseJson, stringField } from "../core/json.js";

/**
 * A note, kept on this machine, of each acquisition that hands over something that works once: from just before it is
 * sent, and for good where Graph accepted it or nobody knows.
 *
 * State can't hold it: the engine writes state when an operation has ended, and a process that is killed in between, or
 * just after, leaves none. The next run would then send a code that was redeemed already. On a machine that is thrown away
 * after every run the note goes with it; there the engine's word about a pending operation is all that is left.
 *
 * A note is a file whose name is a keyed hash, under a random key of this machine's: nothing of the code is in it.
 */
export interface SentCodes {
    /**
     * Notes that this is about to be sent, unless it was noted before: then it must not be sent. What can't be noted is
     * sent all the same, with a warning.
     */
    begin(acquisition: string): Promise<Note>;
}

export interface Note {
    /** What was noted of the same acquisition before. */
    readonly earlier?: {
        /** When it was sent (ISO 8601). */
        readonly sentAt: string;
        /** Whether Graph accepted it; else nobody knows. */
        readonly accepted: boolean;
    };
    /** Graph accepted it: it is spent. */
    accepted(): Promise<void>;
    /** Graph did not process it: the note goes. */
    forget(): Promise<void>;
}

/** Codes live for minutes; a note this old stands for nothing any more. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/** Where the notes are: beside what else Pulumi keeps on a machine. */
export function sentCodesFolder(environment: Readonly<Record<string, string | undefined>>): string {
    return join(environment.PULUMI_HOME || join(homedir(), ".pulumi"), "entrasync", "sent-codes");
}

/** `warn` is told where notes can't be kept. */
export function createSentCodes(folder: string, now: () => Date, warn: (message: string) => void): SentCodes {
    const trying = async <Result>(action: () => Promise<Result>, otherwise: Result): Promise<Result> => {
        try {
            return await action();
        } catch (error) {
            warn(
                `${folder} can't be written (${String(codeOf(error) ?? "unknown")}): should this run be killed while the ` +
                    "authorization code is on its way, the next one would not know that it was sent",
            );
            return otherwise;
        }
    };
    const nothing = { accepted: async () => undefined, forget: async () => undefined };
    return {
        begin: (acquisition) =>
            trying<Note>(async () => {
                await mkdir(folder, { recursive: true, mode: 0o700 });
                await dropOld(folder, now().getTime() - keptMs);
                const hash = createHmac("sha256", await machineKey(folder)).update(acquisition);
                const file = join(folder, `${hash.digest("hex")}.json`);
                const earlier = await readNote(file);
                if (earlier !== undefined) {
                    return { ...nothing, earlier };
                }
                const sentAt = now().toISOString();
                await writeDurably(file, { sentAt, accepted: false });
                return {
                    accepted: () => trying(() => writeDurably(file, { sentAt, accepted: true }), undefined),
                    forget: () => trying(() => rm(file, { force: true }), undefined),
                };
            }, nothing),
    };
}

/** A note that can't be read was being written when its process died: nobody knows whether the code was sent. */
async function readNote(file: string): Promise<Note["earlier"]> {
    const text = await readFile(file, "utf8").catch(ignoreMissing);
    if (text === undefined) {
        return undefined;
    }
    const note = parseJson(text);
    return { sentAt: stringField(note, "sentAt") ?? "at an unknown time", accepted: field(note, "accepted") === true };
}

async function machineKey(folder: string): Promise<Buffer> {
    const file = join(folder, "key");
    const existing = await readFile(file).catch(ignoreMissing);
    if (existing !== undefined && existing.length === 32) {
        return existing;
    }
    // Whoever comes first makes it, whole: two processes must not go by two keys, and none by half of one.
    const part = `${file}.${randomBytes(8).toString("hex")}.part`;
    await writeFile(part, randomBytes(32), { mode: 0o600 });
    try {
        await (existing === undefined ? link(part, file) : rename(part, file));
    } catch (error) {
        if (codeOf(error) !== "EEXIST") {
            throw error;
        }
    } finally {
        await rm(part, { force: true });
    }
    return readFile(file);
}

/** On the disk before it counts, and there whole or not at all. */
async function writeDurably(file: string, note: NonNullable<Note["earlier"]>): Promise<void> {
    const part = `${file}.${process.pid}.part`;
    const handle = await open(part, "w", 0o600);
    try {
        await handle.writeFile(JSON.stringify(note));
        await handle.sync();
    } finally {
        await handle.close();
    }
    await rename(part, file);
}

async function dropOld(folder: string, beforeMs: number): Promise<void> {
    for (const name of await readdir(folder)) {
        const file = join(folder, name);
        if (name !== "key" && ((await stat(file).catch(ignoreMissing))?.mtimeMs ?? beforeMs) < beforeMs) {
            await rm(file, { force: true });
        }
    }
}

function ignoreMissing(error: unknown): undefined {
    if (codeOf(error) !== "ENOENT") {
        throw error;
    }
    return undefined;
}

function codeOf(error: unknown): unknown {
    return error instanceof Error && "code" in error ? error.code : undefined;
}
