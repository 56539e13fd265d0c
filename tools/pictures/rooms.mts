import { readImports } from "../../test/house/imports.ts";

/** A room of `provider/`: a folder, or a file beside the folders. */
export interface Room {
    readonly name: string;
    /** The packages that its code asks for when it runs, by their names. */
    readonly packages: readonly string[];
}

/** One room's code asks for another one's. */
export interface Edge {
    readonly from: string;
    readonly to: string;
}

/** The rooms as their files import each other. */
export interface Rooms {
    readonly rooms: readonly Room[];
    readonly imports: readonly Edge[];
}

/** Files that only start a room are of that room. */
const starters: Readonly<Record<string, string>> = { pluginCommand: "plugin" };

export function readRooms(): Rooms {
    const all = readImports();
    const files = new Set(all.map(({ from }) => from));
    const folders = new Set([...files].filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
    const roomOf = (file: string) => {
        const [first = file] = file.split("/");
        return starters[first] ?? first;
    };
    const isOurs = (to: string) => files.has(to) || folders.has(to.split("/")[0]);
    const names = [...new Set([...files].map(roomOf))].sort();
    const edges = all
        .filter(({ to }) => isOurs(to))
        .map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to) }))
        .filter(({ from, to }) => from !== to);
    const packagesOf = (room: string) => {
        const asked = all.filter(({ from, to, way }) => roomOf(from) === room && way !== "type" && !isOurs(to));
        const packages = asked.map(({ to }) => to).filter((to) => !to.startsWith("node:") && !to.startsWith("."));
        return [...new Set(packages.map(packageName))].sort();
    };
    return {
        rooms: names.map((name) => ({ name, packages: packagesOf(name) })),
        imports: edges.filter(
            (edge, index) => edges.findIndex(({ from, to }) => from === edge.from && to === edge.to) === index,
        ),
    };
}

/** The imports without those that follow from others: who imports graph may import core, which graph imports, too. */
export function reduced(edges: readonly Edge[]): readonly Edge[] {
    const reaches = (from: string, to: string): boolean =>
        edges.some((edge) => edge.from === from && (edge.to === to || reaches(edge.to, to)));
    return edges.filter(
        ({ from, to }) => !edges.some((other) => other.from === from && other.to !== to && reaches(other.to, to)),
    );
}

function packageName(specifier: string): string {
    return specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
}
