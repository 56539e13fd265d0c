import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { repositoryRoot } from "../engine/repository.mts";

interface Entry {
    /** The name of its report. */
    readonly name: string;
    /** What is published of it for compilers. */
    readonly types: string;
    /**
     * Whether to describe the types too that can't be imported by name: where an exported one is made of them they are no
     * less promised. The runtime's hooks take and give plain objects; what else its file names is the whole core.
     */
    readonly includesUnnamed: boolean;
}

const entries: readonly Entry[] = [
    { name: "pulumi-entrasync", types: "dist/index.d.ts", includesUnnamed: true },
    { name: "pulumi-entrasync.emulator", types: "dist/emulator/index.d.ts", includesUnnamed: true },
    { name: "pulumi-entrasync.runtime", types: "dist/runtime.d.ts", includesUnnamed: false },
];

/** Where the reports are kept, one file for each entry. */
export const reportFolder = join(repositoryRoot, "api");

/** What the build's types promise, as text for each report's file name. */
export function describeApi(): ReadonlyMap<string, string> {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-api-"));
    try {
        return new Map(entries.map((entry) => report(entry, folder)));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function report({ name, types, includesUnnamed }: Entry, folder: string): readonly [file: string, text: string] {
    const config = ExtractorConfig.prepare({
        configObject: {
            projectFolder: repositoryRoot,
            mainEntryPointFilePath: join(repositoryRoot, types),
            compiler: { overrideTsconfig: compilerSettings() },
            apiReport: {
                enabled: true,
                reportFileName: `${name}.api.md`,
                reportFolder: folder,
                reportTempFolder: join(folder, "temp"),
                includeForgottenExports: includesUnnamed,
            },
            docModel: { enabled: false },
            dtsRollup: { enabled: false },
            tsdocMetadata: { enabled: false },
            newlineKind: "lf",
            messages: {
                compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
                tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
                extractorMessageReporting: {
                    default: { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
                    // Everything that is exported is public: no tags are used here.
                    "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
                    "ae-forgotten-export": { logLevel: ExtractorLogLevel.None },
                    // Said in the report where it is so; as a message it would come with line numbers of the build.
                    "ae-undocumented": { logLevel: ExtractorLogLevel.None },
                },
            },
        },
        configObjectFullPath: undefined,
        packageJsonFullPath: join(repositoryRoot, "package.json"),
    });
    const said: string[] = [];
    const { errorCount } = Extractor.invoke(config, {
        // With it the report is written wherever it was another one; the comparison is the caller's.
        localBuild: true,
        messageCallback: (message) => {
            message.handled = true;
            if (message.logLevel === ExtractorLogLevel.Error) said.push(message.text);
        },
    });
    if (errorCount > 0) throw new Error(`${types} can't be described: ${said.join("\n")}`);
    const file = basename(config.reportFilePath);
    return [file, readFileSync(config.reportFilePath, "utf8")];
}

/** The repository's own way of reading, and its files only: the types of a whole program are what they are. */
function compilerSettings(): object {
    const base = JSON.parse(readFileSync(join(repositoryRoot, "tsconfig.base.json"), "utf8")) as object;
    return { ...base, include: [join(repositoryRoot, "dist")] };
}

/* `npm run api`: writes the reports anew. */
if (process.argv[1] === import.meta.filename) {
    const reports = describeApi();
    mkdirSync(reportFolder, { recursive: true });
    for (const old of readdirSync(reportFolder)) if (!reports.has(old)) rmSync(join(reportFolder, old));
    for (const [file, text] of reports) writeFileSync(join(reportFolder, file), text);
    console.log(`${[...reports.keys()].join(", ")} in ${reportFolder}`);
}
