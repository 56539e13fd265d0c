import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { link } from "./layouts.mts";
import { type Packed, unpack } from "./packed.mts";

/**
 * A folder with the tarball as npm would unpack it, beside the packages that are installed in the repository: for what is
 * not about installing, and need not wait for it.
 */
export async function unpackBesidePackages(packed: Packed, folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "program", private: true }));
    await unpack(packed, folder);
    const packages = join(repositoryRoot, "node_modules");
    for (const name of readdirSync(packages)) {
        if (!name.startsWith(".") && name !== "pulumi-entrasync") {
            link(join(packages, name), join(folder, "node_modules", name));
        }
    }
}
