import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { provider, readImports } from "../house/imports.ts";

interface Manifest {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
    readonly peerDependencies: Readonly<Record<string, string>>;
    readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as Manifest;

/** The packages that files of `provider/` import anywhere, in whatever way, be it for a type. */
function importedBy(isMeant: (from: string) => boolean): string[] {
    const packages = readImports()
        .filter(({ from }) => isMeant(from))
        .map(({ to }) => to)
        .filter((to) => !to.startsWith("node:") && !to.startsWith("..") && !existsSync(join(provider, `${to}.ts`)))
        .map((to) => to.split("/", to.startsWith("@") ? 2 : 1).join("/"));
    return [...new Set(packages)].sort();
}

/** The plugin is published as one file that has in it what it imports. */
const isPlugin = (from: string) => from === "pluginCommand" || from.startsWith("plugin/");

test("what is imported is a dependency or the peer, and each dependency is imported", () => {
    expect(importedBy((from) => !isPlugin(from))).toEqual(
        [...Object.keys(manifest.dependencies), "@pulumi/pulumi"].sort(),
    );
});

test("what the plugin alone imports comes in its file, and nobody has to install it", () => {
    const own = importedBy(isPlugin).filter((name) => name !== "@pulumi/pulumi" && !(name in manifest.dependencies));
    expect(own).toEqual(["@grpc/grpc-js", "google-protobuf"]);
    expect(own.filter((name) => !(name in manifest.devDependencies))).toEqual([]);
});

test("the user's own Pulumi is used, and azuread where there is one", () => {
    expect(Object.keys(manifest.peerDependencies).sort()).toEqual(["@pulumi/azuread", "@pulumi/pulumi"]);
    expect(manifest.peerDependenciesMeta).toEqual({ "@pulumi/azuread": { optional: true } });
});
