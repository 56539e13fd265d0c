import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { repositoryRoot } from "../../tools/engine/repository.mts";
import { version } from "../../tools/plugin/contents.mts";
import { isSource } from "../../tools/release/copy.mts";
import { mentionsIn } from "../../tools/release/verify.mts";
import { git, whyNoGit } from "./repositories.mts";

/*
 * `npm run release:dry`, once, as whoever releases runs it: in a clean checkout, which is a copy of this one with a
 * commit of its own, whatever this one's git knows.
 */

const root = mkdtempSync(join(tmpdir(), "entrasync-dry-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const checkout = join(root, "checkout");
const release = join(checkout, "build/release");
/** It takes a minute where nothing else runs, and gives way to whatever does; this bounds a hang. */
const limitMs = 1_200_000;

let ended: { readonly code: number | null; readonly output: string };
let hash: string;

beforeAll(async () => {
    if (whyNoGit !== undefined) return;
    cpSync(repositoryRoot, checkout, { recursive: true, filter: isSource });
    symlinkSync(join(repositoryRoot, "node_modules"), join(checkout, "node_modules"));
    await git(checkout, "init", "--quiet", "--initial-branch", "main");
    await git(checkout, "add", "--all");
    await git(checkout, "commit", "--quiet", "--message", "All of it");
    hash = (await git(checkout, "rev-parse", "HEAD")).trim();
    ended = await runNicely("npm", ["run", "--silent", "release:dry"]);
    // Longer than the command has, so that what it said is shown.
}, limitMs + 60_000);

beforeEach((context) => context.skip(whyNoGit !== undefined, whyNoGit));

/** Behind whatever else the machine does: it is the build, twice. */
function runNicely(command: string, args: readonly string[]): Promise<typeof ended> {
    const [first, ...rest] = process.platform === "win32" ? [command, ...args] : ["nice", "-n", "10", command, ...args];
    const child = spawn(first ?? command, rest, {
        cwd: checkout,
        env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: limitMs,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
            output += text;
        });
    }
    return new Promise((resolve, reject) => {
        child.on("error", reject).on("close", (code) => resolve({ code, output }));
    });
}

const read = (name: string) => readFileSync(join(release, name), "utf8");
const outcomeOf = (step: string) =>
    new RegExp(`^${step} {2,}(ok|missing|not looked at|FAILED) `, "m").exec(ended.output)?.[1];

test("a clean checkout is a release but for what only a publication needs, and that is named", () => {
    expect(ended.code, ended.output).toBe(0);
    const done = [
        ...["history", "clean tree", "made", "checksums", "made again", "installed from its tarball"],
        ...["plugin from its archives", "versions", "licences", "SBOMs"],
    ];
    expect(Object.fromEntries(done.map((step) => [step, outcomeOf(step)]))).toEqual(
        Object.fromEntries(done.map((step) => [step, "ok"])),
    );
    expect(outcomeOf("for publication: repository")).toBe("missing");
    expect(ended.output).toContain("package.json has no `repository`");
    expect(outcomeOf("for publication: tag")).toBe("missing");
    expect(ended.output).toContain(`git tag v${version}`);
});

test("the folder has the tarball, an archive for each system, two SBOMs, notes and the checksums of all", () => {
    const systems = ["darwin", "linux", "windows"].flatMap((system) => [`${system}-amd64`, `${system}-arm64`]);
    const files = [
        "RELEASE_NOTES.md",
        `pulumi-entrasync-${version}.cdx.json`,
        `pulumi-entrasync-${version}.tgz`,
        `pulumi-resource-entrasync-v${version}-checksums.txt`,
        ...systems.map((system) => `pulumi-resource-entrasync-v${version}-${system}.tar.gz`),
        `pulumi-resource-entrasync-v${version}.cdx.json`,
    ];
    expect(readdirSync(release).sort()).toEqual([...files, "SHA256SUMS"].sort());
    const listed = read("SHA256SUMS").trimEnd().split("\n");
    expect(listed.map((line) => line.replace(/^[0-9a-f]{64} {2}/, "")).sort()).toEqual([...files].sort());
    expect(read("RELEASE_NOTES.md")).toContain(`- All of it (${hash.slice(0, 9)})`);
});

test("it leaves the checkout as it was", async () => {
    expect(await git(checkout, "status", "--porcelain")).toBe("");
    expect(existsSync(join(checkout, "dist"))).toBe(false);
});

describe.for([`pulumi-entrasync-${version}`, `pulumi-resource-entrasync-v${version}`])("the SBOM %s", (name) => {
    const sbom = () => JSON.parse(read(`${name}.cdx.json`)) as Sbom;

    test("is CycloneDX, with the commit's time and nothing that is new each time", () => {
        const { bomFormat, specVersion, metadata, serialNumber } = sbom();
        expect({ bomFormat, specVersion, serialNumber }).toEqual({
            bomFormat: "CycloneDX",
            specVersion: "1.5",
            serialNumber: undefined,
        });
        expect(metadata.timestamp).toBe("2026-11-01T11:00:00.000Z");
        expect(metadata.component).toMatchObject({ name: name.replace(/-v?\d.*/, ""), version });
        expect(read(`${name}.cdx.json`)).not.toContain(root);
    });

    test("names each component by its version, its hash and its licence", () => {
        const { components } = sbom();
        expect(components.length).toBeGreaterThan(40);
        for (const { purl, version, hashes, licenses } of components) {
            expect(purl).toMatch(/^pkg:npm\//);
            expect(purl.endsWith(`@${version}`)).toBe(true);
            expect(hashes?.[0]?.content, purl).toMatch(/^[0-9a-f]{128}$/);
            expect(licenses, purl).not.toBeUndefined();
        }
    });
});

interface Sbom {
    readonly bomFormat: string;
    readonly specVersion: string;
    readonly serialNumber?: string;
    readonly metadata: { readonly timestamp: string; readonly component: object };
    readonly components: readonly {
        readonly name: string;
        readonly purl: string;
        readonly version: string;
        readonly hashes?: readonly { readonly content: string }[];
        readonly licenses?: readonly object[];
    }[];
}

test("the package's SBOM has what users install, and the plugin's has what is in its file", () => {
    const names = (name: string) => (JSON.parse(read(name)) as Sbom).components.map((one) => one.name);
    const ofPackage = names(`pulumi-entrasync-${version}.cdx.json`);
    expect(ofPackage).toEqual(expect.arrayContaining(["@azure/identity", "jose", "node-forge"]));
    // The user's own, and what only this repository needs.
    expect(ofPackage.filter((name) => /^@pulumi\/|vitest|typescript|esbuild/.test(name))).toEqual([]);
    const ofPlugin = names(`pulumi-resource-entrasync-v${version}.cdx.json`);
    expect(ofPlugin).toEqual(expect.arrayContaining(["@azure/identity", "@grpc/grpc-js", "@pulumi/pulumi"]));
    expect(ofPlugin.filter((name) => /vitest|typescript|esbuild|^jose$/.test(name))).toEqual([]);
});

test.for([
    ["pulumi plugin install resource entrasync 1.2.3 --server x", "1.2.3"],
    ["--file pulumi-resource-entrasync-v1.2.3-linux-amd64.tar.gz", "1.2.3"],
    ["pulumi-resource-entrasync-v1.2.3-checksums.txt", "1.2.3"],
    ["resource-entrasync-v1.2.3-rc.1", "1.2.3-rc.1"],
    ["pulumi-resource-entrasync-v1.2.3-beta-linux-amd64.tar.gz", "1.2.3-beta"],
    ["npm install pulumi-entrasync@1.2.3", "1.2.3"],
    ["entrasync: entrasync@1.2.3", "1.2.3"],
    ["github.com/a/b.git/plugin@v1.2.3`", "1.2.3"],
])("a page that says %s is held to the version", ([text = "", expected]) => {
    expect(mentionsIn("a.md", `\n${text}`)).toEqual([{ where: "a.md:2", version: expected }]);
});

test("other packages' versions are their own", () => {
    expect(mentionsIn("a.md", "@pulumi/pulumi@3.1.4, jose@6.2.17, Node.js 22.13.0, azuread 6.9.1")).toEqual([]);
});
