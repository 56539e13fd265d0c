import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { provider, readImports } from "../house/imports.ts";

interface Manifest {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly peerDependencies: Readonly<Record<string, string>>;
    readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as Manifest;

/** The packages that `provider/` imports anywhere, in whatever way, be it for a type. */
const imported = new Set(
    readImports()
        .map(({ to }) => to)
        .filter((to) => !to.startsWith("node:") && !existsSync(join(provider, `${to}.ts`)))
        .map((to) => to.split("/", to.startsWith("@") ? 2 : 1).join("/")),
);

test("what is imported is a dependency or the peer, and each dependency is imported", () => {
    expect([...imported].sort()).toEqual([...Object.keys(manifest.dependencies), "@pulumi/pulumi"].sort());
});

test("the user's own Pulumi is used, and azuread where there is one", () => {
    expect(Object.keys(manifest.peerDependencies).sort()).toEqual(["@pulumi/azuread", "@pulumi/pulumi"]);
    expect(manifest.peerDependenciesMeta).toEqual({ "@pulumi/azuread": { optional: true } });
});
