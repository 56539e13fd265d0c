import { methodNames } from "../../provider/identity/methods.ts";
import { type Environment, failing, working } from "./environments.mts";

/** What an environment consists of, for people to read: names, and values where these are what matters. */
export function settingsOf({ variables = {}, configuration = {}, az }: Environment): string[] {
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

/** The tables of docs/signing-in.md, by the name of the marker that they stand under. */
export const tables: Readonly<Record<string, string>> = {
    working: markdown(["environment", "what is set", "how it ends"], working),
    failing: markdown(["environment", "what is set", "how it ends"], failing),
};

function markdown(head: readonly string[], environments: readonly Environment[]): string {
    const rows = environments.map((environment) => [
        environment.name,
        settingsOf(environment)
            .map((name) => `\`${name}\``)
            .join(" ") || "nothing",
        endingOf(environment),
    ]);
    return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
