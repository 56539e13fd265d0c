import { join } from "node:path";
import ts from "typescript";
import { repositoryRoot } from "../../tools/engine/repository.mts";

const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    // Each is a module of its own, whether or not it imports anything.
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ["node"],
};

/** What the compiler says of a program that stands in a project with this package, as published, installed. */
export function problemsOf(text: string): readonly string[] {
    return problemsOfAll({ program: text }).map((problem) => problem.replace(/^program: /, ""));
}

/** The same for several, by their names, in one compilation: the libraries are the most of it. */
export function problemsOfAll(programs: Readonly<Record<string, string>>): readonly string[] {
    // A project among the examples, so that packages are found as a user's program finds them.
    const files = new Map(
        Object.entries(programs).map(([name, text], index) => [
            join(repositoryRoot, `examples/quickstart/fromPage${index}.ts`).replaceAll("\\", "/"),
            { name, text },
        ]),
    );
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.getSourceFile = (path, target, ...rest) => {
        const own = files.get(path);
        return own === undefined
            ? getSourceFile.call(host, path, target, ...rest)
            : ts.createSourceFile(path, own.text, target);
    };
    host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
    host.readFile = (path) => files.get(path)?.text ?? readFile.call(host, path);
    return ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host)).map(({ file, messageText }) => {
        const name = file === undefined ? "the compiler" : (files.get(file.fileName)?.name ?? file.fileName);
        return `${name}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
}
