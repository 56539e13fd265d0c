import { parseArgs } from "node:util";
import { ConfigurationError } from "../core/errors.js";
import { parseTarget, type Target, type TargetKind } from "../core/target.js";
import { createSettingsReader } from "../identity/configuration.js";
import { type Diagnosis, diagnose } from "./diagnosis.js";
import { type ReadConfiguration, readStackConfiguration } from "./stackConfiguration.js";

const help = `Usage: pulumi-entrasync doctor [options]

Says how an acquisition would sign in and why, in which cloud, with which permissions, and what is missing. Makes none.
Exit code 0 only if an acquisition would be allowed; 1 if not; 2 for arguments that make no sense. Shows no secret.

  --stack S    with the configuration of this stack (default: the selected one, where there is one)
  --target ID  also look whether this target can be read: /servicePrincipals/<uuid> or /applications/<uuid>
  --json       print JSON
  --help       print this
`;

/**
 * `pulumi-entrasync doctor`: takes every step of an acquisition but the last.
 *
 * @param args what follows the command's name.
 */
export async function runDoctorCommand(args: string[]): Promise<number> {
    const parsed = parse(args);
    switch (parsed.kind) {
        case "help":
            process.stdout.write(help);
            return 0;
        case "mistake":
            process.stderr.write(`pulumi-entrasync doctor: ${parsed.message}\nTry --help.\n`);
            return 2;
        case "run":
            return run(parsed);
    }
}

interface Settings {
    readonly kind: "run";
    readonly stack: string | undefined;
    readonly target: Target | undefined;
    readonly json: boolean;
}

async function run({ stack, target, json }: Settings): Promise<number> {
    let diagnosis: Diagnosis;
    let source: Omit<ReadConfiguration, "configuration"> = {};
    try {
        const { configuration, ...read } = await readStackConfiguration(stack, process.cwd());
        source = read;
        diagnosis = await diagnose(createSettingsReader(configuration, process.env), target);
    } catch (error) {
        if (!(error instanceof ConfigurationError)) {
            throw error;
        }
        diagnosis = { allowed: false, problem: { code: error.code, message: error.message } };
    }
    process.stdout.write(
        json ? `${JSON.stringify({ ...source, ...diagnosis }, undefined, 2)}\n` : report(diagnosis, source),
    );
    return diagnosis.allowed ? 0 : 1;
}

function report(
    { allowed, signIn, cloud, token, permission, target, problem }: Diagnosis,
    { stack, unread }: Omit<ReadConfiguration, "configuration">,
): string {
    const lines: [string, string][] = [
        ["configuration", stack === undefined ? "environment" : `stack ${stack}, then environment`],
    ];
    if (unread !== undefined) {
        lines.push(["warning", unread]);
    }
    if (signIn !== undefined) {
        // The Azure CLI is what is left, whatever its own settings say.
        const last = signIn.method === "azureCli" ? ["nothing that comes before it is complete"] : [];
        lines.push(["sign-in", `as ${signIn.as}`]);
        lines.push(["because of", [...last, ...signIn.because].join(", ")]);
        lines.push(...signIn.warnings.map((warning): [string, string] => ["warning", warning]));
    }
    if (cloud !== undefined) {
        lines.push(["cloud", `${cloud.name}: Graph at ${cloud.graph}, sign-in at ${cloud.authority}`]);
    }
    if (token !== undefined) {
        const { tenantId, clientId, user, roles, scopes, expiresAt } = token;
        lines.push([
            "token",
            `tenant ${tenantId ?? "unknown"}, application ${clientId ?? "unknown"}${user === undefined ? "" : `, user ${user}`}, until ${expiresAt ?? "unknown"}`,
        ]);
        lines.push(["permissions", (scopes ?? roles).join(", ") || "none"]);
    }
    if (permission !== undefined) {
        lines.push([permission.granted ? "allowed" : "missing", permission.because]);
    }
    if (target !== undefined) {
        lines.push(["target", `${target.id}: ${target.because}`]);
    }
    if (problem !== undefined) {
        lines.push(["problem", `${problem.message} (${problem.code})`]);
    }
    const verdict = allowed ? "An acquisition would be allowed." : "An acquisition would not be allowed.";
    return `${lines.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join("")}\n${verdict}\n`;
}

function parse(
    args: string[],
): Settings | { readonly kind: "help" } | { readonly kind: "mistake"; readonly message: string } {
    try {
        const { values } = parseArgs({
            args,
            options: {
                stack: { type: "string" },
                target: { type: "string" },
                json: { type: "boolean", default: false },
                help: { type: "boolean", default: false },
            },
        });
        if (values.help) {
            return { kind: "help" };
        }
        const target = values.target === undefined ? undefined : readTarget(values.target);
        if (typeof target === "string") {
            return { kind: "mistake", message: target };
        }
        return { kind: "run", stack: values.stack, target, json: values.json };
    } catch (error) {
        return { kind: "mistake", message: error instanceof Error ? error.message : String(error) };
    }
}

function readTarget(text: string): Target | string {
    const kind = /^\/(servicePrincipals|applications)\//.exec(text)?.[1];
    if (kind === undefined) {
        return `--target ${JSON.stringify(text)}: give /servicePrincipals/<uuid> or /applications/<uuid>`;
    }
    const target = parseTarget(kind as TargetKind, text);
    return "problem" in target ? `--target: ${target.problem}` : target;
}
