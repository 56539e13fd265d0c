"use strict";

/*
 * Goes into every Node.js process of a run by NODE_OPTIONS and notes each module that the process loads, as it loads it:
 * the engine ends its plugins without warning, so there is no later moment to write at. One line a module: process id,
 * main script, file, tab between.
 */
const { appendFileSync } = require("node:fs");
const Module = require("node:module");
const { fileURLToPath } = require("node:url");

const log = process.env.ENTRASYNC_TEST_LOADS;

/** @param {string} file */
function note(file) {
    if (log) appendFileSync(log, `${process.pid}\t${process.argv[1] ?? "-"}\t${file}\n`);
}

note("(started)");

const load = Module.prototype.load;
Module.prototype.load = function (/** @type {string} */ file) {
    note(file);
    return load.call(this, file);
};

Module.registerHooks({
    resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        if (context.conditions?.includes("import") && resolved.url.startsWith("file:"))
            note(fileURLToPath(resolved.url));
        return resolved;
    },
});
