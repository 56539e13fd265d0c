import { oneTimeKey, synchronizationSecretKeys } from "../../provider/core/keys.ts";
import { table } from "../pages/table.mts";
import { inputsTable, outputsTable, prose, section } from "./declarations.mts";
import { code, paragraphs } from "./markdown.mts";
import { type Exported, membersOf, type Sources } from "./sources.mts";

/** The resource of `pulumi-entrasync`: its arguments, what a change of them does, its outputs, and the types that they are made of. */
export function resourceReference(sources: Sources, changes: string): string {
    const exported = sources.exportsOf("provider/index.ts");
    const named = (name: string): Exported => {
        const found = exported.find((one) => one.name === name);
        if (found === undefined) {
            throw new Error(`provider/index.ts exports no ${name}.`);
        }
        return found;
    };
    const resource = named("SynchronizationTokenAcquisition");
    const id = {
        name: "id",
        type: "string",
        optional: false,
        doc: {
            paragraphs: [
                "`/servicePrincipals/<uuid>/synchronization/acquireAccessToken`, or the same under `/applications`.",
            ],
            see: [],
            throws: [],
        },
    };
    return paragraphs(
        "## `SynchronizationTokenAcquisition`",
        prose(resource.doc),
        '```ts\nimport { SynchronizationTokenAcquisition } from "pulumi-entrasync";\n\nnew SynchronizationTokenAcquisition(name, args, options);\n```',
        "### Arguments",
        "The type `SynchronizationTokenAcquisitionArgs`. Each may be a Pulumi input: a value, a promise or an output. Exactly one of `servicePrincipalId` and `applicationId` is given.",
        inputsTable("argument", membersOf(named("SynchronizationTokenAcquisitionArgs"))),
        changes,
        "### Outputs",
        outputsTable("output", [id, ...membersOf(resource)]),
        "### Types of the arguments",
        ...["AcquisitionTimeouts", "AcquisitionValidation", "AcquisitionDrift", "Credential"].map((name) =>
            section("####", named(name)),
        ),
        "#### `CredentialMap`",
        `${prose(named("CredentialMap").doc)} The keys are those below; with \`allowUnknownKeys\` any other.`,
        "### Keys of credentials",
        `The keys of Graph's \`synchronizationSecret\` enumeration, spelled exactly so. \`synchronizationSecretKeys\` is this list, \`SynchronizationSecretKey\` its type, \`CredentialKey\` the type of one of them or any other. \`${oneTimeKey}\` works once: it is never sent twice.`,
        table(["", "", ""], inColumns(synchronizationSecretKeys.map(code), 3)),
    );
}

/** In columns, to be read down. */
function inColumns(cells: readonly string[], columns: number): string[][] {
    const rows = Math.ceil(cells.length / columns);
    return Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, column) => cells[column * rows + row] ?? ""),
    );
}
