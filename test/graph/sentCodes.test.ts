import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSentCodes, sentCodesFolder } from "../../provider/graph/sentCodes.ts";
import { filesUnder, leaks, Sentinel } from "../support/sentinels.mts";

const now = new Date("2026-01-02T03:04:05Z");
const sentAt = now.toISOString();
const dayMs = 24 * 3_600_000;
const code = new Sentinel("the authorization code");
const acquisition = JSON.stringify(["/path", { key: "Oauth2AuthorizationCode", value: code.value }, "null"]);

let machine: string;
let folder: string;
let warnings: string[];

beforeEach(async () => {
    machine = await mkdtemp(join(tmpdir(), "entrasync-sent-codes-"));
    folder = join(machine, "entrasync", "sent-codes");
    warnings = [];
});

afterEach(() => rm(machine, { recursive: true }));

const sentCodes = (where = folder) =>
    createSentCodes(
        where,
        () => now,
        (message) => void warnings.push(message),
    );
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
const notes = async () => (await readdir(folder)).filter((name) => name !== "key");

describe("a note", () => {
    test("says that the same was sent before, and when", async () => {
        expect((await sentCodes().begin(acquisition)).earlier).toBeUndefined();
        expect((await sentCodes().begin(acquisition)).earlier).toEqual({ sentAt, accepted: false });
        expect(warnings).toEqual([]);
    });

    test("that is forgotten leaves nothing, and the same may be sent", async () => {
        const note = await sentCodes().begin(acquisition);
        await note.forget();
        expect(await notes()).toEqual([]);
        expect((await sentCodes().begin(acquisition)).earlier).toBeUndefined();
    });

    test("of what Graph accepted says so from then on", async () => {
        const note = await sentCodes().begin(acquisition);
        await note.accepted();
        expect((await sentCodes().begin(acquisition)).earlier).toEqual({ sentAt, accepted: true });
    });

    test("of before is not for the next one to change", async () => {
        await (await sentCodes().begin(acquisition)).accepted();
        const next = await sentCodes().begin(acquisition);
        await next.forget();
        expect((await sentCodes().begin(acquisition)).earlier).toEqual({ sentAt, accepted: true });
    });

    test("says nothing of another acquisition", async () => {
        await sentCodes().begin(acquisition);
        expect((await sentCodes().begin(`${acquisition} `)).earlier).toBeUndefined();
        expect(await notes()).toHaveLength(2);
    });

    test("holds nothing of the code, neither in its name nor in what it says", async () => {
        await (await sentCodes().begin(acquisition)).accepted();
        const files = filesUnder(machine);
        expect(Object.keys(files)).toHaveLength(2);
        expect(leaks({ ...files, names: Object.keys(files).join("\n") }, [code])).toEqual([]);
    });

    test("has another name on another machine", async () => {
        await sentCodes().begin(acquisition);
        const other = join(machine, "other");
        await sentCodes(other).begin(acquisition);
        expect((await readdir(other)).filter((name) => name !== "key")).not.toEqual(await notes());
    });

    test("is its owner's alone, as the key and the folders are", async () => {
        await sentCodes().begin(acquisition);
        for (const name of await readdir(folder)) {
            expect(await modeOf(join(folder, name))).toBe("600");
        }
        expect(await modeOf(folder)).toBe("700");
        expect(await modeOf(join(machine, "entrasync"))).toBe("700");
    });

    test("is whole, with no other file beside it", async () => {
        const note = await sentCodes().begin(acquisition);
        await note.accepted();
        expect(await readdir(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/), "key"]);
    });

    test.each(["", "{", '{"sentAt":7}', "[]", "\0\0\0"])("that reads %j counts as sent", async (text) => {
        await sentCodes().begin(acquisition);
        const [name = ""] = await notes();
        await writeFile(join(folder, name), text);
        const { earlier } = await sentCodes().begin(acquisition);
        expect(earlier).toEqual({ sentAt: "at an unknown time", accepted: false });
    });

    test("goes thirty days later, and not before", async () => {
        await sentCodes().begin(acquisition);
        const [name = ""] = await notes();
        const writtenAgo = (ms: number) => {
            const then = new Date(now.getTime() - ms);
            return utimes(join(folder, name), then, then);
        };
        await writtenAgo(30 * dayMs - 1000);
        expect((await sentCodes().begin(acquisition)).earlier).toBeDefined();
        await writtenAgo(30 * dayMs + 1000);
        expect((await sentCodes().begin(acquisition)).earlier).toBeUndefined();
    });

    test("goes with age, and the key stays: other notes go by it", async () => {
        await sentCodes().begin(acquisition);
        const long = new Date(now.getTime() - 100 * dayMs);
        await utimes(join(folder, "key"), long, long);
        const before = await readFile(join(folder, "key"));
        expect((await sentCodes().begin(acquisition)).earlier).toBeDefined();
        expect(await readFile(join(folder, "key"))).toEqual(before);
    });
});

describe("the key", () => {
    test("is 32 random bytes, another one on each machine", async () => {
        await sentCodes().begin(acquisition);
        await sentCodes(join(machine, "other")).begin(acquisition);
        const keys = await Promise.all([folder, join(machine, "other")].map((at) => readFile(join(at, "key"))));
        expect(keys.map(({ length }) => length)).toEqual([32, 32]);
        expect(keys[0]).not.toEqual(keys[1]);
    });

    test("is one for all that begin at once in a process", async () => {
        const many = Array.from({ length: 16 }, (_, index) => `${acquisition} ${index}`);
        await Promise.all(many.map((one) => sentCodes().begin(one)));
        const again = await Promise.all(many.map((one) => sentCodes().begin(one)));
        expect(again.filter(({ earlier }) => earlier === undefined)).toEqual([]);
        expect(await readdir(folder)).toHaveLength(17);
        expect(warnings).toEqual([]);
    });

    test("is one for processes that begin at once", async () => {
        const script = `
            const { createSentCodes } = require("./provider/graph/sentCodes.ts");
            const [folder, startAt, name] = process.argv.slice(1);
            while (Date.now() < Number(startAt)) {}
            createSentCodes(folder, () => new Date(), console.log).begin(name);`;
        const startAt = String(Date.now() + 1500);
        const names = ["first", "second", "third"];
        const ran = names.map((name) =>
            promisify(execFile)(process.execPath, ["--import", "tsx", "-e", script, folder, startAt, name], {
                cwd: join(__dirname, "../.."),
            }),
        );
        expect((await Promise.all(ran)).map(({ stdout, stderr }) => stdout + stderr)).toEqual(["", "", ""]);
        for (const name of names) {
            expect((await sentCodes().begin(name)).earlier).toBeDefined();
        }
    });

    test.each([0, 7])(
        "of which %d bytes are there is made anew: nothing is to be hashed under less",
        async (length) => {
            await mkdir(folder, { recursive: true });
            await writeFile(join(folder, "key"), Buffer.alloc(length));
            expect((await sentCodes().begin(acquisition)).earlier).toBeUndefined();
            expect(await readFile(join(folder, "key"))).toHaveLength(32);
            expect((await sentCodes().begin(acquisition)).earlier).toBeDefined();
            expect(await readdir(folder)).toHaveLength(2);
        },
    );
});

describe("a folder that can't be written", () => {
    test("is warned of, and the code is sent all the same", async () => {
        await writeFile(join(machine, "entrasync"), "a file in its place");
        const note = await sentCodes().begin(acquisition);
        expect(note.earlier).toBeUndefined();
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toContain(`${folder} can't be written (ENOTDIR): should this run be killed`);
        await note.accepted();
        await note.forget();
        expect(warnings).toHaveLength(1);
        expect(leaks({ warnings: warnings.join() }, [code])).toEqual([]);
    });

    test("any more is warned of, and nothing is thrown", async () => {
        const note = await sentCodes().begin(acquisition);
        await rm(folder, { recursive: true });
        await writeFile(folder, "a file in its place");
        await note.accepted();
        expect(warnings).toEqual([expect.stringContaining("can't be written (ENOTDIR)")]);
    });
});

test("the folder is beside what else Pulumi keeps on a machine", () => {
    const ending = join("entrasync", "sent-codes");
    expect(sentCodesFolder({ PULUMI_HOME: "/somewhere" })).toBe(join("/somewhere", ending));
    expect(sentCodesFolder({ PULUMI_HOME: "" })).toBe(join(homedir(), ".pulumi", ending));
    expect(sentCodesFolder({})).toBe(join(homedir(), ".pulumi", ending));
});
