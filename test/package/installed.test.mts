import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Emulator } from "pulumi-entrasync/emulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acquireOnce, openYaml, yamlProgram } from "../packaging/program.mts";
import { watch } from "../support/observed.mts";
import { openStack, type Stack } from "../support/stack.mts";
import { at, provider } from "./engine.mts";
import { type Layout, type LayoutName, layOut, layOutTypeScript, layoutNames, projectName } from "./layouts.mts";
import { install, lockedVersion, outsideFolder, type Packed, pack, removeFolder, run } from "./packed.mts";

const root = outsideFolder();
afterAll(() => removeFolder(root));

const project = join(root, "project");
let packed: Packed;
let layouts: Record<LayoutName, Layout>;

beforeAll(async () => {
    packed = await pack(root);
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "program", private: true }));
    await install(project, packed.tarball, `@pulumi/pulumi@${lockedVersion("@pulumi/pulumi")}`);
    layouts = layOut(root, project);
});

/** The emulator of the tarball, in this process. */
function startInstalledEmulator(): Promise<Emulator> {
    const load = createRequire(join(project, "index.js"));
    const { startEmulator } = load("pulumi-entrasync/emulator") as typeof import("pulumi-entrasync/emulator");
    return startEmulator();
}

/** Runs a program's code in the project, and gives what it printed as JSON. */
async function evaluate(kind: "commonjs" | "module", code: string): Promise<unknown> {
    return JSON.parse(await run(process.execPath, [`--input-type=${kind}`, "--eval", code], project));
}

describe("a pulumi up of a program", () => {
    /** Each layout, and the next one, in which the same stack goes on: round the list, so through all of them. */
    const steps = layoutNames.map((from, index) => ({
        from,
        to: layoutNames[(index + 1) % layoutNames.length] ?? from,
    }));

    async function up(stack: Stack, layout: Layout): Promise<string> {
        let printed = "";
        const loads = await stack.watchLoads(async (environment) => {
            const args = ["up", "--yes", "--skip-preview", ...at(stack, layout.folder)];
            printed = (await stack.does(args, { environment })).output;
        });
        // The layout's own copy, once in the program and once in the host of its hooks.
        for (const file of ["index.js", "runtime.js"]) {
            expect(loads.ofFile(join(layout.package, "dist", file))).toHaveLength(1);
        }
        return printed;
    }

    test.concurrent.for(steps)(
        "$from acquires once, and goes on unchanged as $to",
        async ({ from, to }, { expect }) => {
            const emulator = await startInstalledEmulator();
            const name = `stack-${layoutNames.indexOf(from)}`;
            await using stack = await openStack({ files: {}, emulator, project: projectName, stack: name });
            try {
                const principal = emulator.createServicePrincipal("Acme");
                await stack.config("principal", `/servicePrincipals/${principal.id}`);

                expect(await up(stack, layouts[from])).toContain("2 created");
                expect(emulator.store.acquisitions.map(({ targetId }) => targetId)).toEqual([principal.id]);
                const { acme: created } = await stack.resources();
                expect(created?.inputs?.__provider).toBe(provider);
                expect(created?.outputs?.__provider).toBe(provider);

                const since = watch(emulator);
                expect(await up(stack, layouts[to])).toMatch(/^ *2 unchanged$/m);
                expect(since().requests).toEqual([]);
                const { acme: kept } = await stack.resources();
                expect(kept?.id).toBe(created?.id);
                expect(kept?.outputs).toEqual(created?.outputs);
                expect(kept?.inputs?.__provider).toBe(provider);
            } finally {
                await emulator.close();
            }
        },
    );

    test.concurrent("in TypeScript, compiled by what Pulumi brings, is previewed", async ({ expect }) => {
        const folder = layOutTypeScript(project);
        const compiler = `try { require("typescript"); } catch ({ code }) { console.log(JSON.stringify(code)); }`;
        expect(await evaluate("commonjs", compiler)).toBe("MODULE_NOT_FOUND");
        const emulator = await startInstalledEmulator();
        await using stack = await openStack({ files: {}, emulator, project: projectName, stack: "typed" });
        try {
            await stack.config("principal", `/servicePrincipals/${emulator.createServicePrincipal("Acme").id}`);
            expect((await stack.does(["preview", ...at(stack, folder)])).output).toContain("2 to create");
            expect(emulator.requests).toEqual([]);
        } finally {
            await emulator.close();
        }
    });
});

describe("pulumi-entrasync/runtime, which every state file names,", () => {
    test("exports the hooks of Pulumi's dynamic providers, and nothing else", async () => {
        const hooks = { check: 2, configure: 1, create: 1, delete: 0, diff: 3, read: 1, update: 3 };
        const code = `const runtime = require("pulumi-entrasync/runtime");
            console.log(JSON.stringify(Object.fromEntries(Object.entries(runtime).map(([name, hook]) => [name, hook.length]))));`;
        expect(await evaluate("commonjs", code)).toEqual(hooks);
    });

    test("loads no other package", async () => {
        expect(await packagesLoadedBy("pulumi-entrasync/runtime")).toEqual(["pulumi-entrasync"]);
    });
});

describe("pulumi-entrasync", () => {
    test("loads Pulumi, and nothing of Azure or of the emulator", async () => {
        const loaded = await packagesLoadedBy("pulumi-entrasync");
        expect(loaded).toContain("@pulumi/pulumi");
        expect(loaded.filter((name) => /^(@azure\/|jose$|node-forge$)/.test(name))).toEqual([]);
    });

    test.for(["pulumi-entrasync", "pulumi-entrasync/emulator", "pulumi-entrasync/runtime"])(
        "%s gives an ESM program each name that it gives a CommonJS one",
        async (entry) => {
            const names = (await evaluate(
                "commonjs",
                `console.log(JSON.stringify(Object.keys(require("${entry}"))));`,
            )) as string[];
            expect(names.length).toBeGreaterThan(1);
            const imports = names.map((name, index) => `${name} as _${index}`).join(", ");
            const same = names.map((name, index) => `require("${entry}").${name} === _${index}`).join(", ");
            const code = `import { createRequire } from "node:module";
                import { ${imports} } from "${entry}";
                const require = createRequire(process.cwd() + "/index.js");
                console.log(JSON.stringify([${same}]));`;
            // The same objects, not a second copy: an error is an instance of its class in either.
            expect(await evaluate("module", code)).toEqual(names.map(() => true));
        },
    );

    test("keeps its insides to itself", async () => {
        const code = `const refused = (name) => { try { require.resolve(name); return "resolved"; } catch ({ code }) { return code; } };
            console.log(JSON.stringify(process.argv.slice(1).map(refused)));`;
        const inside = packed.files.map(({ path }) => path).filter((path) => path !== "package.json");
        const names = [...inside, "dist", "resource", "core/errors", "command"].map(
            (path) => `pulumi-entrasync/${path}`,
        );
        const printed = await run(process.execPath, ["--eval", code, ...names], project);
        expect(JSON.parse(printed)).toEqual(names.map(() => "ERR_PACKAGE_PATH_NOT_EXPORTED"));
    });

    test("tells its version to whoever asks for its package.json", async () => {
        const code = `console.log(JSON.stringify(require("pulumi-entrasync/package.json").name));`;
        expect(await evaluate("commonjs", code)).toBe("pulumi-entrasync");
    });
});

describe("pulumi-resource-entrasync, the plugin,", () => {
    test("is found by a program that names node_modules/.bin, and needs nothing else of what npm brought", async () => {
        const bin = join(project, "node_modules/.bin");
        accessSync(join(bin, "pulumi-resource-entrasync"), constants.X_OK);
        const emulator = await startInstalledEmulator();
        const plugins = ["plugins:", "  providers:", "    - name: entrasync", `      path: ${bin}`];
        await using stack = await openYaml(yamlProgram(...plugins), emulator);
        try {
            await acquireOnce(stack, emulator);
        } finally {
            await emulator.close();
        }
    });
});

describe("npx pulumi-entrasync", () => {
    const npx = (...args: string[]) => run("npx", ["--no", "--", "pulumi-entrasync", ...args], project);

    test("is a program that the system can start", () => {
        accessSync(join(project, "node_modules/.bin/pulumi-entrasync"), constants.X_OK);
    });

    test("--help lists the commands", async () => {
        expect(await npx("--help")).toMatch(/^Usage: pulumi-entrasync COMMAND[\s\S]*\n {2}emulator /);
    });

    test("emulator --help says how it is used", async () => {
        expect(await npx("emulator", "--help")).toMatch(/^Usage: pulumi-entrasync emulator/);
    });
});

async function packagesLoadedBy(entry: string): Promise<string[]> {
    const code = `require("${entry}"); console.log(JSON.stringify(Object.keys(require.cache)));`;
    const files = (await evaluate("commonjs", code)) as string[];
    const names = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file);
    return [...new Set(names)];
}
