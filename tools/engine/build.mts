import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { RungFailure } from "./failure.mts";
import { compile, goVersion } from "./go.mts";
import { writeHosts } from "./hosts.mts";
import { pinnedVersion } from "./version.mts";

const pulumi = {
    path: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version: pinnedVersion,
    versionVariable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
};

/** Fills `folder` with an engine built from the Go modules in modules/. Any failure is a {@link RungFailure}. */
export async function build(folder: string, onProgress: (line: string) => void): Promise<void> {
    if (process.platform === "win32") throw new RungFailure("it is not built on Windows: its hosts are shell scripts");
    const go = await goVersion();
    onProgress(`building Pulumi ${pinnedVersion} with ${go}: some 7 minutes the first time, then kept in the cache`);
    const bin = join(folder, "bin");
    await mkdir(bin);
    await compile(pulumi, join(bin, "pulumi"), onProgress);
    await writeHosts(bin);
}
