import { existsSync } from "node:fs";
import { cp, mkdir, symlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { run } from "./run.mts";

/** Made here and not committed; what an archive of the sources does not hold either. */
const made = ["node_modules", "dist", "build", "coverage", ".git"];

/**
 * Whether a path of this checkout may be one of the sources. A stack's configuration is none, and the demo's comes and goes
 * while tests copy the checkout.
 */
export function isSource(path: string): boolean {
    const parts = relative(repositoryRoot, path).split(sep);
    return !parts.some((part) => made.includes(part) || /^Pulumi\..+\.yaml$/.test(part));
}

/**
 * Copies what is committed, as it lies here, into a new folder beside the packages that are installed here. A release is
 * built there: nobody's `dist` is replaced, and nothing that lies about is packed.
 */
export async function copyCheckout(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    if (existsSync(join(repositoryRoot, ".git"))) {
        const files = (await run("git", ["ls-files", "-z"], repositoryRoot)).split("\0").filter(Boolean);
        for (const file of files.filter((file) => existsSync(join(repositoryRoot, file)))) {
            await mkdir(dirname(join(folder, file)), { recursive: true });
            await cp(join(repositoryRoot, file), join(folder, file), { verbatimSymlinks: true });
        }
    } else {
        await cp(repositoryRoot, folder, { recursive: true, filter: isSource });
    }
    await symlink(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "junction");
}
