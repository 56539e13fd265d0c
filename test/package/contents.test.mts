import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { outsideFolder, type Packed, pack, removeFolder, run, unpack } from "./packed.mts";

const folder = outsideFolder();
afterAll(() => removeFolder(folder));

interface Manifest {
    readonly exports: Readonly<Record<string, string>>;
    readonly bin: Readonly<Record<string, string>>;
}

let packed: Packed;
let unpacked: string;
let manifest: Manifest;

beforeAll(async () => {
    packed = await pack(folder);
    unpacked = await unpack(packed, folder);
    manifest = JSON.parse(read("package.json")) as Manifest;
});

const read = (path: string) => readFileSync(join(unpacked, path), "utf8");
const paths = () => packed.files.map(({ path }) => path);

describe("the tarball", () => {
    test("holds each file of provider/ compiled, with its types, the plugin as one file, the pages that people read, and package.json", () => {
        const sources = readdirSync(join(repositoryRoot, "provider"), { recursive: true, encoding: "utf8" });
        const compiled = sources
            .filter((name) => name.endsWith(".ts") && !/^plugin(Command\.ts$|[/\\])/.test(name))
            .map((name) => `dist/${name.slice(0, -".ts".length)}`)
            .flatMap((name) => [`${name}.d.ts`, `${name}.js`]);
        const plugin = ["dist/pulumi-resource-entrasync", "dist/pulumi-resource-entrasync.LEGAL.txt"];
        const pages = readdirSync(join(repositoryRoot, "docs")).map((name) => `docs/${name}`);
        const others = ["LICENSE", "README.md", "package.json"];
        expect(paths().sort()).toEqual([...compiled, ...plugin, ...pages, ...others].sort());
    });

    test("names no source map that it does not hold", () => {
        const named = paths().filter((path) => path.startsWith("dist/") && read(path).includes("sourceMappingURL="));
        expect(named).toEqual([]);
    });

    test("is small, and most of it is the plugin", () => {
        const { size = 0 } = packed.files.find(({ path }) => path === "dist/pulumi-resource-entrasync") ?? {};
        expect(packed.size).toBeLessThan(900_000);
        expect(size).toBeLessThan(2_500_000);
        expect(packed.unpackedSize - size).toBeLessThan(1_000_000);
    });

    test("has the licence of each library that the plugin's file holds", () => {
        const licences = read("dist/pulumi-resource-entrasync.LEGAL.txt");
        for (const library of ["@pulumi/pulumi", "@azure/identity", "@grpc/grpc-js", "node-forge"]) {
            expect(licences).toContain(library);
        }
    });

    test("holds what its package.json promises", () => {
        const promised = [...Object.values(manifest.exports), ...Object.values(manifest.bin)];
        expect(promised.map((path) => path.replace(/^\.\//, "")).filter((path) => !paths().includes(path))).toEqual([]);
    });

    test("has two commands, the plugin among them, and they name what starts them", () => {
        expect(Object.keys(manifest.bin)).toEqual(["pulumi-entrasync", "pulumi-resource-entrasync"]);
        for (const file of Object.values(manifest.bin)) expect(read(file)).toMatch(/^#!\/usr\/bin\/env node\n/);
    });
});

describe("other people's rules for packages", () => {
    test("publint finds nothing to improve", async () => {
        const tarball = readFileSync(packed.tarball);
        const { messages, pkg } = await publint({
            pack: { tarball: new Uint8Array(tarball).buffer },
            level: "suggestion",
            strict: true,
        });
        expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
    });

    test("attw finds the types of every entry by every way of looking", async () => {
        const attw = join(repositoryRoot, "node_modules/@arethetypeswrong/cli/dist/index.js");
        const printed = await run(
            process.execPath,
            [attw, packed.tarball, "--format", "json", "--no-definitely-typed"],
            folder,
        ).catch((error: unknown) => {
            // It ends with 1 where it finds something; what it found is what the test is to show.
            const [, json] = /\n(\{[\s\S]*\})\s*$/.exec(String(error)) ?? [];
            if (json === undefined) throw error;
            return json;
        });
        const { problems, analysis } = JSON.parse(printed) as {
            readonly problems?: Readonly<Record<string, readonly unknown[]>>;
            readonly analysis: { readonly entrypoints: Readonly<Record<string, unknown>> };
        };
        expect(Object.keys(analysis.entrypoints).sort()).toEqual([".", "./emulator", "./package.json", "./runtime"]);
        expect(problems ?? {}).toEqual({});
    });
});
