import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { parseYaml } from "../pipelines/yaml.mts";

/* What can be known of the workflows without the service that runs them. */

const folder = join(repositoryRoot, ".github/workflows");

interface Step {
    readonly run?: string;
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
    readonly permissions?: Readonly<Record<string, string>>;
    readonly "timeout-minutes"?: number;
    readonly steps: readonly Step[];
}

interface Workflow {
    readonly permissions?: Readonly<Record<string, string>>;
    readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(folder).sort();
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");
const workflowOf = (file: string) => parseYaml(textOf(file)) as Workflow;
const stepsOf = (file: string) => Object.values(workflowOf(file).jobs).flatMap(({ steps }) => steps);
const scriptsOf = (file: string) => stepsOf(file).flatMap(({ run }) => (run === undefined ? [] : [run]));

const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
};

/** What a shell step names that this repository has to have. */
function missingIn(script: string): string[] {
    const named = [...script.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, name = ""]) => name);
    const paths = [...script.matchAll(/(?<![\w/.-])((?:\.ci|tools|test|node_modules)\/[\w./-]+)/g)];
    return [
        ...named.filter((name) => !(name in scripts)),
        ...paths.map(([, path = ""]) => path).filter((path) => !existsSync(join(repositoryRoot, path))),
    ];
}

test("there is one for each change and one for a release", () => {
    expect(files).toEqual(["ci.yml", "release.yml"]);
});

describe.for(files)("%s", (file) => {
    test("has steps that a shell can read, and that name only what is there", () => {
        expect(scriptsOf(file).length).toBeGreaterThan(2);
        for (const script of scriptsOf(file)) {
            const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
            expect(status, `${script}\n${stderr}`).toBe(0);
            expect(missingIn(script), script).toEqual([]);
        }
    });

    // A tag's or a branch's name is somebody's text: in a script it would be run.
    test("puts no expression into a script", () => {
        expect(scriptsOf(file).filter((script) => script.includes("${{"))).toEqual([]);
    });

    test("takes actions by their commits, each with its version beside it", () => {
        const used = stepsOf(file).flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
        expect(used.length).toBeGreaterThan(2);
        expect(used.filter((action) => !/^actions\/[a-z-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
        const lines = textOf(file)
            .split("\n")
            .filter((line) => line.includes("uses:"));
        expect(lines.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    });

    test("wants no secret, leaves no token in the checkout, and ends by itself", () => {
        expect(textOf(file)).not.toMatch(/\bsecrets\b/);
        const checkouts = stepsOf(file).filter(({ uses }) => uses?.startsWith("actions/checkout@"));
        expect(checkouts.map((step) => step.with?.["persist-credentials"])).toEqual(checkouts.map(() => false));
        const jobs = Object.values(workflowOf(file).jobs);
        expect(jobs.map((job) => job["timeout-minutes"]).every((minutes) => Number(minutes) > 0)).toBe(true);
    });
});

test("a change is tested with the right to read, and nothing else", () => {
    const { permissions, jobs } = workflowOf("ci.yml");
    expect(permissions).toEqual({ contents: "read" });
    expect(Object.values(jobs).map((job) => job.permissions)).toEqual([undefined, undefined]);
});

test("of a release's jobs each has the one right that it needs", () => {
    const { permissions, jobs } = workflowOf("release.yml");
    expect(permissions).toEqual({});
    expect(Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]))).toEqual({
        build: { contents: "read" },
        npm: { "id-token": "write" },
        github: { contents: "write" },
    });
});

test("a release is tested as a change is, and is made by the command that anybody can run", () => {
    const { build } = workflowOf("release.yml").jobs;
    const made = build?.steps.flatMap(({ run }) => run ?? []);
    expect(made).toEqual([".ci/run", "npm run --silent release:dry -- --strict"]);
    expect(statSync(join(repositoryRoot, ".ci/run")).mode & 0o100).toBe(0o100);
    const published = scriptsOf("release.yml").join("\n");
    expect(published).toMatch(/^npm publish "\.\/build\/release\/.*" --provenance /m);
    expect(published).toMatch(/^gh release create "\$GITHUB_REF_NAME" build\/release\/\* --verify-tag /m);
});

test.for([
    ["npm run --silent nothing", ["nothing"]],
    ["node tools/nothing.mts --x", ["tools/nothing.mts"]],
    ["node node_modules/vitest/vitest.mjs run test/package test/nothing", ["test/nothing"]],
    ["npm run --silent release:dry -- --strict && .ci/run", []],
] as const)("a step that says %s is seen through", ([script, missing]) => {
    expect(missingIn(script)).toEqual(missing);
});
