"use strict";

/*
 * The plugin comes as source here: where the engine has cloned the repository it runs `npm install` in this folder, and
 * that runs this. It builds as the repository's own `npm run build` does, with the packages of the lock file.
 */

const { execSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const npm = (/** @type {string} */ command) =>
    execSync(`npm --prefix "${root}" ${command}`, { cwd: root, stdio: "inherit" });

if (!existsSync(join(root, "dist/pulumi-resource-entrasync"))) {
    // The engine asks for what a plugin needs to run; to build it takes the development dependencies too.
    if (!existsSync(join(root, "node_modules/esbuild"))) npm("ci --include=dev");
    npm("run build");
}
