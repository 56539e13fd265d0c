import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
    currentVersion,
    type Face,
    type Fixture,
    fixturePaths,
    fixturesFolder,
    pathOf,
    recordedVersions,
} from "./fixture.mts";
import { type ProgramName, programs } from "./programs.mts";
import { sumsFile, sumsOf } from "./sums.mts";

/** What users' state files hold is not ours to rewrite: a fixture stands for them. */
describe("the fixtures", () => {
    test("are what they were: each has the sum that the list has, and the list has each", () => {
        expect(sumsOf(fixturesFolder)).toBe(readFileSync(sumsFile, "utf8"));
    });

    const released = recordedVersions().filter((version) => /^\d/.test(version));

    test("are there for the version that package.json names: node test/upgrades/record.mts writes them", () => {
        expect(released).toContain(currentVersion());
    });

    test.each(released)("of %s are complete: both faces, every program, every resource", (version) => {
        const wanted = (["dynamic", "plugin"] as const satisfies readonly Face[]).flatMap((face) =>
            (Object.keys(programs) as ProgramName[]).map((program) => pathOf({ version, face, program })),
        );
        expect(fixturePaths().filter((path) => path.startsWith(`${version}/`))).toEqual(wanted.sort());
    });

    test.each(fixturePaths())("%s keeps its secrets as ciphertext, and has what it is there for", (path) => {
        const fixture = JSON.parse(readFileSync(join(fixturesFolder, path), "utf8")) as Fixture;
        const state = JSON.stringify(fixture.state);
        expect(state).not.toMatch(/of a test/);
        const resources = (fixture.state.deployment.resources ?? []).filter(({ id }) => id?.startsWith("/"));
        expect(resources.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2)).sort()).toEqual(
            Object.keys(fixture.targets).sort(),
        );
        const outputs = Object.assign({}, ...resources.map((resource) => resource.outputs));
        const marks: Readonly<Record<ProgramName, readonly string[]>> = {
            settled: ["triggers", "timeouts"],
            unsettled: ["outcomeUnknownSince", "keysNotShown", "validationPendingSince"],
            government: [],
        };
        expect(Object.keys(outputs)).toEqual(expect.arrayContaining([...marks[fixture.program]]));
        if (fixture.program === "settled" && /^\d/.test(fixture.version)) {
            expect(Object.keys(outputs)).toEqual(
                expect.arrayContaining(["validation", "validatedAt", "drift", "keysNotShown"]),
            );
        }
        expect(outputs.cloud).toBe(fixture.program === "government" ? "usgovernmentl4" : "public");
    });
});
