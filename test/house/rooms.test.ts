import { builtinModules } from "node:module";
import { describe, expect, test } from "vitest";
import { type Import, importsOf, readImports } from "./imports.ts";

const imports = readImports();
const files = new Set(imports.flatMap(({ from }) => from));

/** Which room a file of ours is in: its folder, or the file itself. */
const roomOf = (file: string) => file.split("/")[0] ?? file;
const isOurs = (to: string) => files.has(to) || ours.has(to);
/** Files that import nothing are files of ours too: whatever is imported by a relative name. */
const ours = new Set(
    imports.map(({ to }) => to).filter((to) => /^(core|graph|identity|emulator|commandLine)\//.test(to)),
);
const isBuiltin = (to: string) => to.startsWith("node:") && builtinModules.includes(to.slice("node:".length));

const show = ({ from, to, way }: Import) => `${from} → ${to} (${way})`;

/** The imports of a room that go to another one or outside, and are not allowed. */
function strays(room: string, isAllowed: (one: Import) => boolean): string[] {
    const ofRoom = imports.filter(({ from }) => roomOf(from) === room);
    expect(ofRoom, `nothing is imported in ${room}: is it still there?`).not.toEqual([]);
    return ofRoom.filter((one) => roomOf(one.to) !== room && !isAllowed(one)).map(show);
}

const goesTo = (to: string, ...rooms: readonly string[]) => isOurs(to) && rooms.includes(roomOf(to));

describe("imports point one way", () => {
    test("index: the resource, and core", () => {
        expect(strays("index", ({ to }) => to === "resource" || goesTo(to, "core"))).toEqual([]);
    });

    test("resource: Pulumi, core's types, and where core keeps the hash key, which is light", () => {
        const isLight = (to: string) => to === "core/hashKey";
        expect(
            strays(
                "resource",
                ({ to, way }) => to === "@pulumi/pulumi" || isLight(to) || (goesTo(to, "core") && way === "type"),
            ),
        ).toEqual([]);
        expect(imports.filter(({ from }) => isLight(from)).map(show)).toEqual([]);
    });

    test("runtime: core, the surroundings and Node.js, and types of identity's and Pulumi's", () => {
        const isType = ({ to, way }: Import) => way === "type" && (to === "@pulumi/pulumi" || goesTo(to, "identity"));
        const isAllowed = (one: Import) =>
            one.to === "surroundings" || goesTo(one.to, "core") || isBuiltin(one.to) || isType(one);
        expect(strays("runtime", isAllowed)).toEqual([]);
    });

    test("surroundings: core, graph, identity and Node.js", () => {
        expect(strays("surroundings", ({ to }) => goesTo(to, "core", "graph", "identity") || isBuiltin(to))).toEqual(
            [],
        );
    });

    test("core: nothing but Node.js", () => {
        expect(strays("core", ({ to }) => isBuiltin(to))).toEqual([]);
    });

    test("graph: core, Node.js, and the HTTP pipeline, which is loaded when it is used", () => {
        const isPipeline = ({ to, way }: Import) => to === "@azure/core-rest-pipeline" && way !== "static";
        expect(strays("graph", (one) => goesTo(one.to, "core") || isBuiltin(one.to) || isPipeline(one))).toEqual([]);
    });

    test("identity: core, Graph's types and clouds, Node.js, and libraries, which are loaded when they are used", () => {
        const isGraph = ({ to, way }: Import) => goesTo(to, "graph") && (way === "type" || to === "graph/clouds");
        const libraries = ["@azure/identity", "@azure/core-rest-pipeline", "node-forge"];
        const isLibrary = ({ to, way }: Import) => libraries.includes(to) && way !== "static";
        expect(
            strays("identity", (one) => goesTo(one.to, "core") || isGraph(one) || isBuiltin(one.to) || isLibrary(one)),
        ).toEqual([]);
    });

    test("commandLine: where core finds the nearest word, and Node.js", () => {
        expect(strays("commandLine", ({ to }) => to === "core/nearest" || isBuiltin(to))).toEqual([]);
    });

    test("commandLine: imported by the command and by the commands' own rooms alone", () => {
        const importers = imports.filter(({ from, to }) => goesTo(to, "commandLine") && roomOf(from) !== "commandLine");
        expect(new Set(importers.map(({ from }) => roomOf(from)))).toEqual(
            new Set(["command", "authorize", "doctor", "emulator"]),
        );
    });

    test("doctor: the command line, core, graph, identity and Node.js", () => {
        const rooms = ["commandLine", "core", "graph", "identity"];
        expect(strays("doctor", (one) => goesTo(one.to, ...rooms) || isBuiltin(one.to))).toEqual([]);
    });

    test("doctor: imported by the command alone", () => {
        const importers = imports.filter(({ from, to }) => roomOf(to) === "doctor" && roomOf(from) !== "doctor");
        expect(new Set(importers.map(({ from }) => from))).toEqual(new Set(["command"]));
    });

    test("authorize: the command line, core and Node.js", () => {
        expect(strays("authorize", (one) => goesTo(one.to, "commandLine", "core") || isBuiltin(one.to))).toEqual([]);
    });

    test("authorize: imported by the command alone", () => {
        const importers = imports.filter(({ from, to }) => roomOf(to) === "authorize" && roomOf(from) !== "authorize");
        expect(new Set(importers.map(({ from }) => from))).toEqual(new Set(["command"]));
    });

    // It shares nothing with the code that is tested against it, or both could be wrong together. Its command may have
    // what all commands have: reading arguments and telling of them says nothing about Entra or Graph, and the emulator that
    // tests import does not reach it.
    test("emulator: of ours the wire alone, and its command the command line", () => {
        const isCommands = ({ from, to }: Import) => from === "emulator/command" && goesTo(to, "commandLine");
        const isOutside = (to: string) => !(isOurs(to) || to.startsWith("."));
        expect(strays("emulator", (one) => one.to === "graph/wire" || isOutside(one.to) || isCommands(one))).toEqual(
            [],
        );
        expect(imports.filter(({ to }) => to === "emulator/command").map(({ from }) => from)).toEqual(["command"]);
    });

    test("emulator: imported by the command alone", () => {
        const importers = imports.filter(({ from, to }) => roomOf(to) === "emulator" && roomOf(from) !== "emulator");
        expect(new Set(importers.map(({ from }) => from))).toEqual(new Set(["command"]));
    });

    test("@azure/identity: imported by identity alone", () => {
        const importers = imports.filter(({ to }) => to.startsWith("@azure/identity")).map(({ from }) => roomOf(from));
        expect(new Set(importers)).toEqual(new Set(["identity"]));
    });

    test("no file imports itself by way of others", () => {
        for (const file of files) {
            expect(
                reachedFrom(file, ["static"])
                    .filter(({ to }) => to === file)
                    .map(show),
            ).toEqual([]);
        }
    });

    test("no name of a module is computed", () => {
        expect(imports.filter(({ to }) => to === "(computed)").map(show)).toEqual([]);
    });
});

/** Every import that is met on the way from a file through files of ours. */
function reachedFrom(start: string, ways: readonly string[]): Import[] {
    const reached: Import[] = [];
    const seen = new Set<string>();
    const queue = [start];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
        const current = file;
        for (const one of imports.filter(({ from, way }) => from === current && ways.includes(way))) {
            reached.push(one);
            if (isOurs(one.to) && !seen.has(one.to)) {
                seen.add(one.to);
                queue.push(one.to);
            }
        }
    }
    return reached;
}

test("requiring pulumi-entrasync/runtime loads Node.js and files of ours, and nothing else", () => {
    const reached = reachedFrom("runtime", ["static"]);
    expect(reached.map(({ to }) => to)).toContain("core/lifecycle");
    expect(reached.map(({ to }) => to)).toContain("graph/transport");
    expect(reached.map(({ to }) => to)).toContain("identity/tokens");
    expect(reached.filter(({ to }) => !isOurs(to) && !isBuiltin(to)).map(show)).toEqual([]);
});

test("requiring pulumi-entrasync loads Pulumi and files of ours, and neither the runtime nor anything of Azure", () => {
    const reached = reachedFrom("index", ["static", "dynamic"]);
    const outside = reached.filter(({ to }) => !isOurs(to) && to !== "@pulumi/pulumi");
    expect(outside.map(show)).toEqual([]);
    expect(reached.filter(({ to }) => to === "runtime" || goesTo(to, "graph", "identity")).map(show)).toEqual([]);
});

test.each<[string, string, string]>([
    ['import a from "x";', "x", "static"],
    ['import "x";', "x", "static"],
    ['import { type A, b } from "x";', "x", "static"],
    ['import { type A } from "x";', "x", "type"],
    ['import type { A } from "x";', "x", "type"],
    ['import type * as a from "x";', "x", "type"],
    ['import {} from "x";', "x", "static"],
    ['export * from "x";', "x", "static"],
    ['export { a } from "x";', "x", "static"],
    ['export type { A } from "x";', "x", "type"],
    ['import a = require("x");', "x", "static"],
    ['const a = () => require("x");', "x", "static"],
    ['const a = async () => (await import("x")).b;', "x", "dynamic"],
    ['type A = typeof import("x");', "x", "type"],
    ['type A = import("x").B<string>;', "x", "type"],
    ["const a = (name: string) => import(name);", "(computed)", "dynamic"],
    ['import { a } from "../core/a.js";', "core/a", "static"],
])("an import is recognised in whatever form: %s", (text, to, way) => {
    expect(importsOf("graph/b.ts", text)).toEqual([{ from: "graph/b", to, way }]);
});

test("an import in a comment or a text is none", () => {
    expect(importsOf("graph/b.ts", '// import "x";\nconst a = "import(\'x\')";')).toEqual([]);
});
