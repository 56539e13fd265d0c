import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** Why tests that need git are skipped; `undefined`: it is here. A checkout may have come as an archive. */
export const whyNoGit = spawnSync("git", ["--version"]).status === 0 ? undefined : "git is not installed";

/** git with settings of nobody's: no hooks, no signatures, the same person and the same clock each time. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
    const settings = ["user.name=A", "user.email=a@acme.example", "commit.gpgSign=false", "core.hooksPath=/dev/null"];
    const when = "2026-11-01T12:00:00+01:00";
    const { stdout } = await promisify(execFile)("git", [...settings.flatMap((one) => ["-c", one]), ...args], {
        cwd: folder,
        env: {
            PATH: process.env.PATH,
            HOME: folder,
            GIT_CONFIG_NOSYSTEM: "1",
            GIT_AUTHOR_DATE: when,
            GIT_COMMITTER_DATE: when,
        },
        maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
}

/** Commits a change of these files, and gives the commit's hash. */
export async function commit(folder: string, subject: string, ...files: readonly string[]): Promise<string> {
    for (const file of files) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), `${subject}\n`);
    }
    await git(folder, "add", "--all");
    await git(folder, "commit", "--quiet", "--message", subject);
    return (await git(folder, "rev-parse", "HEAD")).trim();
}
