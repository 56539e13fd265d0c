import { ConfigurationError } from "../core/errors.js";
import { field } from "../core/json.js";
import { metadataApiVersion } from "./wire.js";

/** Where a cloud's Graph and sign-in are. */
export interface Endpoints {
    /** Base of Microsoft Graph, without a trailing slash. */
    readonly graph: string;
    /** Base of Microsoft Entra's sign-in, without a trailing slash. */
    readonly authority: string;
    /** What a token for that Graph is asked for. */
    readonly scope: string;
}

/** The national clouds in which Graph documents the action. */
export type CloudName = "public" | "usgovernmentl4" | "usgovernmentl5" | "china";

/** How the configuration says where Graph is. */
export interface CloudConfiguration {
    /** A national cloud, by any of its names; not looked at when `metadataHost` is set. */
    readonly environment: string | undefined;
    /** A host that says where everything is, asked at `/metadata/endpoints`. */
    readonly metadataHost: string | undefined;
    /** Overrides Graph's base. */
    readonly graphEndpoint: string | undefined;
    /** Overrides the sign-in's base. */
    readonly authorityHost: string | undefined;
}

/** @see https://learn.microsoft.com/graph/deployments */
const hosts: Record<CloudName, Omit<Endpoints, "scope">> = {
    public: { graph: "https://graph.microsoft.com", authority: "https://login.microsoftonline.com" },
    usgovernmentl4: { graph: "https://graph.microsoft.us", authority: "https://login.microsoftonline.us" },
    usgovernmentl5: { graph: "https://dod-graph.microsoft.us", authority: "https://login.microsoftonline.us" },
    china: { graph: "https://microsoftgraph.chinacloudapi.cn", authority: "https://login.chinacloudapi.cn" },
};

/** The names that azuread takes, in lower case, and the cloud each one means. */
const names: ReadonlyMap<string, CloudName> = new Map([
    ["public", "public"],
    ["global", "public"],
    ["usgovernment", "usgovernmentl4"],
    ["usgovernmentl4", "usgovernmentl4"],
    ["usgovernmentl5", "usgovernmentl5"],
    ["dod", "usgovernmentl5"],
    ["china", "china"],
]);

/**
 * The cloud as state holds it, told without any network: a national cloud's name, the metadata host, or the base of a
 * Graph of one's own. Two different texts mean a different cloud, and so a replacement.
 */
export function cloudOf(configuration: CloudConfiguration): string {
    const { graphEndpoint, metadataHost } = configuration;
    if (configuration.authorityHost !== undefined) {
        parseBase(configuration.authorityHost, "authorityHost");
    }
    if (graphEndpoint !== undefined) {
        const graph = parseBase(graphEndpoint, "graphEndpoint");
        return cloudNames.find((name) => hosts[name].graph === graph) ?? graph;
    }
    return metadataHost === undefined ? namedCloud(configuration.environment) : parseHost(metadataHost);
}

/** The endpoints of the configured cloud; `fetchMetadata` is called only where a metadata host is configured. */
export async function resolveEndpoints(
    configuration: CloudConfiguration,
    fetchMetadata: (url: string) => Promise<unknown>,
): Promise<Endpoints> {
    const { environment, metadataHost, graphEndpoint, authorityHost } = configuration;
    const withScope = (graph: string, authority: string) => ({ graph, authority, scope: `${graph}/.default` });
    const ownGraph = graphEndpoint === undefined ? undefined : parseBase(graphEndpoint, "graphEndpoint");
    const ownAuthority = authorityHost === undefined ? undefined : parseBase(authorityHost, "authorityHost");
    if (ownGraph !== undefined && ownAuthority !== undefined) {
        return withScope(ownGraph, ownAuthority);
    }
    const configured =
        metadataHost === undefined
            ? hosts[namedCloud(environment)]
            : await endpointsOfHost(parseHost(metadataHost), fetchMetadata);
    return withScope(ownGraph ?? configured.graph, ownAuthority ?? configured.authority);
}

/** Whether Microsoft's own instance discovery knows this authority; any other must be trusted as configured. */
export function isMicrosoftAuthority(authority: string): boolean {
    return cloudNames.some((name) => hosts[name].authority === authority);
}

const cloudNames = Object.keys(hosts) as CloudName[];

function namedCloud(environment: string | undefined): CloudName {
    const name = environment === undefined ? "public" : names.get(environment.trim().toLowerCase());
    if (name === undefined) {
        throw new ConfigurationError(
            `environment (entrasync:environment, azuread:environment or ARM_ENVIRONMENT) is ${JSON.stringify(environment)}, ` +
                `which is no cloud that offers this action: give one of ${[...names.keys()].join(", ")}; for any other ` +
                "cloud set metadataHost, or entrasync:graphEndpoint with entrasync:authorityHost",
        );
    }
    return name;
}

async function endpointsOfHost(
    host: string,
    fetchMetadata: (url: string) => Promise<unknown>,
): Promise<Omit<Endpoints, "scope">> {
    const url = `https://${host}/metadata/endpoints?api-version=${metadataApiVersion}`;
    const answer = await fetchMetadata(url);
    return {
        graph: baseInMetadata(answer, ["microsoftGraphResourceId"], url),
        authority: baseInMetadata(answer, ["authentication", "loginEndpoint"], url),
    };
}

function baseInMetadata(answer: unknown, path: readonly string[], url: string): string {
    const value = path.reduce(field, answer);
    if (typeof value !== "string" || value === "") {
        throw new ConfigurationError(
            `the metadata host answered ${url} without ${path.join(".")}: check metadataHost ` +
                "(entrasync:metadataHost, azuread:metadataHost or ARM_METADATA_HOSTNAME)",
        );
    }
    return parseBase(value, path.join("."));
}

/** A token is sent to what this returns, so it must be https; a query, a fragment or a password have no place in it. */
function parseBase(text: string, property: string): string {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || url.protocol !== "https:" || url.search || url.hash || url.username || url.password) {
        throw new ConfigurationError(`${property} must be an https URL such as https://graph.microsoft.com`);
    }
    return (url.origin + url.pathname).replace(/\/+$/, "");
}

function parseHost(text: string): string {
    const url = URL.canParse(`https://${text.trim()}`) ? new URL(`https://${text.trim()}`) : undefined;
    if (url === undefined || url.href !== `https://${url.host}/`) {
        throw new ConfigurationError(
            // The text itself is not repeated: what does not belong there may be a password.
            "metadataHost must be a host name without a scheme, a password or a path, such as management.azure.com",
        );
    }
    return url.host;
}
