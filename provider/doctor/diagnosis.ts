import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../core/clock.js";
import { startDeadline } from "../core/deadline.js";
import { AuthenticationError, EntrasyncError, PermissionDeniedError } from "../core/errors.js";
import { describeTarget, type Target } from "../core/target.js";
import { readAccessToken, type TokenClaims } from "../graph/accessToken.js";
import { askOverHttp, fetchMetadata } from "../graph/ask.js";
import { createGraph } from "../graph/client.js";
import { cloudOf, type Endpoints, resolveEndpoints } from "../graph/clouds.js";
import { judgePermission, type Permission } from "../graph/permission.js";
import { createTransport, type TokenSource } from "../graph/transport.js";
import { type Choice, chooseMethod } from "../identity/choice.js";
import { readCloudConfiguration, type SettingsReader } from "../identity/configuration.js";
import { describeMethod, type MethodKind } from "../identity/methods.js";
import { createTokenSource } from "../identity/tokens.js";

/** What `doctor` found out, step by step; a step that could not be taken is missing, and `problem` says why. No secret. */
export interface Diagnosis {
    /** Whether an acquisition would be allowed, as far as can be told without making one. */
    readonly allowed: boolean;
    readonly signIn?: SignIn;
    readonly cloud?: { readonly name: string; readonly graph: string; readonly authority: string };
    readonly token?: TokenClaims;
    readonly permission?: Permission;
    readonly target?: TargetSight;
    readonly problem?: { readonly code: string; readonly message: string };
}

/** What became of looking at the target. */
export interface TargetSight {
    readonly id: string;
    readonly readable: boolean;
    /** Absent where it may not be read: nobody can tell then. */
    readonly exists?: boolean;
    readonly because: string;
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
        const token = await inTime(
            // As the pipeline asks: a token without continuous access evaluation would be another one.
            tokens.getToken(endpoints.scope, { enableCae: true }),
            endpoints.authority,
        );
        const claims = readAccessToken(token?.token ?? "");
        if (claims !== undefined) {
            findings.token = claims;
        }
        const permission = claims === undefined ? unreadable : judgePermission(claims);
        findings.permission = permission;
        const sight = target === undefined ? undefined : await look(target, endpoints, tokens);
        if (sight !== undefined) {
            findings.target = sight;
        }
        // To acquire is one permission and to read another: Graph's refusal of the one says nothing of the other.
        findings.allowed = permission.granted && sight?.exists !== false;
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

const stepTimeoutMs = 60_000;

/** The sign-in library may wait for minutes on a host that does not answer, and listens to no signal meanwhile. */
async function inTime<Result>(signIn: Promise<Result>, authority: string): Promise<Result> {
    const timer = new AbortController();
    const late = sleep(stepTimeoutMs, undefined, { signal: timer.signal, ref: false }).then(() => {
        throw new AuthenticationError(
            `no token came within ${stepTimeoutMs / 1000} s: check that ${authority} can be reached (network, HTTPS_PROXY)`,
        );
    });
    try {
        return await Promise.race([signIn, late]);
    } finally {
        late.catch(() => undefined);
        timer.abort();
    }
}

async function look(target: Target, endpoints: Endpoints, tokens: TokenSource): Promise<TargetSight> {
    const id = describeTarget(target);
    const transport = await createTransport(tokens, endpoints.scope);
    const sentCodes = { begin: () => Promise.reject(new Error("doctor acquires nothing")) };
    const graph = createGraph({ endpoints, transport, inform: () => undefined, sentCodes });
    const deadline = startDeadline(stepTimeoutMs, systemClock);
    try {
        return (await graph.targetExists({ target, deadline }))
            ? { id, readable: true, exists: true, because: "it is there" }
            : { id, readable: false, exists: false, because: "it is not there: check the object id and the tenant" };
    } catch (error) {
        if (!(error instanceof PermissionDeniedError)) {
            throw error;
        }
        const because =
            `Graph answered ${error.status}: reading it takes Application.Read.All or Application.ReadWrite.OwnedBy. ` +
            "Without either nothing can be said of the target, and pulumi refresh can't look at it";
        return { id, readable: false, because };
    } finally {
        deadline.stop();
    }
}
