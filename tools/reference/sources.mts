import { resolve } from "node:path";
import ts from "typescript";
import { repositoryRoot } from "../engine/repository.mts";

/* The package's own sources, read with TypeScript's compiler: what is declared and what its comment says. */

/** A member of an interface or a class, or a parameterless fact about one. */
export interface Member {
    readonly name: string;
    /** As a user writes the value: what Pulumi wraps around an input or an output is left out. */
    readonly type: string;
    readonly optional: boolean;
    readonly doc: Doc;
}

/** What a comment says. */
export interface Doc {
    /** The paragraphs, each on a line of its own. */
    readonly paragraphs: readonly string[];
    /** The addresses behind `@see`. */
    readonly see: readonly string[];
    /** The sentences behind `@throws`. */
    readonly throws: readonly string[];
}

/** Something that an entry of the package exports. */
export interface Exported {
    readonly name: string;
    readonly declaration: ts.Declaration;
    readonly doc: Doc;
}

/** The entries of the package, compiled together. */
export class Sources {
    readonly #program: ts.Program;

    constructor(files: readonly string[]) {
        this.#program = ts.createProgram(
            files.map((file) => resolve(repositoryRoot, file)),
            {
                target: ts.ScriptTarget.ES2023,
                module: ts.ModuleKind.NodeNext,
                moduleResolution: ts.ModuleResolutionKind.NodeNext,
                strict: true,
                noEmit: true,
                // What is declared elsewhere is no part of the reference, and most of the work of reading it.
                types: [],
                noLib: true,
            },
        );
    }

    /** What a file exports, its own and what it passes on, by name. */
    exportsOf(file: string): readonly Exported[] {
        const checker = this.#program.getTypeChecker();
        const source = this.#program.getSourceFile(resolve(repositoryRoot, file));
        const symbol = source && checker.getSymbolAtLocation(source);
        if (symbol === undefined) {
            throw new Error(`${file} is no module.`);
        }
        return checker.getExportsOfModule(symbol).map((exported) => {
            const aliased = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
            const [declaration] = aliased.declarations ?? [];
            if (declaration === undefined) {
                throw new Error(`${file} exports ${exported.name}, which is declared nowhere.`);
            }
            return { name: exported.name, declaration, doc: docOf(declaration) };
        });
    }
}

/** The members that a user of an interface or an instance sees, in the order of the source. */
export function membersOf({ declaration, name }: Exported): readonly Member[] {
    if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) {
        throw new Error(`${name} has no members.`);
    }
    return [...declaration.members].flatMap((member) => {
        if (member.name === undefined || !ts.isIdentifier(member.name) || isHidden(member)) {
            return [];
        }
        const optional = "questionToken" in member && member.questionToken !== undefined;
        const about = { optional, doc: docOf(member) };
        if (ts.isMethodSignature(member) || ts.isMethodDeclaration(member)) {
            return [{ ...about, name: `${member.name.text}(${parametersOf(member)})`, type: typeText(member.type) }];
        }
        if (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) {
            return [{ ...about, name: member.name.text, type: typeText(member.type) || initialType(member) }];
        }
        if (ts.isGetAccessorDeclaration(member)) {
            return [{ ...about, name: member.name.text, type: typeText(member.type) }];
        }
        return [];
    });
}

/** A function's parameters, as they are called; the optional ones marked. */
export function parametersOf({ parameters }: ts.SignatureDeclaration): string {
    return parameters
        .map(({ name, questionToken, initializer }) => {
            const isOptional = questionToken !== undefined || initializer !== undefined;
            const text = ts.isIdentifier(name) ? name.text : "options";
            return isOptional ? `${text}?` : text;
        })
        .join(", ");
}

/** A type as a user thinks of it: without `readonly`, `undefined` beside others, and Pulumi's wrapping. */
export function typeText(node: ts.TypeNode | undefined): string {
    if (node === undefined) {
        return "";
    }
    if (ts.isUnionTypeNode(node)) {
        const parts = node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword).map(typeText);
        return [...new Set(parts)].join(" | ");
    }
    if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) {
        return typeText(node.type);
    }
    if (ts.isArrayTypeNode(node)) {
        const element = typeText(node.elementType);
        return element.includes(" | ") ? `(${element})[]` : `${element}[]`;
    }
    if (ts.isTypeReferenceNode(node)) {
        const name = node.typeName.getText();
        const [first] = node.typeArguments ?? [];
        if (first !== undefined && ["pulumi.Input", "pulumi.Output", "Readonly"].includes(name)) {
            return typeText(first);
        }
        const inside = node.typeArguments?.map(typeText).join(", ");
        return inside === undefined ? name : `${name}<${inside}>`;
    }
    return node
        .getText()
        .replaceAll(/\/\*[\s\S]*?\*\//g, "")
        .replaceAll(/\breadonly /g, "")
        .replaceAll(/\s+/g, " ");
}

/** The comment in front of a declaration. */
export function docOf(node: ts.Node): Doc {
    // One with an empty line behind it is not the declaration's but the file's.
    const comment = ts
        .getJSDocCommentsAndTags(node)
        .filter(ts.isJSDoc)
        .filter(({ end }) => !/^[ \t]*\n[ \t]*\n/.test(node.getSourceFile().text.slice(end)))
        .at(-1);
    const text = plain(comment?.comment);
    const tags = comment?.tags ?? [];
    const named = (name: string) => tags.filter(({ tagName }) => tagName.text === name);
    return {
        paragraphs: text
            .split(/\n\s*\n/)
            .map(joined)
            .filter((paragraph) => paragraph !== ""),
        // The compiler takes the scheme of `@see https://…` for a name.
        see: named("see").flatMap((tag) => /https:\/\/\S+/.exec(tag.getText())?.[0] ?? []),
        throws: named("throws").map((tag) => joined(plain(tag.comment))),
    };
}

/** A paragraph on one line; the items of a list each on its own. */
function joined(text: string): string {
    return text
        .replaceAll(/\s*\n(?=- )/g, "\u2028")
        .replaceAll(/\s+/g, (space) => (space === "\u2028" ? "\n" : " "))
        .trim();
}

function plain(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
    if (comment === undefined || typeof comment === "string") {
        return comment ?? "";
    }
    return comment.map((part) => (ts.isJSDocLink(part) ? `\`${part.name?.getText() ?? ""}\`` : part.text)).join("");
}

function isHidden(member: ts.ClassElement | ts.TypeElement): boolean {
    const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
    const hiding = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword, ts.SyntaxKind.StaticKeyword];
    const isInternal = ts.getJSDocTags(member).some(({ tagName }) => tagName.text === "internal");
    return isInternal || modifiers.some(({ kind }) => hiding.includes(kind));
}

/** The type of a property that is known by its value alone. */
function initialType(member: ts.PropertySignature | ts.PropertyDeclaration): string {
    const initializer = ts.isPropertyDeclaration(member) ? member.initializer : undefined;
    return initializer !== undefined && ts.isStringLiteral(initializer) ? initializer.getText() : "";
}
