/*
 * `npm run release:dry`: makes everything that a release carries, in build/release/, looks at it as those do who get it,
 * and publishes nothing. What only a publication needs and is not there yet is named, and ends nothing; with `--strict`,
 * as the release workflow calls it, that is a failure as well.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { isAtLeast } from "../engine/version.mts";
import { version } from "../plugin/contents.mts";
import { copyCheckout } from "./copy.mts";
import { type FoundHistory, readHistory } from "./history.mts";
import { run } from "./run.mts";
import { Missing, NotLookedAt, Steps } from "./steps.mts";
import * as verify from "./verify.mts";

/** The first npm that signs in by the identity of a workflow, as npm's documentation of trusted publishing has it. */
const publishingNpm = "11.5.1";

const release = join(repositoryRoot, "build/release");
const isStrict = process.argv.includes("--strict");
const temporary = mkdtempSync(join(tmpdir(), "entrasync-release-"));
const steps = new Steps();

async function make(to: string, name: string, history: FoundHistory): Promise<void> {
    const copy = join(temporary, name);
    await copyCheckout(copy);
    const historyFile = join(temporary, `${name}.json`);
    writeFileSync(historyFile, JSON.stringify(history));
    rmSync(to, { recursive: true, force: true });
    await run(process.execPath, [join(copy, "tools/release/artefacts.mts"), to, historyFile], copy);
}

async function everything(): Promise<void> {
    const history = await readHistory(version);
    await steps.do("history", () => {
        if ("missing" in history) throw new NotLookedAt(history.missing);
        const { commits, previousTag, gap } = history;
        const since = previousTag === undefined ? "no earlier tag of a version" : `since ${previousTag}`;
        return { detail: [`${commits.length} commits, ${since}`, gap].filter(Boolean).join("; ") };
    });
    await steps.do("clean tree", () => {
        if ("missing" in history) throw new NotLookedAt(history.missing);
        const { uncommitted, hash } = history;
        if (uncommitted.length > 0) throw new Error(`not committed:\n${uncommitted.join("\n")}`);
        return { detail: hash };
    });
    const made = await steps.do("made", async () => {
        await make(release, "first", history);
        return { detail: release };
    });
    if (made !== undefined) await look(history);
    await steps.do("for publication: repository", () => {
        const { repository } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
            readonly repository?: string | { readonly url: string };
        };
        if (repository !== undefined) return { detail: typeof repository === "string" ? repository : repository.url };
        throw new Missing(
            "package.json has no `repository`: npm attests provenance only to the repository that it names. The project has no public address yet; set it there, and npm run release:dry again",
        );
    });
    await steps.do("for publication: npm", async () => {
        const npm = (await run("npm", ["--version"], repositoryRoot)).trim();
        if (isAtLeast(npm, publishingNpm)) return { detail: npm };
        throw new Missing(
            `npm is ${npm}; ${publishingNpm} or newer publishes by a workflow's identity, without a token`,
        );
    });
    await steps.do("for publication: tag", () => {
        if ("missing" in history) throw new Missing(history.missing);
        if (!history.isTagged) throw new Missing(`this commit is not tagged v${version}: git tag v${version}`);
        return { detail: `v${version}` };
    });
}

async function look(history: FoundHistory): Promise<void> {
    await steps.do("checksums", () => verify.checkSums(release));
    const second = join(temporary, "release");
    await steps.do("made again", async () => {
        await make(second, "second", history);
        return verify.compareReleases(release, second);
    });
    const program = join(temporary, "program");
    const unpacked = join(temporary, "unpacked");
    mkdirSync(unpacked);
    const installed = await steps.do("installed from its tarball", () => verify.installTarball(release, program));
    const started = await steps.do("plugin from its archives", () => verify.startFromArchives(release, unpacked));
    await steps.do("versions", () => {
        if (installed === undefined || started === undefined) throw new NotLookedAt("there is nothing to ask");
        const { plugin, schema } = started;
        return verify.compareVersions({ "the tarball": installed.says, "the plugin": plugin, "its schema": schema });
    });
    await steps.do("licences", () => verify.checkLicences(join(program, "node_modules/pulumi-entrasync"), unpacked));
    await steps.do("SBOMs", () => verify.checkSboms(release, unpacked));
}

try {
    await everything();
} finally {
    rmSync(temporary, { recursive: true, force: true });
}
console.log(steps.table());
const isReady = !steps.has("FAILED") && !(isStrict && steps.has("missing"));
if (!isReady) console.log("\nThis is no release: see above.");
process.exitCode = isReady ? 0 : 1;
