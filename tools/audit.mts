import { spawnSync } from "node:child_process";

/*
 * npm audit of what users install with this package: fails on a known vulnerability from `moderate` on. A registry that
 * can't be asked for advisories is no finding, and no clean bill either: it is said, and the run goes on.
 */

interface Report {
    /** In place of everything else, where the registry could not be asked. */
    readonly statusCode?: number;
    readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
    readonly vulnerabilities?: Readonly<
        Record<string, { readonly severity: string; readonly via: readonly unknown[] }>
    >;
}

const failing = ["moderate", "high", "critical"];

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8" });
const report = readReport(stdout);
if (report?.metadata === undefined) {
    const why = report?.statusCode === undefined ? "no report" : `the registry answered ${report.statusCode}`;
    console.log(`audit: advisories could not be asked for here (${why})`);
} else {
    const counts = report.metadata.vulnerabilities;
    console.log(
        `audit: ${Object.entries(counts)
            .map(([severity, count]) => `${count} ${severity}`)
            .join(", ")}`,
    );
    const found = Object.entries(report.vulnerabilities ?? {}).filter(([, { severity }]) => failing.includes(severity));
    for (const [name, { severity }] of found) {
        console.log(`audit: ${severity}: ${name}`);
    }
    process.exitCode = found.length > 0 ? 1 : 0;
}

function readReport(text: string): Report | undefined {
    try {
        return JSON.parse(text) as Report;
    } catch {
        return undefined;
    }
}
