import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { version } from "../../tools/plugin/contents.mts";
import { askPlugin } from "../../tools/release/startedPlugin.mts";
import { cachedPackage, downloadLimitMs, NotToBeHad } from "./cached.mts";
import { compileIn } from "./compiled.mts";
import { expectToAcquire, provider, upOnce } from "./engine.mts";
import { commonJs, projectName, typed, write } from "./layouts.mts";
import { unpackBesidePackages } from "./linked.mts";
import { install, outsideFolder, type Packed, pack, removeFolder, run } from "./packed.mts";
import { lowestSdk, nodePackage, nodes } from "./pins.mts";

/* The ends of what package.json promises: Node.js by `engines`, Pulumi's SDK by `peerDependencies`. */

const root = outsideFolder();
afterAll(() => removeFolder(root));

const project = join(root, "project");
let packed: Packed;
beforeAll(async () => {
    packed = await pack(root);
    await unpackBesidePackages(packed, project);
    write(project, {
        "Pulumi.yaml": `name: ${projectName}\nruntime: nodejs\n`,
        "index.js": `${commonJs}exports.node = process.version;\n`,
    });
});

/** The executable, or why there is none here. */
async function nodeOf(wanted: string): Promise<{ readonly node: string } | { readonly reason: string }> {
    try {
        const folder = join(await cachedPackage(nodePackage(), wanted), "node_modules", nodePackage(), "bin");
        return { node: realpathSync(join(folder, process.platform === "win32" ? "node.exe" : "node")) };
    } catch (error) {
        if (error instanceof NotToBeHad) return { reason: error.message };
        throw error;
    }
}

describe.for(nodes)("Node.js %s", (wanted) => {
    let node = "";
    let reason: string | undefined;
    beforeAll(async () => {
        const found = await nodeOf(wanted);
        if ("node" in found) node = found.node;
        else reason = found.reason;
    }, downloadLimitMs);

    test("loads every entry, and runs both commands", async (context) => {
        context.skip(reason !== undefined, reason);
        const code = `for (const entry of ["", "/runtime", "/emulator"]) require("pulumi-entrasync" + entry);
            console.log(process.version);`;
        const printed = await run(node, ["--throw-deprecation", "--eval", code], project);
        expect(printed).toBe(`v${wanted}\n`);
        const installed = join(project, "node_modules/pulumi-entrasync/dist");
        expect(await run(node, [join(installed, "command.js"), "--help"], project)).toContain(
            "Usage: pulumi-entrasync",
        );
        expect(await askPlugin(installed, node)).toEqual({ plugin: version, schema: version });
    });

    test("pulumi up acquires", async (context) => {
        context.skip(reason !== undefined, reason);
        const upped = await upOnce(project, { node });
        expect(upped.output).toContain("2 created");
        expect(upped, upped.output).toMatchObject({
            // The program says what ran it.
            output: expect.stringContaining(`node      : "v${wanted}"`),
            acquisitions: 1,
            provider,
        });
    });
});

describe(`@pulumi/pulumi ${lowestSdk}, the lowest of the peer range`, () => {
    const lowest = join(root, "lowest");
    beforeAll(async () => {
        mkdirSync(lowest);
        writeFileSync(join(lowest, "package.json"), JSON.stringify({ name: "program", private: true }));
        await install(lowest, packed.tarball, `@pulumi/pulumi@${lowestSdk}`);
        write(lowest, {
            "Pulumi.yaml": `name: ${projectName}\nruntime: nodejs\n`,
            "index.js": commonJs,
            "typed.cts": typed,
            "typed.mts": typed,
        });
    }, downloadLimitMs);

    test("is taken by npm, without a second one beside it", async () => {
        const found = JSON.parse(await run("npm", ["ls", "@pulumi/pulumi", "--json", "--all"], lowest)) as object;
        const versions = [...JSON.stringify(found).matchAll(/"@pulumi\/pulumi":\{"version":"([^"]+)"/g)];
        expect(new Set(versions.map(([, version]) => version))).toEqual(new Set([lowestSdk]));
    });

    test("has the types that ours are made of", () => {
        const { complaints, read } = compileIn(lowest, ["typed.cts", "typed.mts"]);
        expect(complaints).toEqual([]);
        expect(read.some((file) => file.startsWith(join(realpathSync(lowest), "node_modules/@pulumi/pulumi/")))).toBe(
            true,
        );
    });

    test("pulumi up acquires", async () => {
        await expectToAcquire(lowest);
    });
});
