import { EntrasyncError } from "../core/errors.js";
import type { Target } from "../core/target.js";
import { createGraph } from "../graph/client.js";
import { cloudOf, type Endpoints, resolveEndpoints } from "../graph/clouds.js";
import { askOverHttp, createTransport, fetchMetadata, type TokenSource } from "../graph/transport.js";
import { type Choice, chooseMethod } from "../identity/choice.js";
import { readCloudConfiguration, type SettingsReader } from "../identity/configuration.js";
import { describeMethod, type MethodKind } from "../identity/methods.js";
import { createTokenSource } from "../identity/tokens.js";
import { readAccessToken, type TokenClaims } from "./accessToken.js";
import { judgePermission, type Permission } from "./permission.js";

/** What `doctor` found out, step by step; a step that could not be taken is missing, and `problem` says why. No secret. */
export interface Diagnosis {
    /** Whether an acquisition would be allowed, as far as can be told without making one. */
    readonly allowed: boolean;
    readonly signIn?: SignIn;
    readonly cloud?: { readonly name: string; readonly graph: string; readonly authority: string };
    readonly token?: TokenClaims;
    readonly permission?: Permission;
    readonly target?: { readonly id: string; readonly readable: boolean };
    readonly problem?: { readonly code: string; readonly message: string };
}

/** How it signs in, and why so. */
export interface SignIn {
    readonly method: MethodKind;
    readonly as: string;
    /** The settings that led there, by where they stand. */
    readonly because: readonly string[];
    /** What is configured and has no effect, or not the one that it looks like. */
    readonly warnings: readonly string[];
}

type Findings = { -readonly [Step in keyof Diagnosis]: Diagnosis[Step] };

/** Takes the steps of an acquisition up to the POST itself, in their order, and stops at the first that fails. */
export async function diagnose(reader: SettingsReader, target: Target | undefined): Promise<Diagnosis> {
    const findings: Findings = { allowed: false };
    try {
        const choice = chooseMethod(reader);
        findings.signIn = describeChoice(choice);
        const configuration = readCloudConfiguration(reader);
        const name = cloudOf(configuration);
        const endpoints = await resolveEndpoints(configuration, fetchMetadata);
        findings.cloud = { name, graph: endpoints.graph, authority: endpoints.authority };
        const tokens = await createTokenSource(choice.method, endpoints, askOverHttp);
        const token = await tokens.getToken(endpoints.scope);
        const claims = readAccessToken(token?.token ?? "");
        if (claims !== undefined) {
            findings.token = claims;
        }
        const permission = claims === undefined ? unreadable : judgePermission(claims);
        findings.permission = permission;
        const readable = target === undefined ? true : await isReadable(target, endpoints, tokens);
        if (target !== undefined) {
            findings.target = { id: `/${target.kind}/${target.objectId}`, readable };
        }
        findings.allowed = permission.granted && readable;
    } catch (error) {
        if (!(error instanceof EntrasyncError)) {
            throw error;
        }
        findings.problem = { code: error.code, message: error.message };
    }
    return findings;
}

const unreadable: Permission = {
    granted: false,
    because: "the token is not one whose claims can be read, so nothing can be said of its permissions",
};

function describeChoice({ method, because, warnings }: Choice): SignIn {
    return { method: method.kind, as: describeMethod(method), because, warnings };
}

const lookTimeoutMs = 60_000;

async function isReadable(target: Target, endpoints: Endpoints, tokens: TokenSource): Promise<boolean> {
    const transport = await createTransport(tokens, endpoints.scope);
    const graph = createGraph({ endpoints, transport, inform: () => undefined });
    return graph.targetExists({ target, timeoutMs: lookTimeoutMs });
}
