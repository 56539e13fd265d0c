import { coloured } from "../commandLine/colour.js";
import { defineCommand } from "../commandLine/command.js";
import { Mistake } from "../commandLine/mistake.js";
import { type ReportLine, reportText } from "../commandLine/report.js";
import { ConfigurationError } from "../core/errors.js";
import { parseResourceId, parseTarget, type Target } from "../core/target.js";
import { createSettingsReader } from "../identity/configuration.js";
import { type Diagnosis, diagnose } from "./diagnosis.js";
import { type ReadConfiguration, readStackConfiguration } from "./stackConfiguration.js";

/** `pulumi-entrasync doctor`: takes every step of an acquisition but the last. */
export const doctorCommand = defineCommand({
    name: "doctor",
    summary: "says how an acquisition would sign in, and whether it would be allowed",
    description: [
        "Says how an acquisition would sign in and why, in which cloud, with which permissions, and what is missing. " +
            "Makes none. Shows no secret.",
    ],
    options: {
        stack: {
            type: "string",
            value: "S",
            meaning: "with the configuration of this stack (default: the selected one, where there is one)",
        },
        target: {
            type: "string",
            value: "ID",
            meaning:
                "also look whether this target can be read: `/servicePrincipals/<uuid>`, which `<uuid>` alone means too, or `/applications/<uuid>`",
        },
        json: { type: "boolean", default: false, meaning: "print JSON" },
    },
    exitCodes: [
        ["0", "an acquisition would be allowed"],
        ["1", "it would not, and the report says why"],
    ],
    settings: ({ stack, target, json }): Settings => ({
        stack,
        target: target === undefined ? undefined : readTarget(target),
        json,
    }),
    run,
});

interface Settings {
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
    const lines: ReportLine[] = [
        ["configuration", stack === undefined ? "environment" : `stack ${stack}, then environment`],
    ];
    if (unread !== undefined) {
        lines.push(["warning", unread, "doubtful"]);
    }
    if (signIn !== undefined) {
        // The Azure CLI is what is left, whatever its own settings say.
        const last = signIn.method === "azureCli" ? ["nothing that comes before it is complete"] : [];
        lines.push(["sign-in", `as ${signIn.as}`]);
        lines.push(["because of", [...last, ...signIn.because].join(", ")]);
        lines.push(...signIn.warnings.map((warning) => ["warning", warning, "doubtful"] as const));
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
        const { granted, because } = permission;
        lines.push(granted ? ["allowed", because, "good"] : ["missing", because, "bad"]);
    }
    if (target !== undefined) {
        const looks = target.readable ? "good" : allowed ? "doubtful" : "bad";
        lines.push(["target", `${target.id}: ${target.because}`, looks]);
    }
    if (problem !== undefined) {
        lines.push(["problem", `${problem.message} (${problem.code})`, "bad"]);
    }
    const verdict = allowed
        ? coloured("good", "An acquisition would be allowed.", process.stdout)
        : coloured("bad", "An acquisition would not be allowed.", process.stdout);
    return `${reportText(lines, process.stdout)}\n${verdict}\n`;
}

/**
 * As the arguments take them, so that a pipeline can pass on what its stack has: a uuid alone is the `servicePrincipalId`
 * that most programs declare. The resource's own id, as state has it, does too.
 */
function readTarget(text: string): Target {
    const resource = parseResourceId(text);
    if (resource !== undefined) {
        return resource;
    }
    const target = parseTarget(text.startsWith("/applications/") ? "applications" : "servicePrincipals", text);
    if ("problem" in target) {
        throw new Mistake(
            `--target ${JSON.stringify(text)}: give /servicePrincipals/<uuid> or /applications/<uuid>; <uuid> alone is a service principal's.`,
        );
    }
    return target;
}
