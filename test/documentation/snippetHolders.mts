/*
 * Which test holds what of which page. Programs in TypeScript and Python and everything in YAML and JSON is looked at by
 * snippets.test.mts itself, wherever it stands; the tables are for the rest.
 */

/** Pages whose commands are typed, whose programs are written and whose quotations are looked for, from top to bottom. */
export const typed: Readonly<Record<string, string>> = {
    "docs/a-year-in-the-life-of-a-token.md": "test/walkthrough/walkthrough.test.mts",
    "docs/start.md": "test/documentation/snippetsStart.test.mts",
    "docs/emulator.md": "test/documentation/snippetsTyped.test.mts",
    "docs/how-to/scim-bearer-token.md": "test/documentation/snippetsTyped.test.mts",
    "docs/how-to/oauth-client-credentials.md": "test/documentation/snippetsTyped.test.mts",
    "docs/how-to/rotate-from-a-vault.md": "test/documentation/snippetsTyped.test.mts",
    "docs/how-to/national-clouds.md": "test/pipelines/clouds.test.mts",
    "docs/how-to/air-gapped-clouds.md": "test/pipelines/clouds.test.mts",
    "docs/how-to/from-azuread-synchronization-secret.md": "test/pipelines/migration.test.mts",
    "docs/how-to/from-powershell.md": "test/pipelines/migration.test.mts",
    "docs/how-to/from-terraform.md": "test/pipelines/migration.test.mts",
};

/** Blocks of one language of a page, all of them. */
export const held: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "README.md": { sh: "test/readme/readme.test.mts" },
    "docs/command-line.md": { "": "test/commandLine/documentation.test.mts" },
    // By the SDK that is generated from the schema, which only that test has.
    "docs/plugin.md": { ts: "test/examples/typescript.test.mts", diff: "test/examples/typescript.test.mts" },
    // Declarations, generated.
    "docs/reference.md": { ts: "test/site/reference.test.mts" },
    // A preview by the new version, of what each older one left.
    "docs/versions.md": { sh: "test/upgrades/upgrades.test.mts" },
    "docs/how-to/azure-devops.md": { sh: "test/pipelines/pipelines.test.mts" },
    "docs/how-to/github-actions.md": { sh: "test/pipelines/pipelines.test.mts" },
    "docs/how-to/gitlab.md": { sh: "test/pipelines/pipelines.test.mts" },
    // What it sends is the cmdlet's call, which that test makes; there is no PowerShell here.
    "docs/how-to/from-powershell.md": { powershell: "test/pipelines/migration.test.mts" },
    "docs/how-to/from-terraform.md": { hcl: "test/pipelines/migration.test.mts" },
};

/** A command of the other pages, in one line, and the test that runs it. */
export const commands: Readonly<Record<string, string>> = {
    "npx pulumi-entrasync authorize --up": "test/authorize/browser.test.mts",
    "pulumi package add PATH/dist/pulumi-resource-entrasync": "test/packaging/ways.test.mts",
    "npx pulumi-entrasync doctor --target SERVICE_PRINCIPAL_ID": "test/doctor/doctor.test.mts",
    "pulumi import entrasync:index:SynchronizationTokenAcquisition acme /servicePrincipals/a3c8f2d4-0001-4c5e-9b1a-2d3e4f5a6b7c/synchronization/acquireAccessToken":
        "test/plugin/yaml.test.mts",
};

/** Fences without a language that hold commands. Elsewhere such a fence is a mistake. */
export const unmarkedCommands: readonly string[] = ["docs/plugin.md"];
