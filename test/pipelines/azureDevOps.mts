import { evaluate } from "./expressions.mts";
import { azureCliEnvironment, imitate } from "./imitations.mts";
import type { Event, Job, Settings, Step, System } from "./job.mts";
import type { Machine } from "./machine.mts";
import { knowOnly, list, type Mapping, mapping, parseYaml, text, texts } from "./yaml.mts";

/** https://learn.microsoft.com/azure/devops/pipelines/yaml-schema */
export const azureDevOps: System = {
    name: "Azure DevOps",
    file: "azure-devops/azure-pipelines.yml",
    page: "azure-devops",
    signsInBy: "Azure DevOps OIDC",
    jobsFor,
};

/** The one service connection that the project has. */
const connection = "entra";

function jobsFor(file: string, event: Event, settings: Settings): readonly Job[] {
    const pipeline = mapping(parseYaml(file), "the pipeline");
    knowOnly(pipeline, ["trigger", "pr", "variables", "pool", "stages"], "the pipeline");
    const trigger = mapping(
        mapping(event.kind === "push" ? pipeline.trigger : pipeline.pr, "trigger").branches,
        "branches",
    );
    if (!list(trigger.include, "include").includes(event.kind === "push" ? event.branch : "main")) {
        return [];
    }
    const groups = list(pipeline.variables, "variables").map((one) => texts(one, "variables").group);
    if (groups.join() !== "entrasync") {
        throw new Error(`the variable group is another: ${groups.join()}`);
    }
    return list(pipeline.stages, "stages").flatMap((given) => {
        const stage = mapping(given, "a stage");
        knowOnly(stage, ["stage", "condition", "dependsOn", "lockBehavior", "jobs"], "a stage");
        const isAsked = evaluate(text(stage.condition, "condition"), meaningOf(event));
        return isAsked === true
            ? list(stage.jobs, "jobs").map((job) => readJob(mapping(job, "a job"), stage, event, settings))
            : [];
    });
}

/** @see https://learn.microsoft.com/azure/devops/pipelines/build/variables */
function buildVariables(event: Event): Readonly<Record<string, string>> {
    return event.kind === "push"
        ? { "Build.Reason": "IndividualCI", "Build.SourceBranch": `refs/heads/${event.branch}` }
        : { "Build.Reason": "PullRequest", "Build.SourceBranch": "refs/pull/7/merge" };
}

function meaningOf(event: Event) {
    const variables = buildVariables(event);
    return {
        lookUp: (name: string) => variables[name.replace(/^variables\./, "")] ?? "",
        functions: {
            eq: (one: unknown, other: unknown) => one === other,
            ne: (one: unknown, other: unknown) => one !== other,
            and: (...given: unknown[]) => given.every((one) => one === true),
        },
    };
}

function readJob(job: Mapping, stage: Mapping, event: Event, settings: Settings): Job {
    const isDeployment = job.deployment !== undefined;
    knowOnly(
        job,
        isDeployment
            ? ["deployment", "timeoutInMinutes", "environment", "strategy"]
            : ["job", "timeoutInMinutes", "steps"],
        "a job",
    );
    const name = text(job.deployment ?? job.job, "a job's name");
    const deploy = isDeployment
        ? mapping(mapping(mapping(job.strategy, "strategy").runOnce, "runOnce").deploy, "deploy")
        : job;
    const given = list(deploy.steps, `${name}.steps`).map((step) => mapping(step, `${name}.steps`));
    if (isDeployment && given[0]?.checkout !== "self") {
        throw new Error("a deployment job has no repository without checkout: self");
    }
    const secrets = event.kind === "change" && event.from === "fork" ? {} : settings.secrets;
    // Azure DevOps issues none for a connection that no task of the stage names: dotnet/docker-tools#2012.
    const namesConnection = given.some((step) => texts(step.inputs, "inputs").azureSubscription === connection);
    const prepare: Step = {
        name: "the agent",
        async run(machine) {
            // The image brings it: https://github.com/actions/runner-images/blob/main/images/ubuntu/Ubuntu2404-Readme.md
            machine.bringPulumi();
            Object.assign(machine.environment, agentEnvironment(machine, event), settings.variables);
        },
    };
    return {
        name,
        ...(job.environment === undefined ? {} : { environment: text(job.environment, "environment") }),
        ...(stage.lockBehavior === "sequential" ? { exclusive: text(job.environment, "environment") } : {}),
        audiences: namesConnection ? ["*"] : [],
        steps: [prepare, ...given.map((step, index) => readStep(step, `${name}.steps[${index}]`, settings, secrets))],
    };
}

function readStep(step: Mapping, where: string, settings: Settings, secrets: Settings["secrets"]): Step {
    knowOnly(step, ["checkout", "task", "inputs", "bash", "displayName", "env"], where);
    const fill = (value: string, { emulator }: Machine) => {
        const known: Readonly<Record<string, string>> = {
            ...settings.variables,
            ...secrets,
            "System.AccessToken": emulator.oidc.azureDevOps.requestToken,
        };
        // Documented: what is not set stays as it is written.
        return value.replaceAll(/\$\(([^()]+)\)/g, (whole, name: string) => known[name] ?? whole);
    };
    const environment = (machine: Machine) =>
        Object.fromEntries(
            Object.entries(texts(step.env, `${where}.env`)).map(([name, value]) => [name, fill(value, machine)]),
        );
    // Documented: bash without a profile, and without `set -e`.
    const bash = ["bash", "--noprofile", "--norc"];
    if (step.bash !== undefined) {
        const script = text(step.bash, where);
        return {
            name: where,
            run: (machine) => machine.shell(where, fill(script, machine), bash, environment(machine)),
        };
    }
    const inputs = texts(step.inputs, `${where}.inputs`);
    if (step.task === "AzureCLI@2") {
        const known = ["azureSubscription", "allowNoSubscriptions", "scriptType", "scriptLocation", "inlineScript"];
        knowOnly(inputs, known, where);
        if (inputs.azureSubscription !== connection || inputs.scriptType !== "bash") {
            throw new Error(`${where}: another connection, or no bash`);
        }
        return {
            name: "AzureCLI@2",
            run: (machine) =>
                machine.shell(where, fill(inputs.inlineScript ?? "", machine), bash, {
                    ...environment(machine),
                    ...azureCliEnvironment(machine),
                }),
        };
    }
    const uses = step.checkout === "self" ? "checkout" : text(step.task, where);
    return { name: uses, run: (machine) => imitate(uses, inputs, machine, settings, false) };
}

/** Of what an agent sets, what says where it is and lets a step ask for an identity token. */
function agentEnvironment({ emulator, folder }: Machine, event: Event): Readonly<Record<string, string>> {
    const variables = Object.entries(buildVariables(event)).map(([name, value]) => [
        name.toUpperCase().replaceAll(".", "_"),
        value,
    ]);
    return {
        TF_BUILD: "True",
        BUILD_BUILDID: "42",
        ...Object.fromEntries(variables),
        SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
        SYSTEM_OIDCREQUESTURI: emulator.oidc.azureDevOps.requestUrl,
    };
}
