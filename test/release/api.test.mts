import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { describeApi, reportFolder } from "../../tools/release/api.mts";

/*
 * What programs may rely on, as text in api/: a change of it is seen in a commit, and is one that somebody decided on.
 */

const files = ["pulumi-entrasync.api.md", "pulumi-entrasync.emulator.api.md", "pulumi-entrasync.runtime.api.md"];

let reports: ReadonlyMap<string, string>;
beforeAll(() => {
    reports = describeApi();
});

test("there is a report for each entry point, and no other", () => {
    expect(existsSync(reportFolder) ? readdirSync(reportFolder).sort() : []).toEqual(files);
    expect([...reports.keys()].sort()).toEqual(files);
});

test.for(files)("%s is what the build promises", (file) => {
    const kept = readFileSync(join(reportFolder, file), "utf8");
    expect(
        kept,
        "the public API changed: `npm run api` writes the report anew, and the change is then reviewed as a diff of api/",
    ).toBe(reports.get(file));
});

test("a report names what a user writes, with its type", () => {
    const main = reports.get("pulumi-entrasync.api.md");
    expect(main).toContain("export class SynchronizationTokenAcquisition extends pulumi.CustomResource");
    expect(main).toContain("readonly acquiredAt: pulumi.Output<string>;");
    // By name or not: what an exported type is made of is promised as well.
    expect(main).toContain("interface InputFailure");
    expect(reports.get("pulumi-entrasync.emulator.api.md")).toContain("export function startEmulator(");
});
