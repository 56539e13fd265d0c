import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { outsideFolder, type Packed, pack, removeFolder, run, unpack } from "./packed.mts";

const folder = outsideFolder();
afterAll(() => removeFolder(folder));

interface Manifest {
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    readonly bin: Readonly<Record<string, string>>;
    readonly scripts: Readonly<Record<string, string>>;
}

/** Each entry point with the types that programs get of it. `package.json` is for tools, and has none. */
const typesOf: Readonly<Record<string, string | undefined>> = {
    ".": "dist/index.d.ts",
    "./emulator": "dist/emulator/index.d.ts",
    "./package.json": undefined,
    "./runtime": "dist/runtime.d.ts",
};

/** What the services that this package and its release have to do with write secrets as. */
const secretForms: Readonly<Record<string, RegExp>> = {
    "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}/,
    "a signed token": /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/,
    "a token of npm's": /\bnpm_[A-Za-z0-9]{36}\b/,
    "a token of GitHub's": /\b(gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b/,
    "a token of Pulumi's": /\bpul-[0-9a-f]{40}\b/,
    "a client secret of Entra's": /\b[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/,
};

/** In parts: what looks for secrets in this repository is not to find these. */
const examplesOfSecrets: Readonly<Record<string, string>> = {
    "a private key": `-----BEGIN ${"PRIVATE KEY"}-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)}`,
    "a signed token": ["eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJhY21lIn0", "c".repeat(43)].join("."),
    "a token of npm's": `npm_${"a1".repeat(18)}`,
    "a token of GitHub's": `ghp_${"a1".repeat(18)}`,
    "a token of Pulumi's": `pul-${"a1".repeat(20)}`,
    "a client secret of Entra's": `abc8${"Q~"}${"a1".repeat(17)}`,
};

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
        // Pictures stay in the repository, wherever in docs/ they are.
        const pages = readdirSync(join(repositoryRoot, "docs"), { recursive: true, encoding: "utf8" })
            .filter((name) => name.endsWith(".md"))
            .map((name) => `docs/${name.replaceAll("\\", "/")}`);
        const others = ["LICENSE", "README.md", "package.json"];
        expect(paths().sort()).toEqual([...compiled, ...plugin, ...pages, ...others].sort());
    });

    test("names no source map that it does not hold", () => {
        const named = paths().filter((path) => path.startsWith("dist/") && read(path).includes("sourceMappingURL="));
        expect(named).toEqual([]);
    });

    test("is small: the plugin's file, the other code, the pages", () => {
        const bytes = (isMeant: (path: string) => boolean) =>
            packed.files.filter(({ path }) => isMeant(path)).reduce((sum, { size }) => sum + size, 0);
        const isPlugin = (path: string) => path === "dist/pulumi-resource-entrasync";
        expect(packed.size).toBeLessThan(900_000);
        expect(bytes(isPlugin)).toBeLessThan(2_500_000);
        expect(bytes((path) => path.startsWith("dist/") && !isPlugin(path))).toBeLessThan(900_000);
        expect(bytes((path) => path.startsWith("docs/"))).toBeLessThan(300_000);
    });

    test("has the licence of each library that the plugin's file holds", () => {
        const licences = read("dist/pulumi-resource-entrasync.LEGAL.txt");
        for (const library of ["@pulumi/pulumi", "@azure/identity", "@grpc/grpc-js", "node-forge"]) {
            expect(licences).toContain(library);
        }
    });

    test("holds what its package.json promises", () => {
        const promised = [...Object.values(manifest.exports), ...Object.values(manifest.bin)].flatMap((target) =>
            typeof target === "string" ? target : Object.values(target),
        );
        expect(promised.map((path) => path.replace(/^\.\//, "")).filter((path) => !paths().includes(path))).toEqual([]);
    });

    test("has two commands, the plugin among them, and they name what starts them", () => {
        expect(Object.keys(manifest.bin)).toEqual(["pulumi-entrasync", "pulumi-resource-entrasync"]);
        for (const file of Object.values(manifest.bin)) expect(read(file)).toMatch(/^#!\/usr\/bin\/env node\n/);
    });
});

describe("what is published", () => {
    // npm runs these of a package that it installs, as whoever installs it.
    test("runs nothing when it is installed", () => {
        const ofInstallation = /^(pre|post)?install$|^(pre|post)?prepare$|^dependencies$/;
        expect(Object.keys(manifest.scripts).filter((name) => ofInstallation.test(name))).toEqual([]);
        // npm would run node-gyp for one of these.
        expect(paths().filter((path) => path.endsWith(".gyp"))).toEqual([]);
    });

    test("has no secret in it, and no path of the machine that built it", () => {
        const found = paths().flatMap((path) => {
            const text = read(path);
            return [
                ...Object.entries(secretForms).filter(([, form]) => form.test(text)),
                ...[repositoryRoot, folder, homedir()].filter((place) => text.includes(`${place}/`)),
            ].map((what) => `${path}: ${what}`);
        });
        expect(found).toEqual([]);
    });

    test.for(Object.keys(secretForms))("would be found out with %s in it", (name) => {
        expect(secretForms[name]?.test(`before ${examplesOfSecrets[name]} after`)).toBe(true);
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

    // No exception of any rule: nothing is ignored, and package.json is found like the others.
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
        const { analysis } = JSON.parse(printed) as { readonly analysis: Analysis };
        expect(analysis.problems).toEqual([]);
        const found = Object.entries(analysis.entrypoints).flatMap(([entry, { resolutions }]) =>
            Object.entries(resolutions).map(([way, { resolution }]) => [entry, way, resolution?.fileName] as const),
        );
        const expected = Object.entries(typesOf).flatMap(([entry, types]) =>
            waysOfLooking.map((way) => [entry, way, `/node_modules/pulumi-entrasync/${types ?? "package.json"}`]),
        );
        expect(found.sort()).toEqual(expected.sort());
    });
});

/** TypeScript's, as attw names them: of Node.js 10, of Node.js today for either kind of program, of bundlers. */
const waysOfLooking = ["node10", "node16-cjs", "node16-esm", "bundler"];

/** Of what attw prints, what is looked at here. */
interface Analysis {
    readonly problems: readonly unknown[];
    readonly entrypoints: Readonly<
        Record<
            string,
            { readonly resolutions: Readonly<Record<string, { readonly resolution?: { fileName: string } }>> }
        >
    >;
}
