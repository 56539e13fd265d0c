import { expect, test } from "vitest";
import { readDocument } from "../../tools/site/document.mts";
import { proseOf, readPages } from "./prose.mts";

/* Names are spelled as their owners spell them, in all prose; code, addresses and quotations are others' words. */

/** The right form, and the wrong ones that are met. A word that is also part of a name of ours is no wrong form there. */
const names: Readonly<Record<string, RegExp>> = {
    TypeScript: /\bTypescript\b|\btypescript\b|\bType Script\b/,
    JavaScript: /\bJavascript\b|\bjavascript\b|\bJava Script\b/,
    "Node.js": /\bNodeJS\b|\bNodejs\b|\bNode\.JS\b|\bnode\.js\b|\bnodejs\b|\bNode JS\b/,
    npm: /\bNPM\b|\bNpm\b/,
    GitHub: /\bGithub\b|\bgithub\b|\bGit Hub\b|\bGitHUB\b/,
    "GitHub Actions": /\b[Gg]it[Hh]ub actions?\b|\bGitHub Action\b/,
    GitLab: /\bGitlab\b|(?<!\.)\bgitlab\b|\bGit Lab\b/,
    PowerShell: /\bPowershell\b|\bpowershell\b|\bPower Shell\b|\bPower-Shell\b/,
    "Azure DevOps": /\bAzure Dev ?ops\b|\bAzureDevOps\b|\bAzure Dev Ops\b|\bazure devops\b/i,
    "Azure CLI": /\bAzure cli\b|\bAz CLI\b|\baz CLI\b|\bAzureCLI\b(?!@)/,
    "Azure Key Vault": /\bAzure [Kk]ey[Vv]ault\b|\bAzure Key vault\b/,
    "Microsoft Entra": /\bAzure AD\b|\bAAD\b|\bAzureAD\b|\bAzure Active Directory\b|\bMS Entra\b|\bentra\b(?!sync)/,
    "Microsoft Graph": /\bMS Graph\b|\bMSGraph\b|\bMs Graph\b|\bMicrosoft graph\b|\bGraph api\b/,
    Pulumi: /(?<![-\w])pulumi\b(?!-entrasync)|\bPULUMI\b/,
    "Pulumi ESC": /\b[Pp]ulumi Esc\b|\bpulumi ESC\b|\bPulumi esc\b/,
    OpenTofu: /\bOpen Tofu\b|\bOpentofu\b|\bopentofu\b|\bOpenTOFU\b/,
    Terraform: /\bTerraForm\b|\bterraform\b|\bTerra Form\b/,
    HashiCorp: /\bHashicorp\b|\bhashicorp\b/,
    OAuth: /\b(?:Oauth|oauth|oAuth|OAUTH)2?\b|\bOAuth2\b/,
    "OpenID Connect": /\bOpenId\b|\bOpenid\b|\bOpen ID\b|\bOidc\b/,
    SCIM: /\bScim\b|\bscim\b/,
    YAML: /\bYaml\b|\byaml\b/,
    JSON: /\bJson\b|\bjson\b/,
    macOS: /\bMacOS\b|\bMac OS\b|\bOSX\b|\bmacos\b/,
    Linux: /\blinux\b/,
    Windows: /\bwindows\b/,
    Kubernetes: /\bkubernetes\b|\bK8s\b/,
    Python: /\bpython\b/,
    README: /\bReadme\b|\breadme\b|\bReadMe\b/,
};

/** A page as prose, for trying the table out. */
const prose = (markdown: string) => proseOf(readDocument(markdown).tokens);

function wrongNames(paragraphs: readonly string[]): string[] {
    return paragraphs.flatMap((paragraph) =>
        Object.entries(names).flatMap(([right, wrong]) => {
            const found = wrong.exec(paragraph)?.[0];
            // The right form as well: the patterns that don't mind case find that, too.
            return found === undefined || found === right ? [] : [`${found}: ${right}`];
        }),
    );
}

test("names are spelled as their owners spell them", () => {
    const pages = readPages();
    expect(pages.length).toBeGreaterThan(10);
    const found = pages.flatMap(({ source, tokens }) => wrongNames(proseOf(tokens)).map((one) => `${source}: ${one}`));
    expect(found).toEqual([]);
});

test("each name of the table is right by the table", () => {
    expect(Object.keys(names).flatMap((name) => wrongNames([`With ${name}, as it is.`]))).toEqual([]);
});

test.each([
    ["A Typescript program on Github.", ["Typescript: TypeScript", "Github: GitHub"]],
    ["- In a list: Powershell.", ["Powershell: PowerShell"]],
    ["| head |\n| --- |\n| Open Tofu |", ["Open Tofu: OpenTofu"]],
    ["## A heading with Azure AD", ["Azure AD: Microsoft Entra"]],
    ["[nodejs](https://nodejs.org) in a link's words, **Oauth2** in strong ones", ["nodejs: Node.js", "Oauth2: OAuth"]],
    ["Azure Devops and pulumi", ["Azure Devops: Azure DevOps", "pulumi: Pulumi"]],
])("a wrong one is found: %s", (text, found) => {
    expect(wrongNames(prose(text))).toEqual(found);
});

test.each([
    "`typescript` as code, and <https://github.com/pulumi-entrasync>",
    "```sh\nnpm install typescript\n```",
    'What others call "Azure AD".',
    "> Azure AD is what the portal said.",
    "pulumi-entrasync, entrasync and azuread are names of packages.",
])("others' words and code are no prose: %s", (text) => {
    expect(wrongNames(prose(text))).toEqual([]);
});
