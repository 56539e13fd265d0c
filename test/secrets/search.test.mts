import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { commandLinesDuring } from "../support/processes.mts";
import { leaks, Sentinel } from "../support/sentinels.mts";

/* The search itself: that it finds a value in whatever form it was written, or all the other tests here prove nothing. */

const sentinel = new Sentinel("a credential");
const { value } = sentinel;
const json = JSON.stringify({ value });

test.for([
    ["as it is", `it was ${value}, he said`],
    ["in JSON", json],
    ["in JSON inside JSON", JSON.stringify(json)],
    ["URL-encoded", `?secret=${encodeURIComponent(value)}`],
    ["form-encoded", new URLSearchParams({ value }).toString()],
    ["in base64", Buffer.from(value).toString("base64")],
    ["in base64url", Buffer.from(value).toString("base64url")],
    ["in hexadecimal", Buffer.from(value).toString("hex")],
    ["behind one byte in base64", Buffer.from(`:${value}`).toString("base64")],
    ["behind two bytes in base64", Buffer.from(`k=${value}`).toString("base64")],
    ["inside JSON in base64", Buffer.from(json).toString("base64")],
    ["cut off in the middle", value.slice(0, 25)],
    ["its end alone", value.slice(-22)],
] as const)("the search finds a value %s", ([, text]) => {
    expect(leaks({ somewhere: text }, [sentinel])).not.toEqual([]);
});

test("the search does not find another value", () => {
    expect(leaks({ somewhere: new Sentinel("another").value }, [sentinel])).toEqual([]);
});

test("a value among a process's arguments is seen", async () => {
    const lines = await commandLinesDuring(async () => {
        const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 300)", value]);
        await once(child, "exit");
    });
    expect(leaks({ arguments: lines.join("\n") }, [sentinel])).not.toEqual([]);
});
