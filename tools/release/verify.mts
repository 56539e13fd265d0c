import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/repository.mts";
import { pluginName, version } from "../plugin/contents.mts";
import { packageSbomName, pluginSbomName, sumsName, sumsOf, tarballName } from "./artefacts.mts";
import { environmentElsewhere, run } from "./run.mts";
import { askPlugin } from "./startedPlugin.mts";

/* What is looked at of a release that was made, in the folder that has it. Each gives one line, or throws what is wrong. */

interface Line {
    readonly detail: string;
}

const readJson = (...path: readonly string[]) =>
    JSON.parse(readFileSync(join(...path), "utf8")) as Readonly<Record<string, unknown>>;

/** The systems that Pulumi names in what it asks for. */
const systems = [
    "darwin-amd64",
    "darwin-arm64",
    "linux-amd64",
    "linux-arm64",
    "windows-amd64",
    "windows-arm64",
] as const;

const archiveOf = (system: string) => `${pluginName}-v${version}-${system}.tar.gz`;

/** Its own tarball, installed by npm in a folder outside, gives a program what it promises. */
export async function installTarball(release: string, folder: string): Promise<Line & { readonly says: string }> {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "program", private: true }));
    const locked = readJson(repositoryRoot, "node_modules/@pulumi/pulumi/package.json").version;
    const packages = [join(release, tarballName), `@pulumi/pulumi@${locked}`];
    const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await run("npm", ["install", ...packages, ...quick], folder, environmentElsewhere());
    const program = `const { SynchronizationTokenAcquisition } = require("pulumi-entrasync");
        const { startEmulator } = require("pulumi-entrasync/emulator");
        const { check } = require("pulumi-entrasync/runtime");
        const wanted = [SynchronizationTokenAcquisition, startEmulator, check];
        if (!wanted.every((one) => typeof one === "function")) throw new Error("an export is missing");
        startEmulator().then((emulator) => emulator.close());`;
    await run(process.execPath, ["--eval", program], folder, environmentElsewhere());
    const installed = join(folder, "node_modules/pulumi-entrasync");
    await run(process.execPath, [join(installed, "dist/command.js"), "--help"], folder, environmentElsewhere());
    const says = String(readJson(installed, "package.json").version);
    return {
        says,
        detail: `${tarballName} installed beside @pulumi/pulumi ${locked}: required, emulator started, command run`,
    };
}

export interface Said {
    readonly plugin: string;
    readonly schema: string;
}

/** Every archive unpacks, and the plugin in each is one that starts: they hold the same script. */
export async function startFromArchives(release: string, folder: string): Promise<Line & Said> {
    let said: Said | undefined;
    const scripts = new Set<string>();
    for (const system of systems) {
        const place = join(folder, system);
        mkdirSync(place, { recursive: true });
        await run("tar", ["-xzf", join(release, archiveOf(system)), "-C", place], folder);
        scripts.add(readFileSync(join(place, pluginName), "latin1"));
        said ??= await askPlugin(place);
    }
    if (said === undefined || scripts.size !== 1) throw new Error("the archives hold different plugins");
    return { ...said, detail: `${systems.length} archives hold the same plugin, and it starts` };
}

/** A version that is written down somewhere. */
interface Mention {
    readonly where: string;
    readonly version: string;
}

/** Where people and programs read a version, and whether it is this one. */
export function compareVersions(said: Readonly<Record<string, string>>): Line {
    const lock = readJson(repositoryRoot, "package-lock.json");
    const { "": root } = lock.packages as Readonly<Record<string, { readonly version?: string }>>;
    const mentions: readonly Mention[] = [
        ...Object.entries(said).map(([where, version]) => ({ where, version })),
        { where: "package-lock.json", version: String(lock.version) },
        { where: "package-lock.json, packages", version: String(root?.version) },
        ...pluginSourceVersions(),
        ...pages().flatMap((page) => mentionsIn(page, readFileSync(join(repositoryRoot, page), "utf8"))),
    ];
    const others = mentions.filter((mention) => mention.version !== version);
    if (others.length > 0) {
        throw new Error(
            `package.json says ${version}; ${others.map((one) => `${one.where} says ${one.version}`).join("; ")}`,
        );
    }
    return { detail: `${version} in package.json and ${mentions.length} other places` };
}

/** The plugin as source: its two files need not name a version, and then take the repository's. */
function pluginSourceVersions(): readonly Mention[] {
    const [, inYaml] = /^version:\s*["']?([^\s"']+)/m.exec(
        readFileSync(join(repositoryRoot, "plugin/PulumiPlugin.yaml"), "utf8"),
    ) ?? [undefined, undefined];
    const inManifest = readJson(repositoryRoot, "plugin/package.json").version;
    return [
        ...(inYaml === undefined ? [] : [{ where: "plugin/PulumiPlugin.yaml", version: inYaml }]),
        ...(inManifest === undefined ? [] : [{ where: "plugin/package.json", version: String(inManifest) }]),
    ];
}

function pages(): readonly string[] {
    const under = (folder: string, isMeant: RegExp) =>
        readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
            .map((name) => join(folder, name))
            .filter((name) => isMeant.test(name) && !/node_modules/.test(name));
    return ["README.md", ...under("docs", /\.md$/), ...under("examples", /\.(md|ya?ml|toml|json|mod|csproj|xml)$/)];
}

/**
 * The forms in which a version of this package or its plugin is written in a command, a file's name or a setting. In a
 * file's name a system follows it, or a word: so only the usual words for what comes before a release are taken for a
 * part of it.
 */
export function mentionsIn(page: string, text: string): readonly Mention[] {
    const form =
        /\b(?:resource entrasync |resource-entrasync-v|pulumi-entrasync@|entrasync@|plugin@v)(\d+\.\d+\.\d+(?:-(?:alpha|beta|rc|next)\b[\w.]*)?)/g;
    return [...text.matchAll(form)].map((match) => {
        const line = text.slice(0, match.index).split("\n").length;
        return { where: `${page}:${line}`, version: match[1] ?? "" };
    });
}

/** The licence goes with every copy, ours and those of what the plugin holds. */
export function checkLicences(installed: string, unpacked: string): Line {
    const own = readFileSync(join(repositoryRoot, "LICENSE"), "utf8");
    if (!own.includes("Apache License")) throw new Error("LICENSE is not the one that package.json names");
    if (readJson(repositoryRoot, "package.json").license !== "Apache-2.0")
        throw new Error("package.json names another");
    const places = [installed, ...systems.map((system) => join(unpacked, system))];
    for (const place of places) {
        if (readFileSync(join(place, "LICENSE"), "utf8") !== own) throw new Error(`${place} has another LICENSE`);
    }
    const texts = [join(installed, "dist"), ...systems.map((system) => join(unpacked, system))].map((place) =>
        readFileSync(join(place, `${pluginName}.LEGAL.txt`), "utf8"),
    );
    return { detail: `LICENSE in ${places.length} places, the libraries' in ${texts.length}` };
}

/** The two lists of components name what they are to name, and the plugin's list has the licence text of each. */
export function checkSboms(release: string, unpacked: string): Line {
    const components = (name: string) => {
        const { components = [] } = readJson(release, name) as {
            readonly components?: readonly { readonly name: string; readonly version: string }[];
        };
        if (components.length === 0) throw new Error(`${name} lists nothing`);
        return components;
    };
    const dependencies = Object.keys(readJson(repositoryRoot, "package.json").dependencies as object);
    const ofPackage = components(packageSbomName);
    const notListed = dependencies.filter((name) => !ofPackage.some((one) => one.name === name));
    if (notListed.length > 0) throw new Error(`${packageSbomName} does not list ${notListed.join(", ")}`);
    const ofPlugin = components(pluginSbomName);
    const licences = readFileSync(join(unpacked, systems[0], `${pluginName}.LEGAL.txt`), "utf8");
    const without = ofPlugin.filter(({ name, version }) => !licences.includes(`\n${name} ${version} (`));
    if (without.length > 0) throw new Error(`no licence text for ${without.map(({ name }) => name).join(", ")}`);
    return { detail: `${ofPackage.length} packages come with the package, ${ofPlugin.length} are in the plugin` };
}

/** The list of checksums fits what lies beside it. */
export function checkSums(release: string): Line {
    const expected = [...systems.map(archiveOf), tarballName, packageSbomName, pluginSbomName];
    const absent = expected.filter((name) => !existsSync(join(release, name)));
    if (absent.length > 0) throw new Error(`${absent.join(", ")} is not there`);
    const sums = readFileSync(join(release, sumsName), "utf8");
    if (sums !== sumsOf(release)) throw new Error(`${sumsName} does not fit`);
    return { detail: `${sums.trimEnd().split("\n").length} files` };
}

/** Two releases of the same commit, made in different folders, are the same bytes. */
export function compareReleases(first: string, second: string): Line {
    const names = [...new Set([...readdirSync(first), ...readdirSync(second)])].sort();
    const content = (folder: string, name: string) =>
        existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : Buffer.from("not there");
    const different = names.filter((name) => !content(first, name).equals(content(second, name)));
    if (different.length > 0) throw new Error(`made again these are other bytes: ${different.join(", ")}`);
    return { detail: `${names.length} files, made again from another folder` };
}
