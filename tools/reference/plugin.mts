import { dynamicType, functionNames, packageName, resourceType } from "../../provider/plugin/names.ts";
import { table } from "../pages/table.mts";
import { entry, presence } from "./declarations.mts";
import { code, paragraphs, withoutDefault } from "./markdown.mts";
import { type SchemaProperties, type SchemaProperty, schema, typeOf } from "./schema.mts";

/** What the plugin has beside the resource: its own output, its types, its functions. */
export function pluginReference(): string {
    const resource = schema.resources[resourceType];
    const { cloud } = resource?.properties ?? {};
    if (resource === undefined || cloud === undefined) {
        throw new Error("The schema has no resource with an output cloud.");
    }
    return paragraphs(
        "## The plugin",
        `The [plugin](plugin.md) has the same resource for every Pulumi language: the same arguments and outputs, in each language's own spelling. Its names:`,
        table(
            ["what", "name"],
            [
                ["package, plugin and configuration", code(packageName)],
                ["type of the resource", code(resourceType)],
                ["type of the dynamic resource, an alias of it", code(dynamicType)],
            ],
        ),
        "It has one output more:",
        resultsTable("output", { properties: { cloud } }),
        "### Functions",
        "Only the plugin has them: a dynamic provider can have none.",
        ...Object.values(functionNames).map(functionReference),
    );
}

function functionReference(token: string): string {
    const { description, inputs, outputs } = schema.functions[token] ?? {};
    if (description === undefined || inputs === undefined || outputs === undefined) {
        throw new Error(`The schema has no function ${token}.`);
    }
    const typesOfOutputs = Object.values(outputs.properties ?? {}).flatMap(({ items }) => items?.$ref ?? []);
    return paragraphs(
        `#### \`${token.split(":").at(-1)}\``,
        `${description} Its token is \`${token}\`.`,
        argumentsTable(inputs),
        resultsTable("result", outputs),
        ...typesOfOutputs.map((reference) => {
            const type = schema.types[reference.replace("#/types/", "")];
            return (
                type &&
                paragraphs(`\`${reference.split(":").at(-1)}\`: ${type.description}`, resultsTable("member", type))
            );
        }),
    );
}

/** What a user writes: each argument, and what it is where it is left out. */
function argumentsTable({ properties = {}, required = [] }: SchemaProperties): string {
    return table(
        ["argument", "what it is"],
        Object.entries(properties).map(([name, property]) => {
            const { text, value } = withoutDefault(describe(property));
            return [code(name), entry(typeOf(property), presence(!required.includes(name), value), text)];
        }),
    );
}

/** What a user reads. */
function resultsTable(head: string, { properties = {}, required }: SchemaProperties): string {
    return table(
        [head, "what it is"],
        Object.entries(properties).map(([name, property]) => {
            const isOptional = required !== undefined && !required.includes(name);
            return [code(name), entry(typeOf(property), isOptional ? "or nothing" : "", describe(property))];
        }),
    );
}

function describe({ description = "", secret = false }: SchemaProperty): string {
    return secret && !/secret/i.test(description) ? `${description} A secret.` : description;
}
