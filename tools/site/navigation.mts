/* The site's one table: every page, in its order. A page that is not in it, or one that it names and that is not there, fails the build. */

/** A page of the site. */
export interface PageEntry {
    /** Its file in the repository. */
    readonly source: string;
    /** What the navigation calls it. */
    readonly title: string;
    /** What a reader finds there, for the list of the start page. */
    readonly summary: string;
    /** Its file on the site. Default: that of docs/, as HTML. */
    readonly address?: string;
}

/** Pages that are looked for together. */
export interface Group {
    readonly title: string;
    readonly pages: readonly PageEntry[];
}

/** The start page of the site; it lists the others. */
export const startPage = "docs/README.md";

export const navigation: readonly Group[] = [
    {
        title: "Start",
        pages: [
            { source: startPage, title: "Overview", summary: "Every page, and what is in it.", address: "index.html" },
            {
                source: "docs/start.md",
                title: "Get started",
                summary: "From an empty folder to the first acquisition in ten minutes: locally, then in your tenant.",
            },
            {
                source: "docs/prepare-your-tenant.md",
                title: "Prepare your tenant",
                summary:
                    "What an administrator does once: the application, the pipeline's permission, the owner, the consent.",
            },
            {
                source: "README.md",
                title: "All on one page",
                summary: "The README: what it is, a first program, and every table in short.",
                address: "readme.html",
            },
        ],
    },
    {
        title: "Concepts",
        pages: [
            {
                source: "docs/concepts.md",
                title: "Concepts",
                summary:
                    "What the provisioning service holds, what this resource does about it, and what it does not do.",
            },
            {
                source: "docs/a-year-in-the-life-of-a-token.md",
                title: "A year in the life of a token",
                summary: "Acquired, rotated, grown old, validated, cleared, moved, gone: each step with its commands.",
            },
            {
                source: "docs/decisions.md",
                title: "Decisions",
                summary: "What was decided, why, and what was not taken.",
            },
        ],
    },
    {
        title: "How to: credentials",
        pages: [
            {
                source: "docs/how-to/scim-bearer-token.md",
                title: "SCIM bearer token",
                summary: "An application that gives out an address and a secret token that lives for months.",
            },
            {
                source: "docs/how-to/oauth-client-credentials.md",
                title: "OAuth client credentials",
                summary: "An application with a token endpoint and a client of its own.",
            },
            {
                source: "docs/how-to/authorization-code.md",
                title: "Authorization code",
                summary: "An application that wants a person's consent, and gives a code that works once.",
            },
            {
                source: "docs/authorize.md",
                title: "A code in one command",
                summary: "`authorize`: consent in the browser, and the one-time code into the stack.",
            },
        ],
    },
    {
        title: "How to: rotation",
        pages: [
            {
                source: "docs/how-to/rotate-from-a-vault.md",
                title: "From a vault",
                summary: "A secret that somebody or something rotates in a vault.",
            },
            {
                source: "docs/how-to/rotate-from-pulumi-esc.md",
                title: "From Pulumi ESC",
                summary: "A secret that lives in a Pulumi ESC environment.",
            },
        ],
    },
    {
        title: "How to: pipelines",
        pages: [
            {
                source: "docs/how-to/github-actions.md",
                title: "GitHub Actions",
                summary:
                    "Previews and `up` in a workflow; GitHub's identity token signs in, so no client secret is stored.",
            },
            {
                source: "docs/how-to/azure-devops.md",
                title: "Azure DevOps",
                summary: "The same in a pipeline, with a federated service connection.",
            },
            {
                source: "docs/how-to/gitlab.md",
                title: "GitLab",
                summary: "The same in a GitLab pipeline, with an ID token.",
            },
            {
                source: "docs/how-to/pulumi-deployments.md",
                title: "Pulumi Deployments",
                summary: "The same on Pulumi's own runners, with a Pulumi ESC environment.",
            },
        ],
    },
    {
        title: "How to: clouds",
        pages: [
            {
                source: "docs/how-to/national-clouds.md",
                title: "National clouds",
                summary: "US Government, DoD and China.",
            },
            {
                source: "docs/how-to/air-gapped-clouds.md",
                title: "Air-gapped clouds",
                summary: "A cloud that no name tells, and a machine without the internet.",
            },
        ],
    },
    {
        title: "How to: coming from",
        pages: [
            {
                source: "docs/how-to/from-azuread-synchronization-secret.md",
                title: "azuread's SynchronizationSecret",
                summary: "A stack that only stores credentials: the acquisition is added while it runs.",
            },
            {
                source: "docs/how-to/from-powershell.md",
                title: "PowerShell",
                summary: "A script that ends with the cmdlet for the same call.",
            },
            {
                source: "docs/how-to/from-terraform.md",
                title: "Terraform and OpenTofu",
                summary: "A generic REST provider, a script, or an action of another provider.",
            },
        ],
    },
    {
        title: "Examples",
        pages: [
            {
                source: "examples/quickstart/README.md",
                title: "Quickstart",
                summary: "The smallest program: one application, one token.",
                address: "examples/quickstart.html",
            },
            {
                source: "examples/rotation/README.md",
                title: "Rotation by configuration",
                summary: "The stack's configuration decides when the credentials are handed over again.",
                address: "examples/rotation.html",
            },
            {
                source: "examples/many-applications/README.md",
                title: "Many applications",
                summary: "One program for all applications of a tenant, from a list in the configuration.",
                address: "examples/many-applications.html",
            },
            {
                source: "examples/authorization-code/README.md",
                title: "With a person's consent",
                summary: "A one-time code, from the application's consent page into the stack.",
                address: "examples/authorization-code.html",
            },
            {
                source: "examples/azuread-scim/README.md",
                title: "From nothing, with a secret token",
                summary: "With azuread: an application, its service principal, the token, and a job that runs.",
                address: "examples/azuread-scim.html",
            },
            {
                source: "examples/azuread-oauth/README.md",
                title: "From nothing, with OAuth",
                summary: "The same with OAuth client credentials.",
                address: "examples/azuread-oauth.html",
            },
            {
                source: "examples/yaml/README.md",
                title: "YAML",
                summary: "The quickstart by the plugin, in a `Pulumi.yaml` and nothing more.",
                address: "examples/yaml.html",
            },
            {
                source: "examples/python/README.md",
                title: "Python",
                summary: "The quickstart by the plugin.",
                address: "examples/python.html",
            },
            {
                source: "examples/go/README.md",
                title: "Go",
                summary: "The quickstart by the plugin.",
                address: "examples/go.html",
            },
            {
                source: "examples/csharp/README.md",
                title: "C#",
                summary: "The quickstart by the plugin, with a class of the program's own.",
                address: "examples/csharp.html",
            },
            {
                source: "examples/java/README.md",
                title: "Java",
                summary: "The quickstart by the plugin, with a class of the program's own.",
                address: "examples/java.html",
            },
            {
                source: "examples/typescript-plugin/README.md",
                title: "TypeScript, by the plugin",
                summary: "For those who want the plugin's functions, import or providers.",
                address: "examples/typescript-plugin.html",
            },
            {
                source: "examples/pipelines/README.md",
                title: "Pipelines",
                summary: "The same pipeline for GitHub Actions, Azure DevOps and GitLab.",
                address: "examples/pipelines.html",
            },
        ],
    },
    {
        title: "Reference",
        pages: [
            {
                source: "docs/reference.md",
                title: "Reference",
                summary: "Every argument, output, setting, function, error and export.",
            },
            {
                source: "docs/command-line.md",
                title: "Command line",
                summary: "`authorize`, `doctor`, `emulator`, `completion`: every option, exit code and variable.",
            },
            {
                source: "docs/plugin.md",
                title: "The plugin",
                summary: "The same resource for YAML, Python, Go, C#, Java and TypeScript.",
            },
            {
                source: "docs/signing-in.md",
                title: "Signing in",
                summary: "The methods in their order, the environments that are tested, and the traps.",
            },
            {
                source: "docs/emulator.md",
                title: "The emulator",
                summary: "A local Entra and Graph, for trials and for tests.",
            },
            {
                source: "docs/versions.md",
                title: "Versions",
                summary: "What a version number promises, what never changes, and what works with what.",
            },
        ],
    },
    {
        title: "Errors",
        pages: [
            {
                source: "docs/when-something-goes-wrong.md",
                title: "When something goes wrong",
                summary: "Each error's code, what it means, and what to do.",
            },
        ],
    },
    {
        title: "Security",
        pages: [
            {
                source: "docs/security.md",
                title: "Security",
                summary: "What is secret, where it is, who can see it, what is promised, and what can't be defended.",
            },
            {
                source: "SECURITY.md",
                title: "Report a vulnerability",
                summary: "How, and what happens then.",
                address: "security-policy.html",
            },
        ],
    },
    {
        title: "Project",
        pages: [
            {
                source: "bench/README.md",
                title: "Measured",
                summary: "How fast, how much, compared with what, and how that is measured.",
                address: "measured.html",
            },
            {
                source: "CONTRIBUTING.md",
                title: "Contributing",
                summary: "How the repository is set up, where everything is, and how it is changed.",
                address: "contributing.html",
            },
        ],
    },
];

/** Where a page of the table is on the site. */
export function addressOf({ source, address }: PageEntry): string {
    return address ?? source.replace(/^docs\//, "").replace(/\.md$/, ".html");
}

/** Every page, in the order of the table. */
export function allPages(groups: readonly Group[] = navigation): readonly PageEntry[] {
    return groups.flatMap(({ pages }) => pages);
}
