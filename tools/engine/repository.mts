import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

/** The root of this checkout. */
export const repositoryRoot = resolve(import.meta.dirname, "../..");

/** The Go modules that the engine is built from. */
export const modulesFolder = resolve(import.meta.dirname, "modules");

/** `pulumi-language-nodejs` for an engine that comes without one. */
export const languageHost = resolve(import.meta.dirname, "launcher/pulumi-language-nodejs");

/** `pulumi-resource-pulumi-nodejs`, which hosts dynamic providers: a script of the npm package @pulumi/pulumi. */
export function dynamicHost(): string {
    const require = createRequire(resolve(repositoryRoot, "package.json"));
    return resolve(dirname(require.resolve("@pulumi/pulumi/package.json")), "pulumi-resource-pulumi-nodejs");
}
