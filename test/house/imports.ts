import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as ts from "typescript";

/** The folder of everything that is published. */
export const provider = join(__dirname, "../../provider");

/** How a module is named: in the code that runs on loading, only when it is called, or for its types alone. */
export type Way = "static" | "dynamic" | "type";

/** One import of one file. */
export interface Import {
    /** The importing file, from `provider/`, without its extension. */
    readonly from: string;
    /** The imported file of ours, likewise; or the package, or `node:…`. */
    readonly to: string;
    readonly way: Way;
}

/** Every import of every file in `provider/`. */
export function readImports(): Import[] {
    return readdirSync(provider, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.[cm]?tsx?$/.test(name))
        .flatMap((name) => importsOf(name, readFileSync(join(provider, name), "utf8")));
}

/** The imports of one file with this text, wherever in it they stand. */
export function importsOf(name: string, text: string): Import[] {
    const imports: Import[] = [];
    const from = withoutExtension(name);
    const note = (specifier: ts.Node | undefined, way: Way) => {
        // A name that is computed can't be told here, and has no place in this package.
        const to = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : "(computed)";
        const isOurs = to.startsWith(".");
        const path = isOurs ? withoutExtension(relative(provider, join(provider, dirname(name), to))) : to;
        imports.push({ from, to: path, way });
    };
    const visit = (node: ts.Node): void => {
        if (ts.isImportDeclaration(node)) {
            note(node.moduleSpecifier, isForTypes(node.importClause) ? "type" : "static");
        } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
            note(node.moduleSpecifier, isExportOfTypes(node) ? "type" : "static");
        } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
            note(node.moduleReference.expression, node.isTypeOnly ? "type" : "static");
        } else if (ts.isImportTypeNode(node)) {
            note(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, "type");
        } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
            note(node.arguments[0], "dynamic");
        } else if (
            ts.isCallExpression(node) &&
            ts.isIdentifier(node.expression) &&
            node.expression.text === "require"
        ) {
            note(node.arguments[0], "static");
        }
        ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
    return imports;
}

/** `import type …`, or nothing but `type` names in the braces: the compiler leaves no `require` of either. */
function isForTypes(clause: ts.ImportClause | undefined): boolean {
    if (clause === undefined) {
        return false;
    }
    const { namedBindings } = clause;
    const isNamed = namedBindings !== undefined && ts.isNamedImports(namedBindings) && clause.name === undefined;
    const allTypes =
        isNamed && namedBindings.elements.length > 0 && namedBindings.elements.every((one) => one.isTypeOnly);
    return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes;
}

function isExportOfTypes({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
    const isNamed = exportClause !== undefined && ts.isNamedExports(exportClause);
    return (
        isTypeOnly ||
        (isNamed && exportClause.elements.length > 0 && exportClause.elements.every((one) => one.isTypeOnly))
    );
}

function withoutExtension(path: string): string {
    return path.replace(/\.[cm]?[jt]sx?$/, "");
}
