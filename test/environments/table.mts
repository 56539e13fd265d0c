import { methodNames } from "../../provider/identity/methods.ts";
import { table } from "../../tools/pages/table.mts";
import { type Environment, failing, working } from "./environments.mts";

/** What an environment consists of, for people to read: names, and values where these are what matters. */
function settingsOf({ variables = {}, configuration = {}, az }: Environment): string[] {
    const known = /^(true|1|yes|german|false)$/;
    const names = Object.entries({ ...configuration, ...variables }).map(([name, value]) =>
        typeof value === "string" && (known.test(value) || value === "") ? `${name}=${value}` : name,
    );
    return az === undefined ? names : [...names, "az"];
}

/** How an environment ends, in few words. */
export function endingOf({ method, refused, remark }: Environment): string {
    const how = refused === undefined ? "acquires" : (/AADSTS\d+/.exec(refused.words.join(" "))?.[0] ?? "is refused");
    const name = method === undefined ? how : `${methodNames[method]}, ${how}`;
    return remark === undefined ? name : `${name}: ${remark}`;
}

/** The tables of the documentation, by page and by the name of the marker that they stand under. */
export const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "docs/signing-in.md": { working: fullTable(working), failing: fullTable(failing) },
};

function fullTable(environments: readonly Environment[]): string {
    return table(
        ["environment", "what is set", "how it ends"],
        environments.map((environment) => [environment.name, formatSettings(environment), endingOf(environment)]),
    );
}

function formatSettings(environment: Environment): string {
    return (
        settingsOf(environment)
            .map((name) => `\`${name}\``)
            .join(" ") || "nothing"
    );
}
