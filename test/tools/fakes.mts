import { join } from "node:path";
import { pinnedVersion } from "../../tools/engine/version.mts";
import { type Machine, writeScript } from "./machine.mts";

/** A CLI that only knows its version; of anything else it says what it was asked. */
export const fakePulumi = (version: string) => [
    `if [ "$1" = version ]; then echo v${version}; exit 0; fi`,
    `echo "pulumi ${version} in $PWD with $*"`,
    `exit "\${FAKE_EXIT:-0}"`,
];

/** A Go that "compiles" a fake program and writes down that it did. */
export function installGo(
    machine: Machine,
    version: string,
    { beforeBuild = [], built = fakePulumi(pinnedVersion) }: { beforeBuild?: string[]; built?: string[] } = {},
): string {
    const log = join(machine.folder, "go.log");
    machine.install(
        "go",
        `if [ "$1" = env ]; then echo ${version}; exit 0; fi`,
        `echo "$*" >> ${log}`,
        ...beforeBuild,
        `while [ "$1" != -o ]; do shift; done`,
        `cp ${writeScript(join(machine.folder, "built"), ...built)} "$2"`,
        `chmod +x "$2"`,
    );
    return log;
}
