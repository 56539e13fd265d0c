import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { readLock } from "./packed.mts";

/* Every place installs from the registry that it is set up for, so no committed file names one. */

/** In parts: this file is a committed one, too. */
const registries = [
    ["registry", "npmjs", "org"],
    ["registry", "npmjs", "com"],
    ["registry", "yarnpkg", "com"],
    ["registry", "npmmirror", "com"],
    ["npm", "pkg", "github", "com"],
    ["npm", "jsr", "io"],
    ["pkgs", "dev", "azure", "com"],
    ["proxy", "golang", "org"],
    ["sum", "golang", "org"],
    ["goproxy", "io"],
    ["goproxy", "cn"],
    ["pypi", "org"],
    ["pythonhosted", "org"],
    ["index", "crates", "io"],
    ["jfrog", "io"],
].map((parts) => parts.join("."));

test("the lock file says what is installed, not where from", () => {
    const { packages } = readLock();
    const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(resolved.filter(([, { link }]) => link !== true)).toEqual([]);
    expect(resolved.filter(([, entry]) => /:|^[/\\]/.test(entry.resolved ?? ""))).toEqual([]);
});

test("no committed file names a package registry", (context) => {
    // A checkout that came as an archive has no list of what is committed.
    context.skip(!existsSync(join(repositoryRoot, ".git")), "not a git checkout");
    const patterns = registries.flatMap((host) => ["-e", host]);
    const { status, stdout, stderr } = spawnSync(
        "git",
        ["grep", "--untracked", "--ignore-case", "--fixed-strings", "--line-number", "-I", ...patterns],
        { cwd: repositoryRoot, encoding: "utf8" },
    );
    expect(stdout).toBe("");
    // 1: looked everywhere and found nothing.
    expect(status, stderr).toBe(1);
});
