import { cpSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryRoot } from "../../tools/engine/repository.mts";

/** The ways in which the package comes to a program. */
export const layoutNames = [
    "installed in a CommonJS program",
    "installed in an ESM program",
    "installed above a program in a subfolder",
    "linked from a checkout",
    "a workspace beside the program's",
] as const;

export type LayoutName = (typeof layoutNames)[number];

/** One program in one layout. */
export interface Layout {
    /** The folder of Pulumi.yaml. */
    readonly folder: string;
    /** The copy of the package that it uses, as Node.js names it. */
    readonly package: string;
}

/** The program of every layout. */
export const commonJs = `"use strict";
const pulumi = require("@pulumi/pulumi");
const { SynchronizationTokenAcquisition } = require("pulumi-entrasync");
const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: new pulumi.Config().require("principal"),
    credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "of a test" },
});
exports.acquiredAt = token.acquiredAt;
`;

/** By every name that a typed program has use for: the compiler that Pulumi brings is one of 2020. */
export const typed = `import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition, SynchronizationTokenAcquisitionArgs } from "pulumi-entrasync";
const args: SynchronizationTokenAcquisitionArgs = {
    servicePrincipalId: new pulumi.Config().require("principal"),
    credentials: [{ key: "SecretToken", value: pulumi.secret("of a test") }],
};
export const acquiredAt: pulumi.Output<string> = new SynchronizationTokenAcquisition("acme", args).acquiredAt;
`;

export const esm = `import * as pulumi from "@pulumi/pulumi";
import { SynchronizationTokenAcquisition } from "pulumi-entrasync";
const token = new SynchronizationTokenAcquisition("acme", {
    servicePrincipalId: new pulumi.Config().require("principal"),
    credentials: { BaseAddress: "https://scim.acme.example/v2", SecretToken: "of a test" },
});
export const acquiredAt = await Promise.resolve(token.acquiredAt);
`;

export const projectName = "fleet";

/** Lays out the same program in every way, given a folder that npm installed the tarball into. */
export function layOut(root: string, installed: string): Record<LayoutName, Layout> {
    const projectFile = `name: ${projectName}\nruntime: nodejs\n`;
    const fromTarball = realpathSync(join(installed, "node_modules/pulumi-entrasync"));

    write(installed, { "Pulumi.yaml": projectFile, "index.js": commonJs });

    // As npm leaves it in a folder of programs: one node_modules above them all.
    const module = join(installed, "esm");
    write(module, {
        "Pulumi.yaml": projectFile,
        "package.json": JSON.stringify({ name: "esm", private: true, type: "module" }),
        "index.js": esm,
    });

    const nested = join(root, "nested");
    write(nested, {
        "Pulumi.yaml": `${projectFile}main: sub/\n`,
        "package.json": JSON.stringify({ name: "nested", private: true }),
        "sub/package.json": JSON.stringify({ name: "sub", private: true }),
        "sub/index.js": commonJs,
    });
    link(join(installed, "node_modules"), join(nested, "node_modules"));

    // As `npm link` and a dependency on `file:` leave it.
    const linked = join(root, "linked");
    write(linked, {
        "Pulumi.yaml": projectFile,
        "package.json": JSON.stringify({ name: "linked", private: true }),
        "index.js": commonJs,
    });
    link(repositoryRoot, join(linked, "node_modules/pulumi-entrasync"));
    link(join(repositoryRoot, "node_modules/@pulumi/pulumi"), join(linked, "node_modules/@pulumi/pulumi"));

    // As npm leaves a repository of both: the package's folder linked into the root's node_modules, all else beside it.
    const workspace = join(root, "workspace");
    const own = join(workspace, "packages/pulumi-entrasync");
    cpSync(fromTarball, own, { recursive: true });
    for (const name of readdirSync(join(installed, "node_modules"))) {
        if (name.startsWith(".")) continue;
        const target = name === "pulumi-entrasync" ? own : join(installed, "node_modules", name);
        link(target, join(workspace, "node_modules", name));
    }
    const program = join(workspace, "programs", projectName);
    write(program, {
        "Pulumi.yaml": projectFile,
        "package.json": JSON.stringify({ name: "program", private: true }),
        "index.js": commonJs,
    });

    return {
        "installed in a CommonJS program": { folder: installed, package: fromTarball },
        "installed in an ESM program": { folder: module, package: fromTarball },
        "installed above a program in a subfolder": { folder: nested, package: fromTarball },
        "linked from a checkout": { folder: linked, package: realpathSync(repositoryRoot) },
        "a workspace beside the program's": { folder: program, package: realpathSync(own) },
    };
}

/** The same program in TypeScript, beside the others in a folder where no compiler is installed. */
export function layOutTypeScript(installed: string): string {
    const folder = join(installed, "typed");
    write(folder, {
        "Pulumi.yaml": `name: ${projectName}\nruntime: nodejs\n`,
        "package.json": JSON.stringify({ name: "typed", private: true }),
        "index.ts": typed,
    });
    return folder;
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
        const file = join(folder, name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
    }
}

export function link(target: string, place: string): void {
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(target, place);
}
