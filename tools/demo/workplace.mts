import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";

/** Where the demo's stack lives, all of it outside the user's own Pulumi. */
export interface Workplace {
    readonly folder: string;
    readonly stack: string;
    /** The stack's configuration: a file. */
    readonly configuration: string;
    /** The environment for Pulumi: its own home, a file backend, a throwaway passphrase. */
    readonly environment: NodeJS.ProcessEnv;
    /** Writes what another shell needs to work on the stack, readable by its owner only; returns the file's path. */
    writeEnvironmentFile(others: Readonly<Record<string, string>>): Promise<string>;
    close(): Promise<void>;
}

/** A folder of its own under the system's temporary one. Pulumi keeps a stack's configuration beside Pulumi.yaml. */
export async function openWorkplace(base: NodeJS.ProcessEnv): Promise<Workplace> {
    const stack = "local-demo";
    const configuration = join(repositoryRoot, `Pulumi.${stack}.yaml`);
    // What a demo that was killed left behind is encrypted with a passphrase that nobody has any more.
    await rm(configuration, { force: true });
    const folder = await mkdtemp(join(tmpdir(), "pulumi-entrasync-demo-"));
    await mkdir(join(folder, "state"));
    const own = {
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: randomBytes(24).toString("base64url"),
        PULUMI_HOME: join(folder, "home"),
        PULUMI_SKIP_UPDATE_CHECK: "1",
    };
    return {
        folder,
        stack,
        configuration,
        environment: { ...withoutOthersSettings(base), ...own },
        async writeEnvironmentFile(others) {
            const file = join(folder, "environment");
            const lines = Object.entries({ ...own, ...others }).map(([name, value]) => `export ${name}='${value}'\n`);
            await writeFile(file, lines.join(""), { mode: 0o600 });
            return file;
        },
        async close() {
            await rm(configuration, { force: true });
            await rm(folder, { recursive: true, force: true });
        },
    };
}

/** A developer's own Azure or Pulumi settings would lead the demo elsewhere: only the emulator's are kept. */
function withoutOthersSettings(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const kept = new Set([
        "ARM_METADATA_HOSTNAME",
        "ARM_TENANT_ID",
        "ARM_CLIENT_ID",
        "ARM_CLIENT_SECRET",
        "ARM_USE_CLI",
    ]);
    return Object.fromEntries(
        Object.entries(base).filter(
            ([name]) =>
                kept.has(name) || (!name.startsWith("ARM_") && !/^PULUMI_(?!ENTRASYNC_|DISABLE_|IGNORE_)/.test(name)),
        ),
    );
}
