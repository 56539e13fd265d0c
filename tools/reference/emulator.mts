import { prose, section } from "./declarations.mts";
import { paragraphs } from "./markdown.mts";
import type { Exported, Sources } from "./sources.mts";

/** What stands first: what a test calls, and what it gets. The rest follows in the order of its names. */
const first = ["startEmulator", "EmulatorOptions", "Emulator", "EmulatorStore", "Fault", "FaultEffect"];

/** The public surface of `pulumi-entrasync/emulator`. */
export function emulatorReference(sources: Sources): string {
    const exported = sources.exportsOf("provider/emulator/index.ts");
    const order = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
    const sorted = [...exported].sort((a, b) => order(a.name) - order(b.name) || a.name.localeCompare(b.name, "en"));
    return paragraphs(
        "## `pulumi-entrasync/emulator`",
        'A local Microsoft Entra and Microsoft Graph for tests in the same process. [The emulator](emulator.md) says what it plays, and has the command, which is the same emulator in a process of its own.\n\n```ts\nimport { startEmulator } from "pulumi-entrasync/emulator";\n\nconst emulator = await startEmulator();\n```',
        ...sorted.map((one) => section("###", one)),
    );
}

/** `pulumi-entrasync/runtime`: not for calling, and a promise to everybody's state all the same. */
export function runtimeReference(sources: Sources): string {
    const hooks = sources.exportsOf("provider/runtime.ts");
    return paragraphs(
        "## `pulumi-entrasync/runtime`",
        "The hooks that the dynamic resource's text in state requires by this name. Programs have no use for it: Pulumi's host of dynamic providers calls it. Its name never changes, no hook is ever removed or narrowed, and each takes the state of all older versions.",
        hooks.map(hookLine).join("\n"),
    );
}

function hookLine({ name, doc }: Exported): string {
    return `- \`${name}\`: ${prose(doc).replaceAll(/\s+/g, " ")}`;
}
