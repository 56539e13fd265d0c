import ts from "typescript";
import { table } from "../pages/table.mts";
import { code, paragraphs, withoutDefault } from "./markdown.mts";
import { type Doc, type Exported, type Member, membersOf, parametersOf, typeText } from "./sources.mts";

/* How a declaration of the package's reads in Markdown. */

/** What a comment says, as prose. */
export function prose(doc: Doc): string {
    return paragraphs(
        ...doc.paragraphs,
        ...doc.throws.map((sentence) => `Throws ${sentence}`),
        ...doc.see.map((address) => `See <${address}>.`),
    );
}

/** The same on one line, for a cell of a table. */
export function proseInLine(doc: Doc): string {
    const see = doc.see.map((address) => `([Microsoft's page](${address}))`);
    return [...doc.paragraphs, ...doc.throws.map((sentence) => `Throws ${sentence}`), ...see].join(" ");
}

/** Members that a user writes: what each is, and what it is where it is left out. */
export function inputsTable(head: string, members: readonly Member[]): string {
    return table(
        [head, "what it is"],
        members.map(({ name, type, optional, doc }) => {
            const { text, value } = withoutDefault(proseInLine(doc));
            return [code(name), entry(type, presence(optional, value), text)];
        }),
    );
}

/** Members that a user reads. */
export function outputsTable(head: string, members: readonly Member[]): string {
    return table(
        [head, "what it is"],
        members.map(({ name, type, optional, doc }) => [
            code(name),
            entry(type, optional ? "or `undefined`" : "", proseInLine(doc)),
        ]),
    );
}

/** Whether something must be given, and what holds where it is not. */
export function presence(optional: boolean, value: string): string {
    if (value !== "") {
        return `default: ${value}`;
    }
    return optional ? "optional" : "required";
}

/**
 * One cell for all that is to be said of a name: with a column for each, a table of the names would be too wide for a
 * narrow screen, and its cells too narrow for their text.
 */
export function entry(type: string, note: string, text: string): string {
    const first = [code(type), note].filter((part) => part !== "").join(", ");
    return [first, text].filter((part) => part !== "").join("<br>");
}

/** The interfaces that a user writes, beside those whose name says so. */
const writtenByUsers = [
    "AcquisitionTimeouts",
    "AcquisitionValidation",
    "AcquisitionDrift",
    "Credential",
    "Fault",
    "FederatedCredential",
    "RespondEffect",
];

/** Any exported declaration as a section of its own. */
export function section(level: string, exported: Exported): string {
    const { name, declaration, doc } = exported;
    const heading = `${level} \`${name}\``;
    if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
        const members = membersOf(exported);
        if (members.length === 0) {
            return paragraphs(heading, prose(doc), fenced(withoutComments(declaration)));
        }
        const isWritten = name.endsWith("Options") || writtenByUsers.includes(name);
        return paragraphs(heading, prose(doc), (isWritten ? inputsTable : outputsTable)("member", members));
    }
    if (ts.isTypeAliasDeclaration(declaration)) {
        return paragraphs(heading, prose(doc), fenced(`type ${name} = ${typeText(declaration.type)};`));
    }
    if (ts.isFunctionDeclaration(declaration)) {
        const call = `${name}(${parametersOf(declaration)}): ${typeText(declaration.type)}`;
        return paragraphs(heading, prose(doc), fenced(call));
    }
    if (ts.isVariableDeclaration(declaration)) {
        return paragraphs(heading, prose(doc), fenced(`const ${name}: ${typeText(declaration.type)};`));
    }
    throw new Error(`${name}: this kind of declaration has no form in the reference.`);
}

function withoutComments(declaration: ts.Declaration): string {
    return declaration
        .getText()
        .replace(/^export /, "")
        .replaceAll(/^ *\/\*[\s\S]*?\*\/\n/gm, "");
}

function fenced(text: string): string {
    return `\`\`\`ts\n${text.replaceAll(" | {", "\n    | {")}\n\`\`\``;
}
