"use strict";

const { existsSync, readFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

/** @returns {{ version?: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string> } | undefined} */
function readPackage(/** @type {string} */ directory) {
    try {
        return JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    } catch {
        return undefined;
    }
}

/** The nearest ancestor, or the directory itself, that has `relative` in it. */
function findUp(/** @type {string} */ directory, /** @type {string} */ relative) {
    for (let current = directory; ; current = dirname(current)) {
        if (existsSync(join(current, relative))) return current;
        if (dirname(current) === current) return undefined;
    }
}

function findInstalled(/** @type {string} */ from, /** @type {string} */ name) {
    const holder = findUp(from, join("node_modules", name, "package.json"));
    return holder === undefined ? undefined : join(holder, "node_modules", name);
}

/** The installed dependencies of the program, name to version; those of its dependencies too when asked. */
function dependenciesOf(/** @type {string} */ program, /** @type {boolean} */ transitive) {
    /** @type {Map<string, string>} */
    const found = new Map();
    const root = findUp(program, "package.json");
    if (root === undefined) return found;
    const manifest = readPackage(root);
    const open = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies }).map((name) => ({
        from: root,
        name,
    }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
        const directory = findInstalled(next.from, next.name);
        const installed = directory && readPackage(directory);
        if (!directory || !installed || found.has(next.name)) continue;
        found.set(next.name, installed.version ?? "");
        if (transitive)
            open.push(...Object.keys(installed.dependencies ?? {}).map((name) => ({ from: directory, name })));
    }
    return found;
}

module.exports = { dependenciesOf };
