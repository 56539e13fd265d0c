import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { bundlePlugin, packageFoldersOf } from "../plugin/bundling.mts";
import { pluginName, version } from "../plugin/contents.mts";
import { environmentElsewhere, run } from "./run.mts";

/*
 * What a release holds of others, as CycloneDX 1.5 in JSON. The same for the same commit: its time stands in it in place of
 * the build's, and no serial number, which the format lets a document do without.
 *
 * @see https://cyclonedx.org/docs/1.5/json/
 */

interface LockEntry {
    readonly version?: string;
    readonly integrity?: string;
    readonly license?: string;
    readonly dev?: boolean;
    readonly devOptional?: boolean;
    readonly peer?: boolean;
    readonly link?: boolean;
}

interface Lock {
    readonly packages: Readonly<Record<string, LockEntry>>;
}

interface Sbom {
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly components: readonly object[];
}

type Json = Readonly<Record<string, unknown>>;

const readJson = (name: string) => JSON.parse(readFileSync(join(repositoryRoot, name), "utf8")) as unknown;

/** Taken out of package.json and of the lock file: what installing the published package does not bring. */
const notInstalled = ["devDependencies", "workspaces", "peerDependencies", "peerDependenciesMeta"];

/**
 * What installing the package brings, in the versions of the lock file, as `npm sbom` writes it.
 *
 * npm can't do that in the checkout itself: its workspaces have no versions, which ends it. So it gets the part of the
 * lock file that is meant. `@pulumi/pulumi` is the user's own, a peer, and not part of this.
 */
export async function packageSbom(committedAt: string | undefined): Promise<string> {
    const temporary = mkdtempSync(join(tmpdir(), "entrasync-sbom-"));
    try {
        // npm takes the name from the folder.
        const folder = join(temporary, "pulumi-entrasync");
        mkdirSync(folder);
        const lock = readJson("package-lock.json") as Lock;
        const packages = Object.entries(lock.packages)
            .filter(([path, entry]) => path === "" || (path.startsWith("node_modules/") && isInstalled(entry)))
            .map(([path, entry]) => [path, path === "" ? withoutOthers(entry) : entry]);
        const trimmed = { ...lock, packages: Object.fromEntries(packages) };
        writeFileSync(join(folder, "package.json"), JSON.stringify(withoutOthers(readJson("package.json") as Json)));
        writeFileSync(join(folder, "package-lock.json"), JSON.stringify(trimmed));
        const args = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"];
        const { serialNumber: _, ...sbom } = JSON.parse(
            await run("npm", args, folder, environmentElsewhere()),
        ) as Sbom & {
            readonly serialNumber?: string;
        };
        const { timestamp: __, ...metadata } = sbom.metadata;
        return print({ ...sbom, metadata: { ...stamp(committedAt), ...metadata } });
    } finally {
        rmSync(temporary, { recursive: true, force: true });
    }
}

/** What the plugin's file holds, by what its bundler read. */
export async function pluginSbom(committedAt: string | undefined): Promise<string> {
    const { packages } = readJson("package-lock.json") as Lock;
    const components = packageFoldersOf(await bundlePlugin({ write: false })).map((folder) => {
        const path = relative(repositoryRoot, folder).replaceAll("\\", "/");
        const entry = packages[path];
        if (entry?.version === undefined) throw new Error(`the plugin holds ${path}, which package-lock.json has not`);
        return component(path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length), entry);
    });
    const root = `${pluginName}@${version}`;
    return print({
        $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
        bomFormat: "CycloneDX",
        specVersion: "1.5",
        version: 1,
        metadata: {
            ...stamp(committedAt),
            lifecycles: [{ phase: "build" }],
            component: {
                "bom-ref": root,
                type: "application",
                name: pluginName,
                version,
                licenses: [{ license: { id: "Apache-2.0" } }],
            },
        },
        components,
        dependencies: [{ ref: root, dependsOn: components.map((one) => one["bom-ref"]) }],
    });
}

function component(name: string, { version, integrity, license }: LockEntry) {
    const [algorithm, digest] = integrity?.split("-") ?? [];
    return {
        "bom-ref": `${name}@${version}`,
        type: "library",
        name,
        version,
        purl: `pkg:npm/${name.replace(/^@/, "%40")}@${version}`,
        ...(algorithm === "sha512" && digest !== undefined
            ? { hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] }
            : {}),
        ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
    };
}

const isInstalled = ({ dev, devOptional, peer, link }: LockEntry) => !(dev || devOptional || peer || link);

function withoutOthers(manifest: object): object {
    return Object.fromEntries(Object.entries(manifest).filter(([name]) => !notInstalled.includes(name)));
}

/** A checkout without git has no time of a commit, and then there is none here: the format allows that. */
function stamp(committedAt: string | undefined): object {
    return committedAt === undefined ? {} : { timestamp: committedAt };
}

const print = (sbom: object) => `${JSON.stringify(sbom, null, 2)}\n`;
