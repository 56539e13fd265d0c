import { setTimeout as sleep } from "node:timers/promises";
import { check, create, diff, type Plan, type Properties, type Surroundings } from "../../provider/core/lifecycle.ts";
import { courseOf } from "../../provider/core/plan.ts";
import { table } from "../pages/table.mts";
import { code, paragraphs } from "./markdown.mts";

/* What a change does, as the lifecycle itself plans it: nothing here says it a second time. */

const [first, second] = ["0a1b2c3d-0001-4e5f-8a7b-8c9d0e1f2a3b", "0a1b2c3d-0002-4e5f-8a7b-8c9d0e1f2a3b"];
const credentials = { BaseAddress: "https://scim.acme.example/v2", SecretToken: "the first" };
const before: Properties = { servicePrincipalId: first, credentials };

/** An argument, a change of it in words, and the arguments after it; those before it, where they are others. */
interface Changed {
    readonly argument: string;
    readonly change: string;
    readonly after: Properties;
    readonly before?: Properties;
    /** Where the change is of the configuration. */
    readonly cloud?: string;
    readonly waitMs?: number;
}

const changes: readonly Changed[] = [
    { argument: "servicePrincipalId", change: "another target", after: { ...before, servicePrincipalId: second } },
    {
        argument: "servicePrincipalId",
        change: "the same target, written as azuread's id",
        after: { ...before, servicePrincipalId: `/servicePrincipals/${first}` },
    },
    {
        argument: "applicationId",
        change: "in place of a service principal",
        after: { applicationId: second, credentials },
    },
    {
        argument: "credentials",
        change: "another value",
        after: { ...before, credentials: { ...credentials, SecretToken: "the second" } },
    },
    {
        argument: "credentials",
        change: "a key more",
        after: { ...before, credentials: { ...credentials, SyncAll: "1" } },
    },
    {
        argument: "credentials",
        change: "a key less",
        after: { ...before, credentials: { SecretToken: credentials.SecretToken } },
    },
    {
        argument: "credentials",
        change: "another order, or a list in place of a map",
        after: {
            ...before,
            credentials: Object.entries(credentials)
                .map(([key, value]) => ({ key, value }))
                .reverse(),
        },
    },
    { argument: "triggers", change: "any", after: { ...before, triggers: { issued: "2026-11-01" } } },
    { argument: "maxAge", change: "any", after: { ...before, maxAge: "30d" } },
    {
        argument: "maxAge",
        change: "none, but the time has passed",
        before: { ...before, maxAge: "1ms" },
        after: { ...before, maxAge: "1ms" },
        waitMs: 5,
    },
    { argument: "validation", change: "set", after: { ...before, validation: { templateId: "scim" } } },
    {
        argument: "validation",
        change: "another one",
        before: { ...before, validation: { templateId: "scim" } },
        after: { ...before, validation: { jobId: "job" } },
    },
    {
        argument: "validation",
        change: "taken away",
        before: { ...before, validation: { templateId: "scim" } },
        after: before,
    },
    { argument: "timeouts", change: "any", after: { ...before, timeouts: { create: "10m" } } },
    { argument: "apiVersion", change: "any", after: { ...before, apiVersion: "beta" } },
    { argument: "allowUnknownKeys", change: "any", after: { ...before, allowUnknownKeys: true } },
    { argument: "drift", change: "any", after: { ...before, drift: { credentials: false } } },
    { argument: "", change: "another cloud in the configuration", after: before, cloud: "usgovernment" },
];

/** One row for each change: what the next `pulumi up` does about it. */
export async function changesReference(): Promise<string> {
    const rows = await Promise.all(
        changes.map(async (one) => [code(one.argument), one.change, words(await planOf(one), one)]),
    );
    return paragraphs(
        "### What a change does",
        "Each line is what the lifecycle plans for it, in the preview as in `pulumi up`.",
        table(["argument", "change", "the next `pulumi up`"], rows),
    );
}

interface Planned {
    readonly plan: Plan;
    readonly olds: Properties;
}

async function planOf({ before: given = before, after, cloud = "public", waitMs = 0 }: Changed): Promise<Planned> {
    const created = await create(inputsOf({}, given, "public"), surroundings("public"));
    const olds = { ...created.outputs };
    await sleep(waitMs);
    return { plan: diff(created.id, olds, inputsOf(olds, after, cloud), surroundings(cloud)), olds };
}

function inputsOf(olds: Properties, news: Properties, cloud: string): Properties {
    const { inputs, failures } = check(olds, news, surroundings(cloud));
    if (failures.length > 0) {
        throw new Error(failures.map(({ path, reason }) => `${path} ${reason}`).join("; "));
    }
    return inputs;
}

function words({ plan, olds }: Planned, { argument }: Changed): string {
    switch (plan.action) {
        case "none":
            return "sends nothing";
        case "replace":
            return "replaces the resource: acquires for the new target";
        case "update": {
            const course = courseOf(plan.changes, olds, false);
            if (course !== "acquire" && course !== "validate") {
                throw new Error(`A change of ${argument} ends with ${course}, which is about one-time codes.`);
            }
            return course === "acquire" ? "acquires again" : "validates, and acquires nothing";
        }
    }
}

/** A Graph that accepts everything, in this process: the plan is what counts. */
function surroundings(cloud: string): Surroundings {
    return {
        cloud: () => cloud,
        graph: async () => ({
            acquireAccessToken: async () => ({ requestId: "" }),
            targetExists: async () => true,
            secretKeys: async () => Object.keys(credentials),
            validateCredentials: async () => ({ valid: true }),
        }),
        randomBytes: (count) => new Uint8Array(count),
        inform: () => {},
        warn: () => {},
    };
}
