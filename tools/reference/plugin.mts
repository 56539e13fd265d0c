import { dynamicType, functionNames, packageName, resourceType } from "../../provider/plugin/names.ts";
import { code, paragraphs, table, withoutDefault } from "./markdown.mts";
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
        propertiesTable("output", { properties: { cloud } }),
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
        propertiesTable("argument", inputs),
        propertiesTable("result", outputs),
        ...typesOfOutputs.map((reference) => {
            const type = schema.types[reference.replace("#/types/", "")];
            return (
                type &&
                paragraphs(`\`${reference.split(":").at(-1)}\`: ${type.description}`, propertiesTable("member", type))
            );
        }),
    );
}

/** Properties as a table: with a column for defaults where one has any. */
function propertiesTable(head: string, { properties = {}, required = [] }: SchemaProperties): string {
    const rows = Object.entries(properties).map(([name, property]) => {
        const { text, value } = withoutDefault(describe(property));
        const presence = value || (required.includes(name) && head === "argument" ? "required" : "");
        return { name: code(name), type: code(typeOf(property)), presence, text };
    });
    return rows.some(({ presence }) => presence !== "")
        ? table(
              [head, "type", "default", "meaning"],
              rows.map(({ name, type, presence, text }) => [name, type, presence, text]),
          )
        : table(
              [head, "type", "meaning"],
              rows.map(({ name, type, text }) => [name, type, text]),
          );
}

function describe({ description = "", secret = false }: SchemaProperty): string {
    return secret && !/secret/i.test(description) ? `${description} A secret.` : description;
}
