import ts from "typescript";
import { table } from "../pages/table.mts";
import { proseInLine } from "./declarations.mts";
import { code, paragraphs } from "./markdown.mts";
import { type Exported, membersOf, type Sources } from "./sources.mts";

/** An error class of the package's, and the code that its messages end with. */
export interface ErrorClass {
    readonly name: string;
    /** Missing where the class is a base of others. */
    readonly code: string | undefined;
    readonly base: string;
    readonly fields: readonly { readonly name: string; readonly type: string; readonly text: string }[];
    readonly text: string;
}

/** The error classes, in the order in which the source has them. */
export function errorClasses(sources: Sources): readonly ErrorClass[] {
    return sources.exportsOf("provider/core/errors.ts").flatMap((exported) => {
        const { declaration } = exported;
        if (!ts.isClassDeclaration(declaration)) {
            return [];
        }
        const [heritage] = declaration.heritageClauses ?? [];
        const base = heritage?.types[0]?.expression.getText() ?? "";
        return [
            {
                name: exported.name,
                code: codeOf(exported),
                base,
                fields: fieldsOf(exported),
                text: proseInLine(exported.doc),
            },
        ];
    });
}

/** The classes, what each means, and what it carries. */
export function errorsReference(sources: Sources): string {
    const classes = errorClasses(sources);
    const ofClass = (name: string) => classes.find((one) => one.name === name);
    const rows = classes
        .filter((one) => one.code !== undefined)
        .map((one) => {
            const inherited = ofClass(one.base)?.fields ?? [];
            const fields = [...new Set([...inherited, ...one.fields].map(({ name }) => code(name)))];
            const anchor = one.code?.toLowerCase() ?? "";
            return [
                `[\`${one.code}\`](when-something-goes-wrong.md#${anchor})`,
                code(one.name),
                one.text,
                fields.join(" "),
            ];
        });
    return paragraphs(
        "## Errors",
        "Every failure ends with its code in parentheses; [When something goes wrong](when-something-goes-wrong.md) says what to do about each. `pulumi-entrasync` exports a class for each code: an `EntrasyncError` with a `message`, and a `code` that stays the same across versions.",
        table(["code", "class", "meaning", "fields"], rows),
        "The fields, where the error has them:",
        table(["field", "type", "meaning"], fieldRows(sources, classes)),
    );
}

/** Each field once, by the first mention that says something of it. */
function fieldRows(sources: Sources, classes: readonly ErrorClass[]): string[][] {
    const answer = sources.exportsOf("provider/core/errors.ts").filter(({ name }) => name === "GraphAnswer");
    const fields = [...classes.flatMap((one) => one.fields), ...answer.flatMap(fieldsOf)];
    const names = [...new Set(fields.map(({ name }) => name))];
    return names.map((name) => {
        const same = fields.filter((field) => field.name === name);
        const texts = [...same.map(({ text }) => text), meanings[name] ?? ""].filter((text) => text !== "");
        return [code(name), code(same[0]?.type ?? ""), texts[0] ?? ""];
    });
}

/** What no comment says, because where it stands nobody has to be told. */
const meanings: Readonly<Record<string, string>> = {
    failures: "Everything that is wrong with the inputs: where, as a path such as `credentials[1].key`, and why.",
    status: "The HTTP status of Graph's answer.",
};

function fieldsOf(exported: Exported): ErrorClass["fields"] {
    return membersOf(exported)
        .filter(({ name }) => name !== "name" && name !== "code")
        .map(({ name, type, doc }) => ({ name, type, text: proseInLine(doc) }));
}

function codeOf(exported: Exported): string | undefined {
    const member = membersOf(exported).find(({ name }) => name === "code");
    return /^"(\w+)"$/.exec(member?.type ?? "")?.[1];
}
