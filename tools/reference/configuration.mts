import { type Setting, settings } from "../../provider/identity/configuration.ts";
import { table } from "../pages/table.mts";
import { code, paragraphs, withoutDefault } from "./markdown.mts";
import { schema, typeOf } from "./schema.mts";

/** The settings, and where each of them may stand. */
export function configurationReference(): string {
    const known: Readonly<Record<string, Setting>> = settings;
    const rows = Object.entries(schema.config.variables).map(([name, property]) => {
        const { text, value } = withoutDefault(property.description ?? "");
        const note = [property.secret === true ? "a secret" : "", value === "" ? "" : `default: ${value}`];
        const first = [code(typeOf(property)), ...note].filter((part) => part !== "").join(", ");
        const variables = (known[name]?.variables ?? []).map(code).join(" ");
        return [code(name), [first, text, variables].filter((part) => part !== "").join("<br>")];
    });
    const ofTheEnvironment = Object.values(known).filter(({ key }) => key === undefined);
    return paragraphs(
        "## Configuration",
        `${schema.provider.description} [Signing in](signing-in.md) has the order of the methods.`,
        "For the dynamic resource `entrasync:NAME` of the stack goes before `azuread:NAME`, that before the environment. For the plugin `entrasync:NAME`, or the argument `NAME` of a provider of the program's own, goes before the environment; `azuread:NAME` is not seen. Whatever is empty counts as not set. Where several variables are named, the first that is set counts.",
        "A setting without variables is this package's own: it has no `azuread:NAME` either.",
        table(["setting", "what it is, and the environment variables behind it"], rows),
        `AKS puts into a pod, and with \`useAksWorkloadIdentity\` is read from the environment alone: ${ofTheEnvironment
            .flatMap(({ variables }) => variables)
            .map(code)
            .join(", ")}.`,
    );
}
