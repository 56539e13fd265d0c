import { createSchema } from "../../provider/plugin/schema.ts";

/* The plugin's schema, as far as the reference reads it. */

/** A property of the schema's. */
export interface SchemaProperty {
    readonly type?: string;
    readonly $ref?: string;
    readonly oneOf?: readonly SchemaProperty[];
    readonly items?: SchemaProperty;
    readonly additionalProperties?: SchemaProperty;
    readonly description?: string;
    readonly secret?: boolean;
}

/** A group of properties, by name. */
export interface SchemaProperties {
    readonly properties?: Readonly<Record<string, SchemaProperty>>;
    readonly required?: readonly string[];
}

interface Schema {
    readonly config: { readonly variables: Readonly<Record<string, SchemaProperty>> };
    readonly provider: { readonly description: string };
    readonly resources: Readonly<
        Record<
            string,
            SchemaProperties & {
                readonly description: string;
                readonly inputProperties: Readonly<Record<string, SchemaProperty>>;
                readonly requiredInputs: readonly string[];
            }
        >
    >;
    readonly functions: Readonly<
        Record<
            string,
            { readonly description: string; readonly inputs: SchemaProperties; readonly outputs: SchemaProperties }
        >
    >;
    readonly types: Readonly<
        Record<string, SchemaProperties & { readonly description: string; readonly enum?: unknown }>
    >;
}

/** The schema; its version is no part of the reference. */
export const schema = createSchema("0.0.0") as Schema;

/** A property's type, as the schema's own words have it. */
export function typeOf(property: SchemaProperty): string {
    if (property.oneOf !== undefined) {
        return [...new Set(property.oneOf.map(typeOf))].join(" | ");
    }
    if (property.$ref !== undefined) {
        return property.$ref === "pulumi.json#/Any" ? "any" : (property.$ref.split(":").at(-1) ?? "");
    }
    if (property.items !== undefined) {
        return `${typeOf(property.items)}[]`;
    }
    if (property.additionalProperties !== undefined) {
        return `map of ${typeOf(property.additionalProperties)}`;
    }
    return property.type ?? "";
}
