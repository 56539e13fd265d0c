import { evaluate } from "./expressions.mts";
import type { Event, Job, Settings, Step, System } from "./job.mts";
import type { Machine } from "./machine.mts";
import { knowOnly, list, type Mapping, mapping, parseYaml, text, texts } from "./yaml.mts";

/** https://docs.gitlab.com/ci/yaml/ */
export const gitLab: System = {
    name: "GitLab",
    file: "gitlab/.gitlab-ci.yml",
    page: "gitlab",
    signsInBy: "OIDC token",
    jobsFor,
};

const project = "acme/infrastructure";

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/ has both. */
export const gitLabIssuer = "https://gitlab.com";
export const gitLabSubject = (branch: string) => `project_path:${project}:ref_type:branch:ref:${branch}`;

function jobsFor(file: string, event: Event, settings: Settings): readonly Job[] {
    const { default: defaults, ...jobs } = mapping(parseYaml(file), "the pipeline");
    const common = mapping(defaults, "default");
    knowOnly(common, ["image", "before_script"], "default");
    if (!text(common.image, "image").startsWith("pulumi/pulumi-nodejs:")) {
        throw new Error("another image, which brings nobody knows what");
    }
    // The pipeline of a fork's merge request runs in the fork, which has none of the project's variables.
    const variables = {
        ...predefined(event),
        ...(event.kind === "change" && event.from === "fork" ? {} : { ...settings.variables, ...settings.secrets }),
    };
    return Object.entries(jobs)
        .map(([name, job]) => ({ name, job: mapping(job, name) }))
        .filter(({ name, job }) => isAsked(list(job.rules, `${name}.rules`), variables))
        .map(({ name, job }) => readJob(name, job, list(common.before_script, "before_script"), variables, event));
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function predefined(event: Event): Readonly<Record<string, string>> {
    return {
        GITLAB_CI: "true",
        CI_DEFAULT_BRANCH: "main",
        CI_PROJECT_PATH: project,
        CI_PIPELINE_ID: "4242",
        ...(event.kind === "push"
            ? { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: event.branch }
            : { CI_PIPELINE_SOURCE: "merge_request_event", CI_MERGE_REQUEST_IID: "7" }),
    };
}

function isAsked(rules: readonly unknown[], variables: Readonly<Record<string, string>>): boolean {
    return rules.some((given) => {
        const rule = texts(given, "a rule");
        knowOnly(rule, ["if"], "a rule");
        const lookUp = (name: string) => variables[name.slice(1)] ?? "";
        return evaluate(text(rule.if, "if"), { lookUp }) === true;
    });
}

function readJob(
    name: string,
    job: Mapping,
    before: readonly unknown[],
    variables: Readonly<Record<string, string>>,
    event: Event,
): Job {
    knowOnly(
        job,
        ["rules", "timeout", "environment", "resource_group", "interruptible", "id_tokens", "variables", "script"],
        name,
    );
    if (job.resource_group !== undefined && job.interruptible !== false) {
        throw new Error("a run may be cut off");
    }
    const tokens = Object.entries(mapping(job.id_tokens ?? {}, "id_tokens")).map(([variable, token]) => ({
        variable,
        audience: text(mapping(token, variable).aud, `${variable}.aud`),
    }));
    const minutes = Number(/^(\d+) minutes$/.exec(text(job.timeout, "timeout"))?.[1]);
    const prepare: Step = {
        name: "the runner",
        async run(machine) {
            // The image brings both.
            machine.bringNode();
            machine.bringPulumi();
            Object.assign(machine.environment, variables, texts(job.variables, "variables"));
            for (const { variable, audience } of tokens) {
                machine.environment[variable] = await issue(machine, audience, event, minutes * 60);
            }
        },
    };
    const lines = [...before, ...list(job.script, `${name}.script`)].map((line) => text(line, name));
    const script: Step = {
        name: `${name}.script`,
        // Both parts run in one shell, which ends at the first command that fails.
        run: (machine) =>
            machine.shell(`${name}.script`, `set -eo pipefail\n${lines.join("\n")}\n`, ["bash"], {
                CI_PROJECT_DIR: machine.folder,
            }),
    };
    return {
        name,
        ...(job.environment === undefined ? {} : { environment: text(job.environment, "environment") }),
        ...(job.resource_group === undefined ? {} : { exclusive: text(job.resource_group, "resource_group") }),
        audiences: tokens.map(({ audience }) => audience),
        steps: [prepare, script],
    };
}

/** Good for as long as the job may take, as documented. */
function issue({ emulator }: Machine, audience: string, event: Event, expiresInSeconds: number): Promise<string> {
    const subject = gitLabSubject(event.kind === "push" ? event.branch : "feature");
    return emulator.issueIdentityToken({ issuer: gitLabIssuer, subject, audience, expiresInSeconds });
}
