import type { FaceName, Observation } from "./run.mts";

/** Where the two faces are not the same, and why that must be. */
export interface Difference {
    readonly what: string;
    readonly dynamic: string;
    readonly plugin: string;
    readonly why: string;
    /**
     * Takes the difference out of what was observed on a face, for the rest to be compared. Missing: nothing that the
     * table of scenarios sees.
     */
    readonly without?: (observed: Observation, face: FaceName) => Observation;
}

/** All of them, in the words of docs/plugin.md. */
export const differences: readonly Difference[] = [
    {
        what: "type",
        dynamic: "`pulumi-nodejs:dynamic/entrasync:SynchronizationTokenAcquisition`",
        plugin: "`entrasync:index:SynchronizationTokenAcquisition`",
        why: "A dynamic resource's type must name its host. The plugin's has the other as an alias.",
    },
    {
        what: "`__provider` among inputs and outputs",
        dynamic: "there, the same text in each resource",
        plugin: "not there",
        why: "By it Pulumi's host finds the dynamic resource's code. It takes 112 bytes, twice.",
        without: (observed, face) =>
            face === "dynamic" ? leavingOut(observed, ["inputs", "outputs"], ["__provider"]) : observed,
    },
    {
        what: "`credentialHashes` and `cloud` among the inputs",
        dynamic: "there, and among the outputs",
        plugin: "among the outputs only",
        why: "A dynamic preview names a changed key by them; the plugin's names it by a detailed diff.",
        without: (observed, face) =>
            face === "dynamic" ? leavingOut(observed, ["inputs"], ["credentialHashes", "cloud"]) : observed,
    },
    {
        what: "a preview of a changed credential",
        dynamic: '`~ credentialHashes: { ~ SecretToken: "v1:…" => "v1:…" }`',
        plugin: "`~ credentials: { ~ SecretToken: [secret] => [secret] }`",
        why: "The same reason.",
    },
    {
        what: "outputs in the preview of an update",
        dynamic: "unknown",
        plugin: "the hashes and the cloud are known, `acquiredAt` and `requestId` are not",
        why: "Pulumi asks plugins for them, and dynamic providers not.",
    },
    {
        what: "`pulumi import`",
        dynamic: "fails",
        plugin: "works; the next `up` acquires once",
        why: "Pulumi's host of dynamic providers has no import.",
    },
    {
        what: "Pulumi's option `customTimeouts`",
        dynamic: "not seen",
        plugin: "goes before `timeouts`",
        why: "The host does not hand it on.",
    },
    {
        what: "Ctrl-C, once",
        dynamic: "waits for the operation to end by itself",
        plugin: "ends each wait at once; what is on its way to Graph may end",
        why: "The host does not hand it on.",
    },
    {
        what: "what it waits for",
        dynamic: "stands at the resource or at the stack, as printed",
        plugin: "stands at the resource, with its severity",
        why: "A dynamic provider has its console only.",
    },
    {
        what: "settings",
        dynamic: "`entrasync:` and `azuread:` of the stack, and the environment",
        plugin: "`entrasync:` of the stack or a provider of the program's own, and the environment",
        why: "Pulumi hands a plugin its own configuration only.",
    },
    {
        what: "functions",
        dynamic: "none",
        plugin: "`getSynchronizationSecretKeys`, `validateCredentials`",
        why: "Only a plugin can have any.",
    },
    {
        what: "refresh and destroy where it is no longer installed",
        dynamic: "work; nothing is looked at",
        plugin: "Pulumi wants the plugin",
        why: "The dynamic resource's text says what to do then; of a plugin there is only the file.",
    },
];

/** What was observed without the differences that must be; `onMet` is told of each one that was there. */
export function withoutDifferences(
    observed: Observation,
    face: FaceName,
    onMet: (difference: Difference) => void = () => {},
): Observation {
    let rest = observed;
    for (const difference of differences) {
        const without = difference.without?.(rest, face) ?? rest;
        if (JSON.stringify(without) !== JSON.stringify(rest)) onMet(difference);
        rest = without;
    }
    return rest;
}

/** The table of docs/plugin.md. */
export function differencesTable(): string {
    return [
        "| what | dynamic resource | plugin | why |",
        "|---|---|---|---|",
        ...differences.map(({ what, dynamic, plugin, why }) => `| ${what} | ${dynamic} | ${plugin} | ${why} |`),
    ].join("\n");
}

function leavingOut(
    observed: Observation,
    places: readonly ("inputs" | "outputs")[],
    names: readonly string[],
): Observation {
    const { state } = observed;
    if (state === undefined) return observed;
    const kept = (properties: Readonly<Record<string, unknown>> | undefined) =>
        Object.fromEntries(Object.entries(properties ?? {}).filter(([name]) => !names.includes(name)));
    return {
        ...observed,
        state: { ...state, ...Object.fromEntries(places.map((place) => [place, kept(state[place])])) },
    };
}
