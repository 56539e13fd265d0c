import { synchronizationSecretKeys } from "../../provider/core/keys.ts";
import { settings } from "../../provider/identity/configuration.ts";
import { configurationProperties } from "../../provider/plugin/configuration.ts";
import { dynamicType, packageName, resourceType } from "../../provider/plugin/names.ts";
import { type SchemaProperties, type SchemaProperty, schema } from "../../tools/reference/schema.mts";
import { type Mapping, parseYaml } from "../pipelines/yaml.mts";

/*
 * What a YAML block of a page says that is ours to know: programs and projects of Pulumi, the fragments of them that the
 * pages show, stacks' files, ESC environments. Pipelines' files are only parsed here.
 */

/** Everything that is wrong with it, in the words of somebody who looks for the mistake. */
export function problemsOfYaml(text: string): readonly string[] {
    let value: unknown;
    try {
        value = parseYaml(text);
    } catch (error) {
        return [error instanceof Error ? error.message : String(error)];
    }
    if (!isMapping(value)) return ["it is no mapping"];
    const kind = kinds.find(({ is }) => is(value));
    return kind === undefined ? [`nobody knows what this is: ${Object.keys(value).join(", ")}`] : kind.problems(value);
}

interface Kind {
    readonly is: (value: Mapping) => boolean;
    readonly problems: (value: Mapping) => readonly string[];
}

const kinds: readonly Kind[] = [
    { is: (value) => "runtime" in value, problems: problemsOfProject },
    { is: (value) => "values" in value, problems: problemsOfEnvironment },
    { is: (value) => hasOnly(value, ["environment", "config"]), problems: problemsOfStackFile },
    { is: (value) => hasOnly(value, ["plugins"]), problems: problemsOfPlugins },
    { is: (value) => hasOnly(value, ["options"]), problems: ({ options }) => problemsOfOptions(options, "options") },
    // GitHub Actions, Azure DevOps, GitLab: test/pipelines runs each step of them.
    { is: (value) => "jobs" in value || "stages" in value || "default" in value, problems: () => [] },
];

function problemsOfProject(project: Mapping): readonly string[] {
    const known = ["name", "runtime", "description", "main", "plugins", "packages", "backend"];
    const sections = ["config", "variables", "resources", "outputs"];
    const named = ["config", "variables", "resources"].flatMap((section) => Object.keys(mappingOf(project[section])));
    return [
        ...unknownOf(project, [...known, ...sections], "the project"),
        ...(typeof project.name === "string" ? [] : ["the project has no name"]),
        ...problemsOfPlugins(project),
        ...Object.entries(mappingOf(project.config)).flatMap(([key, declared]) =>
            isMapping(declared) ? unknownOf(declared, ["type", "secret", "default", "items"], `config.${key}`) : [],
        ),
        ...Object.entries(mappingOf(project.resources)).flatMap(([name, one]) => problemsOfResource(name, one)),
        ...invocationsIn(project).flatMap(problemsOfInvocation),
        ...referencesIn([project.resources, project.variables, project.outputs]).flatMap((path) => {
            const [name = "", property] = path.split(/[.[]/);
            if (name === "pulumi") return [];
            if (!named.includes(name)) return [`\${${path}}: there is no ${name}`];
            const type = mappingOf(mappingOf(project.resources)[name]).type;
            if (property === undefined || typeof type !== "string" || !isOurs(type)) return [];
            const resource = schema.resources[resourceType];
            const has = { id: true, urn: true, ...resource?.properties, ...resource?.inputProperties };
            return property in has ? [] : [`\${${path}}: the resource has no ${property}`];
        }),
    ];
}

function problemsOfResource(name: string, resource: unknown): readonly string[] {
    const where = `resources.${name}`;
    if (!isMapping(resource) || typeof resource.type !== "string") return [`${where} has no type`];
    const problems = [
        ...unknownOf(resource, ["type", "name", "properties", "options", "get", "defaultProvider"], where),
        ...problemsOfOptions(resource.options, `${where}.options`),
    ];
    // Another package's schema is not here: test/azuread and test/examples run what is of others.
    if (!isOurs(resource.type)) return problems;
    const properties = mappingOf(resource.properties);
    if (resource.type === `pulumi:providers:${packageName}`) {
        return [...problems, ...unknownOf(properties, Object.keys(configurationProperties), where)];
    }
    const found = schema.resources[fullToken(resource.type)];
    if (found === undefined) return [...problems, `${where}: there is no type ${resource.type}`];
    return [
        ...problems,
        ...found.requiredInputs.filter((input) => !(input in properties)).map((input) => `${where} has no ${input}`),
        ...problemsOfProperties(properties, found.inputProperties, where),
        ...problemsOfCredentials(properties, `${where}.credentials`),
    ];
}

function problemsOfInvocation({ function: token, arguments: given }: Mapping): readonly string[] {
    if (typeof token !== "string") return ["fn::invoke has no function"];
    if (!isOurs(token)) return [];
    const found = schema.functions[fullToken(token)];
    return found === undefined
        ? [`there is no function ${token}`]
        : problemsOfProperties(mappingOf(given), found.inputs.properties ?? {}, token);
}

function problemsOfProperties(
    given: Mapping,
    known: NonNullable<SchemaProperties["properties"]>,
    where: string,
): readonly string[] {
    return [
        ...unknownOf(given, Object.keys(known), where),
        ...Object.entries(given).flatMap(([name, value]) => {
            const type = typeNamed(known[name]);
            return type === undefined || !isMapping(value)
                ? []
                : problemsOfProperties(value, type.properties ?? {}, `${where}.${name}`);
        }),
    ];
}

function typeNamed(property: SchemaProperty | undefined): SchemaProperties | undefined {
    return schema.types[property?.$ref?.replace("#/types/", "") ?? ""];
}

function problemsOfCredentials(properties: Mapping, where: string): readonly string[] {
    const { credentials, allowUnknownKeys } = properties;
    const keys = Array.isArray(credentials)
        ? credentials.map((one) => String(mappingOf(one).key))
        : Object.keys(mappingOf(credentials));
    const known: readonly string[] = synchronizationSecretKeys;
    return allowUnknownKeys === true ? [] : keys.filter((key) => !known.includes(key)).map((key) => `${where}.${key}`);
}

function problemsOfPlugins({ plugins }: Mapping): readonly string[] {
    if (plugins === undefined) return [];
    const providers = mappingOf(plugins).providers;
    return Array.isArray(providers)
        ? providers.flatMap((one) => unknownOf(mappingOf(one), ["name", "path", "version"], "plugins.providers"))
        : ["plugins has no list of providers"];
}

function problemsOfOptions(options: unknown, where: string): readonly string[] {
    const known = ["aliases", "dependsOn", "protect", "provider", "ignoreChanges", "retainOnDelete", "customTimeouts"];
    const aliases = mappingOf(options).aliases ?? [];
    return [
        ...unknownOf(mappingOf(options), known, where),
        ...(Array.isArray(aliases) ? aliases : [aliases])
            .map((alias) => mappingOf(alias).type)
            .filter((type) => typeof type === "string" && type.includes(packageName))
            .filter((type) => type !== dynamicType && type !== resourceType)
            .map((type) => `${where}.aliases: nothing was ever called ${String(type)}`),
    ];
}

function problemsOfStackFile({ environment = [], config }: Mapping): readonly string[] {
    return [
        ...(Array.isArray(environment) ? [] : ["environment is no list"]),
        ...Object.keys(mappingOf(config)).flatMap(problemsOfConfigKey),
    ];
}

/** What ESC's functions open to, as Pulumi documents it; another function wants a line here. */
const opened: Readonly<Record<string, (inputs: Mapping) => unknown>> = {
    "fn::secret": () => "a secret",
    // https://www.pulumi.com/docs/esc/providers/login/azure-login/
    "fn::open::azure-login": ({ clientId, tenantId, subscriptionId, oidc }) => ({
        clientId,
        tenantId,
        subscriptionId,
        ...(oidc === true ? { oidc: { token: "a token" } } : {}),
    }),
    // https://www.pulumi.com/docs/esc/providers/secrets/azure-secrets/
    "fn::open::azure-secrets": ({ get }) =>
        Object.fromEntries(Object.keys(mappingOf(get)).map((name) => [name, "a secret"])),
};

function problemsOfEnvironment(environment: Mapping): readonly string[] {
    const { values } = openEnvironment(environment);
    const variables: readonly string[] = Object.values(settings).flatMap(({ variables }) => variables);
    return [
        ...unknownOf(environment, ["imports", "values"], "the environment"),
        ...functionsIn(environment)
            .filter((name) => opened[name] === undefined)
            .map((name) => `${name}: nobody here knows what that opens to`),
        ...referencesIn([environment])
            .filter((path) => at(values, path) === undefined)
            .map((path) => `\${${path}} leads nowhere`),
        ...Object.keys(mappingOf(values.pulumiConfig)).flatMap(problemsOfConfigKey),
        ...Object.keys(mappingOf(values.environmentVariables))
            .filter((name) => /^(ARM|AZURE)_/.test(name) && !variables.includes(name))
            .map((name) => `environmentVariables.${name}: nobody reads that`),
    ];
}

/** The environment with its functions opened, and what the references under `pulumiConfig` come to. */
export function openEnvironment(environment: Mapping): { readonly values: Mapping; readonly pulumiConfig: Mapping } {
    const open = (value: unknown): unknown => {
        if (Array.isArray(value)) return value.map(open);
        if (!isMapping(value)) return value;
        const [[name, inputs] = ["", undefined]] = Object.entries(value);
        const known = opened[name];
        if (known !== undefined) return known(mappingOf(inputs));
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, open(one)]));
    };
    const values = mappingOf(open(environment.values));
    const pulumiConfig = Object.fromEntries(
        Object.entries(mappingOf(values.pulumiConfig)).map(([key, value]) => {
            const [, path] = /^\$\{([^}]+)\}$/.exec(String(value)) ?? [];
            return [key, path === undefined ? value : at(values, path)];
        }),
    );
    return { values, pulumiConfig };
}

function problemsOfConfigKey(key: string): readonly string[] {
    const [namespace, name = ""] = key.split(":");
    const isSetting = namespace === packageName || namespace === "azuread";
    return isSetting && !(name in configurationProperties) ? [`${key}: there is no such setting`] : [];
}

function at(values: unknown, path: string): unknown {
    return path.split(".").reduce<unknown>((value, name) => mappingOf(value)[name], values);
}

/** What is referred to as `${…}` anywhere in it. */
function referencesIn(value: unknown): readonly string[] {
    return [...JSON.stringify(value ?? null).matchAll(/\$\{([^}]+)\}/g)].map(([, path]) => path ?? "");
}

function functionsIn(value: unknown): readonly string[] {
    if (value === null || typeof value !== "object") return [];
    return Object.entries(value).flatMap(([name, one]) => [
        ...(name.startsWith("fn::") ? [name] : []),
        ...functionsIn(one),
    ]);
}

function invocationsIn(value: unknown): readonly Mapping[] {
    if (value === null || typeof value !== "object") return [];
    return Object.entries(value).flatMap(([name, one]) =>
        name === "fn::invoke" ? [mappingOf(one)] : invocationsIn(one),
    );
}

function isOurs(token: string): boolean {
    return token.startsWith(`${packageName}:`) || token === `pulumi:providers:${packageName}`;
}

/** YAML may leave the module out. */
function fullToken(token: string): string {
    const [name, ...rest] = token.split(":");
    return rest.length === 1 ? `${name}:index:${rest[0]}` : token;
}

function unknownOf(value: Mapping, known: readonly string[], where: string): readonly string[] {
    return Object.keys(value)
        .filter((key) => !known.includes(key))
        .map((key) => `${where} has no ${key}`);
}

function hasOnly(value: Mapping, keys: readonly string[]): boolean {
    return Object.keys(value).every((key) => keys.includes(key));
}

function isMapping(value: unknown): value is Mapping {
    return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Nothing, or something else, has no members. */
function mappingOf(value: unknown): Mapping {
    return isMapping(value) ? value : {};
}
