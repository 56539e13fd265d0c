import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { connect } from "node:tls";
import { expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../provider/emulator/index.ts";
import { Client } from "./client.ts";

async function withEmulator(use: (emulator: Emulator) => Promise<void>): Promise<void> {
    const emulator = await startEmulator();
    try {
        await use(emulator);
    } finally {
        await emulator.close();
    }
}

it("refuses to listen on anything but the loopback, and says why", async () => {
    for (const host of ["0.0.0.0", "::", "::1", "192.0.2.1", ""]) {
        await expect(startEmulator({ host })).rejects.toMatchObject({
            name: "EmulatorStartError",
            code: "NotLoopback",
            message: expect.stringContaining("127.0.0.1 only"),
        });
    }
});

it("says that a port is in use, and what to do", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startEmulator({ port })).rejects.toMatchObject({
        code: "PortInUse",
        message: `Port ${port} is in use. Name another one, or 0 (the default) for any free port.`,
    });
    await new Promise((resolve) => other.close(resolve));
});

it("refuses ports and options that make no sense", async () => {
    await expect(startEmulator({ port: 70_000 })).rejects.toMatchObject({ code: "InvalidPort" });
    await expect(startEmulator({ port: 1.5 })).rejects.toMatchObject({ code: "InvalidPort" });
    await expect(startEmulator({ tokenLifetimeSeconds: 0 })).rejects.toMatchObject({ code: "InvalidOption" });
    await expect(startEmulator({ latencyMs: Number.NaN })).rejects.toMatchObject({ code: "InvalidOption" });
    await expect(startEmulator({ clientSecret: "" })).rejects.toMatchObject({ code: "InvalidOption" });
});

it("has ids, a secret and an authority of its own at each start", async () => {
    await withEmulator((first) =>
        withEmulator(async (second) => {
            for (const name of [
                "url",
                "tenantId",
                "clientId",
                "clientSecret",
                "caCertificate",
                "caCertificatePath",
            ] as const) {
                expect(first[name]).not.toBe(second[name]);
            }
        }),
    );
});

it("is trusted by its authority for localhost and 127.0.0.1, and by nobody else", async () => {
    await withEmulator(async (emulator) => {
        const port = Number(new URL(emulator.url).port);
        const authorized = (servername: string, ca?: string) =>
            new Promise((resolve) => {
                const host = "127.0.0.1";
                const trust = ca === undefined ? {} : { ca };
                const options =
                    servername === "127.0.0.1" ? { host, port, ...trust } : { host, port, servername, ...trust };
                const socket = connect(options, () => {
                    resolve(socket.authorized);
                    socket.destroy();
                });
                socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
            });
        expect(await authorized("localhost", emulator.caCertificate)).toBe(true);
        expect(await authorized("127.0.0.1", emulator.caCertificate)).toBe(true);
        expect(await authorized("graph.microsoft.com", emulator.caCertificate)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
        expect(await authorized("localhost")).not.toBe(true);
        expect(new X509Certificate(emulator.caCertificate).ca).toBe(true);
    });
});

it("leaves its authority in a private file, and says what to export, until it is closed", async () => {
    const emulator = await startEmulator();
    const { environment, caCertificatePath } = emulator;
    expect(readFileSync(caCertificatePath, "utf8")).toBe(emulator.caCertificate);
    expect(statSync(caCertificatePath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(caCertificatePath)).mode & 0o777).toBe(0o700);
    expect(environment).toEqual({
        ARM_METADATA_HOSTNAME: emulator.host,
        ARM_TENANT_ID: emulator.tenantId,
        ARM_CLIENT_ID: emulator.clientId,
        ARM_CLIENT_SECRET: emulator.clientSecret,
        ARM_USE_CLI: "false",
        NODE_EXTRA_CA_CERTS: caCertificatePath,
        SSL_CERT_FILE: caCertificatePath,
    });
    await Promise.all([emulator.close(), emulator.close()]);
    expect(existsSync(dirname(caCertificatePath))).toBe(false);
});

it("closes although requests hang and are delayed", async () => {
    const emulator = await startEmulator();
    const client = new Client(emulator);
    await client.token();
    emulator.faults.add({ effect: { kind: "hang", when: "before" } });
    emulator.faults.add({ effect: { kind: "delay", ms: 60_000 } });
    const waiting = [client.graph("GET", "/v1.0/applications"), client.graph("GET", "/v1.0/applications")];
    const settled = Promise.allSettled(waiting);
    await expect.poll(() => emulator.counts().graphRequests).toBe(2);
    await emulator.close();
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    client.close();
});
