/* YAML programs with the real engine and the real host. Where the host comes from: yamlHost.test.mts. */
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { ensureEngine } from "../../tools/engine/engine.mts";
import { ensureYamlHost, type YamlHost } from "../../tools/engine/yamlHost.mts";
import { Project } from "./project.mts";

let host: YamlHost;

beforeAll(async () => {
    const onProgress = (line: string) => console.error(`engine: ${line}`);
    host = await ensureYamlHost(await ensureEngine({ onProgress }), { onProgress });
}, 1_200_000);

const program = `
name: program
runtime: yaml
config:
  greeting: { type: string, default: hello }
  token: { type: string, secret: true }
variables:
  words:
    fn::split: ["-", "a-b"]
outputs:
  greeting: "\${greeting} from \${pulumi.stack}"
  first: \${words[0]}
  token: \${token}
`;

test("a program without resources: preview, up, outputs, destroy", async () => {
    const project = new Project({ "Pulumi.yaml": program });
    await project.does("stack", "init", "dev");
    await project.does("config", "set", "--secret", "token", "sesame");
    expect(await project.does("preview")).toContain("hello from dev");
    expect(await project.does("up", "--yes", "--skip-preview")).not.toMatch(/warning|sesame/);
    expect(JSON.parse(await project.does("stack", "output", "--json", "--show-secrets"))).toEqual({
        greeting: "hello from dev",
        first: "a",
        token: "sesame",
    });
    expect(await project.does("destroy", "--yes", "--skip-preview")).toContain("1 deleted");
});

test("a mistake in the program is reported by its line", async () => {
    const project = new Project({ "Pulumi.yaml": `name: program\nruntime: yaml\noutputs:\n  a: \${absent}\n` });
    await project.does("stack", "init", "dev");
    const { code, stdout } = await project.pulumi("preview");
    expect(code).not.toBe(0);
    expect(stdout).toContain(`resource or variable named "absent" could not be found`);
    expect(stdout).toContain("on Pulumi.yaml line 4");
});

test("the Automation API runs one by the host's environment", async () => {
    const project = new Project({ "Pulumi.yaml": program });
    for (const [name, value] of Object.entries(host.environment)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const stack = await LocalWorkspace.createStack(
        { stackName: "local", workDir: project.folder },
        { pulumiCommand: await PulumiCommand.get(), envVars: { ...host.environment, ...project.settings } },
    );
    await stack.setConfig("token", { value: "sesame", secret: true });
    expect((await stack.up()).outputs.greeting?.value).toBe("hello from local");
    await stack.destroy();
});
