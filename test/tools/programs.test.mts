import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Engine, ensureEngine } from "../../tools/engine/engine.mts";
import { repositoryRoot } from "./machine.mts";
import { Project } from "./project.mts";

let engine: Engine;

beforeAll(async () => {
    engine = await ensureEngine({ onProgress: (line) => console.error(`engine: ${line}`) });
}, 1_200_000);

const commonJs = `
    const pulumi = require("@pulumi/pulumi");
    class Thing extends pulumi.ComponentResource {
        constructor(name) { super("tools:index:Thing", name); this.registerOutputs({}); }
    }
    const config = new pulumi.Config();
    console.log("said by the program");
    exports.thing = new Thing("a").urn;
    exports.greeting = config.get("greeting");
    exports.token = config.getSecret("token");
    exports.stack = pulumi.getStack();
`;
const typeScript = `
    import * as pulumi from "@pulumi/pulumi";
    class Thing extends pulumi.ComponentResource {
        constructor(name: string) { super("tools:index:Thing", name); this.registerOutputs({}); }
    }
    export const thing: pulumi.Output<string> = new Thing("a").urn;
    export const stack: string = pulumi.getStack();
`;
const strict = JSON.stringify({
    compilerOptions: { strict: true, module: "nodenext", target: "es2022", types: ["node"] },
});
const withTsx = ["    nodeargs: --import tsx"];
const esm = JSON.stringify({ name: "program", type: "module" });

class Program extends Project {
    constructor(
        files: Record<string, string>,
        { options = [], installed = true }: { options?: string[]; installed?: boolean } = {},
    ) {
        const runtime = ["runtime:", "  name: nodejs", ...(options.length > 0 ? ["  options:", ...options] : [])];
        super({
            "Pulumi.yaml": ["name: program", ...runtime, ""].join("\n"),
            "package.json": JSON.stringify({ name: "program", dependencies: { "@pulumi/pulumi": "*" } }),
            ...files,
        });
        if (installed) symlinkSync(join(repositoryRoot, "node_modules"), join(this.folder, "node_modules"));
    }
}

test("a JavaScript program: init, config, up, outputs, about, refresh, destroy", async () => {
    const program = new Program({ "index.js": commonJs });
    await program.does("stack", "init", "dev");
    await program.does("config", "set", "greeting", "hello");
    await program.does("config", "set", "--secret", "token", "sesame");
    const up = await program.does("up", "--yes");
    expect(up).toContain("said by the program");
    expect(up).not.toMatch(/warning|sesame/);
    expect(JSON.parse(await program.does("stack", "output", "--json", "--show-secrets"))).toEqual({
        greeting: "hello",
        stack: "dev",
        thing: "urn:pulumi:dev::program::tools:index:Thing::a",
        token: "sesame",
    });
    expect(JSON.parse(await program.does("stack", "output", "--json"))).toMatchObject({ token: "[secret]" });
    expect(await program.does("about")).toMatch(/@pulumi\/pulumi\s+3\./);
    expect(await program.does("refresh", "--yes")).toContain("2 unchanged");
    expect(await program.does("destroy", "--yes")).toContain("2 deleted");
});

const programs: { kind: string; files: Record<string, string>; options?: string[] }[] = [
    {
        kind: "an ESM program with top-level await",
        files: {
            "package.json": JSON.stringify({ name: "program", type: "module", main: "index.mjs" }),
            "index.mjs": `import * as pulumi from "@pulumi/pulumi";
                export const stack = await Promise.resolve(pulumi.getStack());`,
        },
    },
    { kind: "a TypeScript program without tsconfig.json", files: { "index.ts": typeScript } },
    { kind: "a TypeScript program with tsconfig.json", files: { "index.ts": typeScript, "tsconfig.json": strict } },
    {
        kind: "a TypeScript program under tsx",
        files: { "index.ts": typeScript, "tsconfig.json": strict },
        options: [...withTsx, "    typescript: false"],
    },
    {
        kind: "a TypeScript ESM program under tsx",
        files: { "index.ts": typeScript, "tsconfig.json": strict, "package.json": esm },
        options: withTsx,
    },
];

test.for(programs)("$kind runs", async ({ files, options }) => {
    const program = new Program(files, { options });
    await program.does("stack", "init", "dev");
    await program.does("up", "--yes", "--skip-preview");
    expect(JSON.parse(await program.does("stack", "output", "--json"))).toMatchObject({ stack: "dev" });
});

describe("a program that fails", () => {
    test.for([
        {
            how: "with an exception is reported once",
            index: `throw new Error("the program's own words")`,
            says: "the program's own words",
            not: "non-zero exit code",
        },
        {
            how: "with an exit code says so",
            index: "process.exit(3)",
            says: "Program exited with non-zero exit code: 3",
            not: "cmd/run",
        },
    ])("$how", async ({ index, says, not }) => {
        const program = new Program({ "index.js": index });
        await program.does("stack", "init", "dev");
        const { code, stdout } = await program.pulumi("up", "--yes", "--skip-preview");
        expect(code).not.toBe(0);
        expect(stdout).toContain(says);
        expect(stdout).not.toContain(not);
    });

    test("because nothing is installed says what to do", async () => {
        const program = new Program({ "index.js": commonJs }, { installed: false });
        await program.does("stack", "init", "dev");
        const { stdout, stderr } = await program.pulumi("preview");
        if (engine.origin === "cache-build") {
            expect(stdout + stderr).toContain(
                `@pulumi/pulumi is not installed for the program in ${program.folder}: run npm install`,
            );
        }
    });
});

test("an interrupted up ends the program and leaves the stack usable", async () => {
    const program = new Program({
        "index.js": `console.log("program " + process.pid + " waits"); setInterval(() => {}, 1000);
            module.exports = new Promise(() => {});`,
    });
    await program.does("stack", "init", "dev");
    const up = program.start("up", "--yes", "--skip-preview");
    await up.prints(" waits");
    up.kill("SIGINT");
    const { code, stdout } = await up.result;
    expect(code).not.toBe(0);
    const pid = Number(/program (\d+) waits/.exec(stdout)?.[1]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await program.does("stack", "export");
});

test("a dynamic provider runs", async () => {
    const program = new Program({
        "index.js": `const pulumi = require("@pulumi/pulumi");
            class Made extends pulumi.dynamic.Resource {
                constructor(name) {
                    super({ create: async () => ({ id: "made", outs: { by: "the dynamic host" } }) }, name, { by: undefined });
                }
            }
            exports.by = new Made("a").by;`,
    });
    await program.does("stack", "init", "dev");
    expect(await program.does("up", "--yes", "--skip-preview")).not.toContain("warning");
    expect(await program.does("stack", "output", "by")).toBe("the dynamic host\n");
    await program.does("destroy", "--yes");
});

test("the Automation API finds everything by the engine's environment", async () => {
    const program = new Program({ "index.js": commonJs });
    for (const [name, value] of Object.entries(engine.environment)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const pulumiCommand = await PulumiCommand.get();
    expect(pulumiCommand.version?.toString()).toBe(engine.version);
    const envVars = { ...engine.environment, ...program.settings };

    const local = await LocalWorkspace.createStack(
        { stackName: "local", workDir: program.folder },
        { pulumiCommand, envVars },
    );
    expect((await local.up()).outputs.thing?.value).toBe("urn:pulumi:local::program::tools:index:Thing::a");
    await local.destroy();

    const inline = await LocalWorkspace.createStack(
        { stackName: "inline", projectName: "program", program: async () => ({ answer: 42 }) },
        { pulumiCommand, envVars },
    );
    // A folder that it makes, and leaves.
    onTestFinished(() => rmSync(inline.workspace.workDir, { recursive: true, force: true }));
    expect((await inline.up()).outputs.answer?.value).toBe(42);
    await inline.destroy();
});
