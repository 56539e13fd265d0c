import { evaluate } from "./expressions.mts";
import { imitate } from "./imitations.mts";
import type { Event, Job, Settings, Step, System } from "./job.mts";
import type { Machine } from "./machine.mts";
import { knowOnly, list, type Mapping, mapping, parseYaml, text, texts } from "./yaml.mts";

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax */
export const gitHub: System = {
    name: "GitHub Actions",
    file: "github-actions/.github/workflows/entrasync.yml",
    page: "github-actions",
    signsInBy: "GitHub Actions OIDC",
    jobsFor,
};

const repository = "octo-org/octo-repo";

function jobsFor(file: string, event: Event, settings: Settings): readonly Job[] {
    const workflow = mapping(parseYaml(file), "the workflow");
    knowOnly(workflow, ["name", "on", "permissions", "env", "jobs"], "the workflow");
    if (!isTriggered(mapping(workflow.on, "on"), event)) {
        return [];
    }
    const context = contextOf(event, settings);
    return Object.entries(mapping(workflow.jobs, "jobs"))
        .map(([name, job]) => ({ name, job: mapping(job, name) }))
        .filter(({ job }) => evaluate(text(job.if, "if"), context) === true)
        .map(({ name, job }) => readJob(name, job, workflow, event, settings));
}

function isTriggered(on: Mapping, event: Event): boolean {
    knowOnly(on, ["pull_request", "push"], "on");
    const branches = (trigger: unknown, where: string) => {
        const { branches: names, ...others } = mapping(trigger, where);
        knowOnly(others, [], where);
        return list(names, where);
    };
    return event.kind === "change"
        ? branches(on.pull_request, "pull_request").includes("main")
        : branches(on.push, "push").includes(event.branch);
}

/** @see https://docs.github.com/actions/reference/workflows-and-actions/contexts */
function contextOf(event: Event, { variables, secrets }: Settings) {
    const values: Readonly<Record<string, string>> = {
        "github.event_name": event.kind === "push" ? "push" : "pull_request",
        "github.repository": repository,
        ...(event.kind === "push"
            ? { "github.ref": `refs/heads/${event.branch}` }
            : {
                  "github.event.pull_request.head.repo.full_name":
                      event.from === "fork" ? "someone/octo-repo" : repository,
              }),
        ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`vars.${name}`, value])),
        // A fork's pull request gets none.
        ...(event.kind === "change" && event.from === "fork"
            ? {}
            : Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`secrets.${name}`, value]))),
    };
    return { lookUp: (name: string) => values[name] ?? "" };
}

function readJob(name: string, job: Mapping, workflow: Mapping, event: Event, settings: Settings): Job {
    knowOnly(
        job,
        ["if", "runs-on", "timeout-minutes", "environment", "concurrency", "permissions", "env", "steps"],
        name,
    );
    const context = contextOf(event, settings);
    const filled = (values: Readonly<Record<string, string>>) =>
        Object.fromEntries(
            Object.entries(values).map(([key, value]) => [
                key,
                value.replaceAll(/\$\{\{(.*?)\}\}/g, (_, inner: string) => String(evaluate(inner, context))),
            ]),
        );
    const permissions = texts(job.permissions ?? workflow.permissions, "permissions");
    const hasIdentity = permissions["id-token"] === "write";
    const environment = { ...filled(texts(workflow.env, "env")), ...filled(texts(job.env, `${name}.env`)) };
    const prepare: Step = {
        name: "the runner",
        async run(machine) {
            Object.assign(machine.environment, runnerEnvironment(machine, event, hasIdentity), environment);
        },
    };
    const steps = list(job.steps, `${name}.steps`).map((given, index): Step => {
        const where = `${name}.steps[${index}]`;
        const step = mapping(given, where);
        knowOnly(step, ["name", "uses", "with", "run", "env"], where);
        const ofStep = filled(texts(step.env, `${where}.env`));
        if (step.uses === undefined) {
            const script = filled({ run: text(step.run, where) }).run ?? "";
            // Documented: what a step without `shell` is run by.
            return { name: where, run: (machine) => machine.shell(where, script, ["bash", "-e"], ofStep) };
        }
        const uses = text(step.uses, where);
        const inputs = filled(texts(step.with, `${where}.with`));
        return {
            name: uses,
            async run(machine) {
                await imitate(uses, inputs, machine, settings, hasIdentity);
            },
        };
    });
    const concurrency = job.concurrency === undefined ? {} : mapping(job.concurrency, "concurrency");
    if (job.concurrency !== undefined && concurrency["cancel-in-progress"] !== false) {
        throw new Error("a run may be cut off");
    }
    return {
        name,
        ...(job.environment === undefined ? {} : { environment: text(job.environment, "environment") }),
        ...(job.concurrency === undefined ? {} : { exclusive: text(concurrency.group, "concurrency.group") }),
        audiences: hasIdentity ? ["*"] : [],
        steps: [prepare, ...steps],
    };
}

/** @see https://docs.github.com/actions/reference/workflows-and-actions/variables */
function runnerEnvironment(
    { emulator, folder }: Machine,
    event: Event,
    hasIdentity: boolean,
): Readonly<Record<string, string>> {
    return {
        GITHUB_ACTIONS: "true",
        GITHUB_EVENT_NAME: event.kind === "push" ? "push" : "pull_request",
        GITHUB_REF: event.kind === "push" ? `refs/heads/${event.branch}` : "refs/pull/7/merge",
        GITHUB_REPOSITORY: repository,
        GITHUB_RUN_ID: "1658821493",
        GITHUB_SHA: "ffac537e6cbbf934b08745a378932722df287a53",
        GITHUB_WORKFLOW: "entrasync",
        GITHUB_WORKSPACE: folder,
        RUNNER_OS: "Linux",
        ...(hasIdentity
            ? {
                  ACTIONS_ID_TOKEN_REQUEST_URL: emulator.oidc.github.requestUrl,
                  ACTIONS_ID_TOKEN_REQUEST_TOKEN: emulator.oidc.github.requestToken,
              }
            : {}),
    };
}
