import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One module that one process of a run loaded. */
export interface Load {
    readonly pid: number;
    /** The script that the process was started for. */
    readonly script: string;
    readonly file: string;
}

/** What the Node.js processes of a run loaded, as `loadProbe.cjs` noted it. */
export class Loads {
    readonly #entries: readonly Load[];

    constructor(entries: readonly Load[]) {
        this.#entries = entries;
    }

    static read(log: string): Loads {
        const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
        return new Loads(
            lines.map((line) => {
                const [pid = "", script = "", file = ""] = line.split("\t");
                return { pid: Number(pid), script, file };
            }),
        );
    }

    /** The scripts of the processes that loaded anything of a package; none: nobody loaded it. */
    ofPackage(name: string): readonly string[] {
        return this.#scriptsThatLoaded((file) => file.includes(`/node_modules/${name}/`));
    }

    /** The same for a file, by the end of its path. */
    ofFile(end: string): readonly string[] {
        return this.#scriptsThatLoaded((file) => file.endsWith(end));
    }

    /** Every script that a process was started for. */
    get scripts(): readonly string[] {
        return this.#scriptsThatLoaded(() => true);
    }

    #scriptsThatLoaded(matches: (file: string) => boolean): readonly string[] {
        return [...new Set(this.#entries.filter(({ file }) => matches(file)).map(({ script }) => script))];
    }
}

/** What a child's environment needs so that it and its children write to `log`. */
export function probeEnvironment(log: string): Record<string, string> {
    return {
        NODE_OPTIONS: `--require ${JSON.stringify(join(import.meta.dirname, "loadProbe.cjs"))}`,
        ENTRASYNC_TEST_LOADS: log,
    };
}
