import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigurationError } from "../../provider/core/errors.ts";
import {
    createSettingsReader,
    describeSetting,
    readCloudConfiguration,
    readValueOrFile,
    settings,
} from "../../provider/identity/configuration.ts";
import { chooseMethod } from "../../provider/identity/methods.ts";

type Texts = Readonly<Record<string, string>>;
const reader = (stack: Texts, environment: Texts = {}) => createSettingsReader((key) => stack[key], environment);

function file(content: string): string {
    const folder = mkdtempSync(join(tmpdir(), "entrasync-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "secret");
    writeFileSync(path, content);
    return path;
}

function thrownBy(action: () => unknown): unknown {
    try {
        action();
    } catch (error) {
        return error;
    }
    return undefined;
}

const secret = "sentinel-93c1-of-a-client";

describe("a setting", () => {
    const everywhere = [
        [{ "entrasync:clientId": "ours", "azuread:clientId": "azuread's" }, { ARM_CLIENT_ID: "environment's" }, "ours"],
        [{ "azuread:clientId": "azuread's" }, { ARM_CLIENT_ID: "environment's" }, "azuread's"],
        [{}, { ARM_CLIENT_ID: "environment's" }, "environment's"],
        [{}, {}, undefined],
    ] as const;
    test.each(everywhere)("from %j and %j is %j", (stack, environment, expected) => {
        expect(reader(stack, environment).read(settings.clientId)).toBe(expected);
    });

    test("that is empty is not set", () => {
        const stack = { "entrasync:clientId": "", "azuread:clientId": "" };
        expect(reader(stack, { ARM_CLIENT_ID: "environment's" }).read(settings.clientId)).toBe("environment's");
        expect(reader(stack, { ARM_CLIENT_ID: "" }).read(settings.clientId)).toBeUndefined();
    });

    test("with several variables takes the first that is not empty", () => {
        const setting = { key: "oidcRequestToken", variables: ["FIRST", "SECOND", "THIRD"] };
        expect(reader({}, { FIRST: "", SECOND: "second", THIRD: "third" }).read(setting)).toBe("second");
    });

    test("of this package alone is read from entrasync only", () => {
        const stack = { "azuread:graphEndpoint": "azuread's" };
        expect(reader(stack).readOwn("graphEndpoint")).toBeUndefined();
        expect(reader({ "entrasync:graphEndpoint": "" }).readOwn("graphEndpoint")).toBeUndefined();
        expect(reader({ "entrasync:graphEndpoint": "ours" }).readOwn("graphEndpoint")).toBe("ours");
    });

    test("has azuread's own names", () => {
        expect(Object.fromEntries(Object.values(settings).map(({ key, variables }) => [key, variables]))).toEqual({
            tenantId: ["ARM_TENANT_ID"],
            clientId: ["ARM_CLIENT_ID"],
            clientIdFilePath: ["ARM_CLIENT_ID_FILE_PATH"],
            clientSecret: ["ARM_CLIENT_SECRET"],
            clientSecretFilePath: ["ARM_CLIENT_SECRET_FILE_PATH"],
            environment: ["ARM_ENVIRONMENT"],
            metadataHost: ["ARM_METADATA_HOSTNAME"],
        });
        expect(Object.entries(settings).every(([name, { key }]) => name === key)).toBe(true);
    });

    test("is described by every place where it may stand", () => {
        expect(describeSetting(settings.tenantId)).toBe(
            "tenantId (entrasync:tenantId, azuread:tenantId or ARM_TENANT_ID)",
        );
    });
});

test("the cloud comes from azuread's settings and from two of this package's", () => {
    const stack = {
        "azuread:environment": "china",
        "entrasync:graphEndpoint": "https://graph.example",
        "entrasync:authorityHost": "https://login.example",
        "azuread:graphEndpoint": "not this",
    };
    expect(readCloudConfiguration(reader(stack, { ARM_METADATA_HOSTNAME: "metadata.example" }))).toEqual({
        environment: "china",
        metadataHost: "metadata.example",
        graphEndpoint: "https://graph.example",
        authorityHost: "https://login.example",
    });
});

describe("a value that may stand in a file", () => {
    const read = (stack: Texts, readFile: (path: string) => string) =>
        readValueOrFile(reader(stack), settings.clientSecret, settings.clientSecretFilePath, readFile);
    const noFile = () => {
        throw new Error("a file was read");
    };
    const value = (text: string) => ({ "azuread:clientSecret": text });
    const path = { "azuread:clientSecretFilePath": "/run/secret" };

    test("is trimmed, from the setting and from the file", () => {
        expect(read(value(` ${secret}\n`), noFile)).toBe(secret);
        expect(read(path, () => `${secret}\r\n`)).toBe(secret);
        expect(read({ ...value(secret), ...path }, () => ` ${secret}\n`)).toBe(secret);
    });

    test("is none where there is nothing but blanks", () => {
        expect(read({}, noFile)).toBeUndefined();
        expect(read(value("  "), noFile)).toBeUndefined();
        expect(read(path, () => " \n")).toBeUndefined();
    });

    test("is taken from the file where the setting is blank", () => {
        expect(read({ ...value(" "), ...path }, () => secret)).toBe(secret);
    });

    test.each([`${secret}2`, ""])("is refused where setting and file differ (%j), and neither is shown", (inFile) => {
        const error = thrownBy(() => read({ ...value(secret), ...path }, () => inFile));
        expect(error).toBeInstanceOf(ConfigurationError);
        const shown = inspect(error, { showHidden: true });
        expect(shown).toContain("ARM_CLIENT_SECRET_FILE_PATH");
        expect(shown).toContain("differ");
        expect(shown).not.toContain(secret);
    });

    test("is refused where the file can't be read, with the file's name and the reason", () => {
        const error = thrownBy(() =>
            read(path, () => {
                throw Object.assign(new Error(`could not read ${secret}`), { code: "EACCES" });
            }),
        );
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toContain('names "/run/secret", which can\'t be read (EACCES)');
        expect(inspect(error, { showHidden: true })).not.toContain(secret);
    });
});

describe("the way to sign in", () => {
    const complete = { ARM_TENANT_ID: " tenant ", ARM_CLIENT_ID: " client\n", ARM_CLIENT_SECRET: ` ${secret}\n` };
    const method = { kind: "clientSecret", tenantId: "tenant", clientId: "client", clientSecret: secret };

    test("is the client secret where everything for it is there, trimmed", () => {
        expect(chooseMethod(reader({}, complete))).toEqual(method);
    });

    test("takes client id and secret from files", () => {
        const environment = {
            ARM_TENANT_ID: "tenant",
            ARM_CLIENT_ID_FILE_PATH: file("client\n"),
            ARM_CLIENT_SECRET_FILE_PATH: file(`${secret}\n`),
        };
        expect(chooseMethod(reader({}, environment))).toEqual(method);
    });

    test("is refused over a file that is not there, with its name", () => {
        const path = "/nowhere/at/all";
        const error = thrownBy(() => chooseMethod(reader({}, { ...complete, ARM_CLIENT_SECRET_FILE_PATH: path })));
        expect(error).toBeInstanceOf(ConfigurationError);
        expect(String(error)).toContain(`names "${path}", which can't be read (ENOENT)`);
    });

    test("may come from all three places at once", () => {
        const stack = { "entrasync:tenantId": "tenant", "azuread:clientId": "client", "azuread:clientSecret": "older" };
        const environment = { ARM_TENANT_ID: "other", ARM_CLIENT_ID: "other", ARM_CLIENT_SECRET: "other" };
        expect(chooseMethod(reader({ ...stack, "entrasync:clientSecret": secret }, environment))).toEqual(method);
    });

    test.each([
        ["ARM_TENANT_ID", "tenantId (entrasync:tenantId, azuread:tenantId or ARM_TENANT_ID)"],
        ["ARM_CLIENT_ID", "clientId (entrasync:clientId, azuread:clientId or ARM_CLIENT_ID)"],
        ["ARM_CLIENT_SECRET", "clientSecret (entrasync:clientSecret, azuread:clientSecret or ARM_CLIENT_SECRET)"],
    ])("without %s is none, and what is missing is named with its places", (missing, description) => {
        for (const blank of ["", "  "]) {
            const error = thrownBy(() => chooseMethod(reader({}, { ...complete, [missing]: blank })));
            expect(error).toBeInstanceOf(ConfigurationError);
            expect(String(error)).toContain(`this is missing: ${description}. `);
            expect(inspect(error, { showHidden: true })).not.toContain(secret);
        }
    });

    test("without anything names everything that is missing", () => {
        const error = String(thrownBy(() => chooseMethod(reader({}))));
        for (const name of ["these are missing", "ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"]) {
            expect(error).toContain(name);
        }
    });
});
