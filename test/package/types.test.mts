import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as typescript from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { install, outsideFolder, pack, removeFolder, unpack } from "./packed.mts";

/*
 * The published types, used by the programs of consumer/ and compiled as their users compile. Only what our types
 * need is there to be found: Pulumi, and Node.js's types, which come with it. So types that reach for a package which a
 * user does not have, `@types/…` of something, are found out here.
 */

/** One of early 2024. Those before 5 can't read today's @types/node, which Pulumi brings; 4.7 was tried. */
const older = "5.4.5";

const root = outsideFolder();
afterAll(() => removeFolder(root));

const project = join(root, "project");
let published: string;

beforeAll(async () => {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "program", private: true }));
    await install(project, `older-typescript@npm:typescript@${older}`);
    published = await unpack(await pack(root), project);
    for (const name of ["@pulumi/pulumi", "@types/node"]) {
        const place = join(project, "node_modules", name);
        mkdirSync(dirname(place), { recursive: true });
        symlinkSync(join(repositoryRoot, "node_modules", name), place);
    }
    for (const name of readdirSync(join(import.meta.dirname, "consumer"))) {
        for (const extension of [".ts", ".mts", ".cts"]) {
            copyFileSync(join(import.meta.dirname, "consumer", name), join(project, name.replace(".ts", extension)));
        }
    }
});

type Compiler = typeof typescript;

/**
 * Everything that the compiler has against the programs, and against our own types: these are looked at as the sources
 * they are, as with `skipLibCheck: false`, while those of other packages are not ours to judge.
 */
function complaints(
    ts: Compiler,
    files: readonly string[],
    settings: Readonly<Record<string, unknown>>,
    previous?: typescript.Program,
): { readonly found: string[]; readonly program: typescript.Program } {
    const { options, errors } = ts.convertCompilerOptionsFromJson(
        { strict: true, target: "es2022", noEmit: true, skipLibCheck: false, types: ["node"], ...settings },
        project,
    );
    const program = ts.createProgram(
        files.map((file) => join(project, file)),
        options,
        undefined,
        previous,
    );
    const ours = program
        .getSourceFiles()
        .filter(({ fileName }) => dirname(fileName) === project || fileName.startsWith(published));
    const diagnostics = [
        ...errors,
        ...program.getOptionsDiagnostics(),
        ...program.getGlobalDiagnostics(),
        ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ];
    expect(ours.filter(({ isDeclarationFile }) => isDeclarationFile).length).toBeGreaterThan(3);
    const found = diagnostics.map(({ file, start, messageText }) => {
        const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
        return `${file?.fileName ?? "options"}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    return { found, program };
}

const load = createRequire(join(project, "index.js"));
const ours = createRequire(import.meta.url);
const compilers = [
    { name: "this repository's compiler", compiler: () => ours("typescript") as Compiler },
    { name: `TypeScript ${older}`, compiler: () => load("older-typescript") as Compiler },
];

const every = (extension: string) => ["program", "tests", "state"].map((name) => `${name}${extension}`);
const resolutions = [
    {
        how: "nodenext, by CommonJS and ESM programs",
        files: [...every(".cts"), ...every(".mts")],
        settings: { module: "nodenext", moduleResolution: "nodenext" },
    },
    { how: "bundler", files: every(".ts"), settings: { module: "esnext", moduleResolution: "bundler" } },
    {
        // That of the tsconfig.json which `pulumi new` writes.
        how: "node",
        files: every(".ts"),
        settings: { module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "6.0" },
    },
];

const cases = compilers.flatMap((compiler) => resolutions.map((resolution) => ({ ...compiler, ...resolution })));

test.for(cases)(
    "$name takes the types under $how, optional properties exact or not",
    ({ compiler, files, settings }) => {
        const ts = compiler();
        const known = ts.version === older ? { ...settings, ignoreDeprecations: undefined } : settings;
        const { found, program } = complaints(ts, files, known);
        expect(found).toEqual([]);
        expect(complaints(ts, files, { ...known, exactOptionalPropertyTypes: true }, program).found).toEqual([]);
    },
);
