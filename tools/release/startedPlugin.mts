import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import grpc from "@grpc/grpc-js";
import providergrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { pluginName } from "../plugin/contents.mts";

const startTimeoutMs = 120_000;

/** Starts the plugin that lies in a folder, as an engine does, and gives the versions that it and its schema say. */
export async function askPlugin(
    folder: string,
    node = process.execPath,
): Promise<{ readonly plugin: string; readonly schema: string }> {
    const child = spawn(node, [join(folder, pluginName)], {
        cwd: folder,
        // Nothing of this machine's settings, and of the repository's packages.
        env: { PATH: dirname(node), HOME: folder, PULUMI_HOME: join(folder, ".pulumi") },
        stdio: ["ignore", "pipe", "pipe"],
    });
    let client: providergrpc.ResourceProviderClient | undefined;
    try {
        const port = await new Promise<string>((resolve, reject) => {
            let stdout = "";
            let stderr = "";
            const timer = setTimeout(() => reject(new Error(`it names no port: ${stderr}`)), startTimeoutMs);
            // Where the plugin has ended there is nothing to wait for.
            timer.unref();
            child.on("error", reject).on("close", (code) => reject(new Error(`it ended with ${code}: ${stderr}`)));
            child.stderr.setEncoding("utf8").on("data", (text: string) => {
                stderr += text;
            });
            child.stdout.setEncoding("utf8").on("data", (text: string) => {
                stdout += text;
                if (!stdout.includes("\n")) return;
                clearTimeout(timer);
                resolve(stdout.slice(0, stdout.indexOf("\n")));
            });
        });
        const ready = new providergrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
        client = ready;
        const info = await answer<{ getVersion(): string }>((take) => ready.getPluginInfo(new empty.Empty(), take));
        const schema = await answer<{ getSchema(): string }>((take) =>
            ready.getSchema(new provider.GetSchemaRequest(), take),
        );
        return {
            plugin: info.getVersion(),
            schema: String((JSON.parse(schema.getSchema()) as { readonly version?: string }).version),
        };
    } finally {
        client?.close();
        child.kill();
    }
}

function answer<Answer>(ask: (take: (error: Error | null, answer?: Answer) => void) => void): Promise<Answer> {
    return new Promise((resolve, reject) =>
        ask((error, answer) => (answer === undefined ? reject(error ?? new Error("no answer")) : resolve(answer))),
    );
}
