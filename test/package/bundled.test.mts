import { realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectToAcquire, upOnce } from "./engine.mts";
import { commonJs, esm, projectName, write } from "./layouts.mts";
import { unpackBesidePackages } from "./linked.mts";
import { outsideFolder, pack, removeFolder } from "./packed.mts";

/*
 * A program that its author bundles to one file. The bundler takes the resource's class into it; state names the hooks,
 * which Pulumi's host then looks for from the program's folder. What holds is written down at `requireRuntime` of
 * provider/resource.ts.
 */

const root = outsideFolder();
afterAll(() => removeFolder(root));
const installed = join(root, "project/node_modules/pulumi-entrasync");

/** In the order of the tests: those without the package come last. */
const kinds = [
    { name: "CommonJS", source: commonJs, format: "cjs", extension: "js", type: "commonjs", banner: "" },
    {
        name: "ESM",
        source: esm,
        format: "esm",
        extension: "mjs",
        type: "module",
        // As everybody's bundle of CommonJS packages to a module has it: esbuild leaves their `require` to it.
        banner: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`,
    },
] as const;

const folderOf = (name: string) => join(root, "project", name);

beforeAll(async () => {
    await unpackBesidePackages(await pack(root), join(root, "project"));
    for (const { name, source, format, extension, type, banner } of kinds) {
        const folder = folderOf(name);
        write(folder, {
            "Pulumi.yaml": `name: ${projectName}\nruntime: nodejs\nmain: dist/\n`,
            [`index.${extension}`]: source,
            "dist/package.json": JSON.stringify({ name: "bundle", private: true, type, main: "index.js" }),
        });
        await build({
            entryPoints: [join(folder, `index.${extension}`)],
            outfile: join(folder, "dist/index.js"),
            bundle: true,
            platform: "node",
            format,
            banner: { js: banner },
            // Pulumi's SDK reads files of its own, and the runner of programs brings it anyway.
            external: ["@pulumi/pulumi"],
            logLevel: "silent",
        });
    }
});

describe("with the package installed beside the bundle", () => {
    test.for(kinds)("a program as $name acquires", async ({ name }) => {
        await expectToAcquire(folderOf(name));
    });
});

describe("without it", () => {
    beforeAll(() => rmSync(installed, { recursive: true }));

    test.for(kinds)("a program as $name is told what to do, and nothing is created", async ({ name }) => {
        const upped = await upOnce(folderOf(name));
        const program = join(realpathSync(folderOf(name)), "dist");
        expect(upped.output).toContain(`pulumi-entrasync is not installed for the program in ${program}`);
        expect(upped.output).toContain("Run npm install pulumi-entrasync there, beside the bundle");
        expect(upped.output).not.toMatch(/^ +at /m);
        expect(upped).toMatchObject({ acquisitions: 0, provider: undefined });
    });
});
