import { EmulatorStartError } from "./startError.js";

/** A cloud as its tokens know it: where one signs in, and which Graphs take the tokens. Origins, without a slash. */
export interface Cloud {
    /** The first is the one that its issuer names. */
    readonly authorities: readonly string[];
    readonly graphs: readonly string[];
    /** How a cloud of Microsoft's calls itself in its discovery document. */
    readonly instanceName?: string;
}

/** The host that a request asked, and what it is there. */
export interface Site {
    /** As the log shows it. */
    readonly host: string;
    /** `https://HOST`: what every address in an answer begins with. */
    readonly origin: string;
    readonly cloud: Cloud;
    readonly isAuthority: boolean;
    readonly isGraph: boolean;
}

/**
 * Microsoft's clouds by host name, for an emulator that plays them. The two Graphs of the US government share their
 * sign-in: a token's audience alone tells them apart.
 *
 * Graph's hosts and the first authority of each are Microsoft's documentation; the other authorities are the aliases
 * that Microsoft's sign-in library has built in. For China Graph's documentation says `login.chinacloudapi.cn`, Entra's
 * own says `login.partner.microsoftonline.cn`, and the library takes the former for an alias of the latter.
 *
 * @see https://learn.microsoft.com/graph/deployments
 */
const microsoftClouds: readonly {
    readonly instanceName: string;
    readonly authorities: readonly string[];
    readonly graphs: readonly string[];
}[] = [
    {
        instanceName: "microsoftonline.com",
        authorities: ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        graphs: ["graph.microsoft.com"],
    },
    {
        instanceName: "microsoftonline.us",
        authorities: ["login.microsoftonline.us", "login.usgovcloudapi.net"],
        graphs: ["graph.microsoft.us", "dod-graph.microsoft.us"],
    },
    {
        instanceName: "partner.microsoftonline.cn",
        authorities: ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        graphs: ["microsoftgraph.chinacloudapi.cn"],
    },
];

/** The hosts of Microsoft's clouds that the emulator can play: what `hostNames` may name besides hosts of one's own. */
export const microsoftHostNames: readonly string[] = microsoftClouds.flatMap(({ authorities, graphs }) => [
    ...authorities,
    ...graphs,
]);

/** Tells a request's host apart. A host that was not asked for at start is the emulator's own, whatever it is called. */
export interface Sites {
    readonly own: Site;
    find(hostHeader: string | undefined): Site;
    /** The cloud of the Graph with this base; a slash at its end doesn't matter. */
    cloudOfGraph(base: string): Cloud | undefined;
}

export function createSites(port: number, hostNames: readonly string[]): Sites {
    const host = `localhost:${port}`;
    const ownNames = hostNames.filter((name) => !microsoftHostNames.includes(name));
    const ownOrigins = [
        `https://${host}`,
        ...ownNames.flatMap((name) => [`https://${name}`, `https://${name}:${port}`]),
    ];
    const ownCloud: Cloud = { authorities: ownOrigins, graphs: ownOrigins };
    const own: Site = { host, origin: `https://${host}`, cloud: ownCloud, isAuthority: true, isGraph: true };

    const sites = new Map<string, Site>([
        [host, own],
        [`127.0.0.1:${port}`, { ...own, host: `127.0.0.1:${port}` }],
    ]);
    const add = (name: string, site: Omit<Site, "host" | "origin">) => {
        sites.set(name, { ...site, host: name, origin: `https://${name}` });
    };
    for (const name of ownNames) {
        add(name, own);
        add(`${name}:${port}`, own);
    }
    const clouds = [ownCloud];
    for (const { instanceName, ...names } of microsoftClouds) {
        const origins = (list: readonly string[]) => list.map((name) => `https://${name}`);
        const cloud = { instanceName, authorities: origins(names.authorities), graphs: origins(names.graphs) };
        const played = [...names.authorities, ...names.graphs].filter((name) => hostNames.includes(name));
        for (const name of played) {
            const roles = { isAuthority: names.authorities.includes(name), isGraph: names.graphs.includes(name) };
            add(name, { cloud, ...roles });
        }
        if (played.length > 0) {
            clouds.push(cloud);
        }
    }

    return {
        own,
        find(hostHeader) {
            const asked = (hostHeader ?? "").toLowerCase().replace(/:443$/, "");
            return sites.get(asked) ?? sites.get(asked.replace(/:\d+$/, "")) ?? { ...own, host: "(another)" };
        },
        cloudOfGraph(base) {
            const origin = base.replace(/\/$/, "");
            return clouds.find(({ graphs }) => graphs.includes(origin));
        },
    };
}

/**
 * The issuer of a tenant's tokens. MSAL insists on the authority's scheme, host and port, or, of a cloud of
 * Microsoft's, on one of its aliases.
 */
export function issuerOf(site: Site, tenantId: string): string {
    return `${site.cloud.instanceName === undefined ? site.origin : site.cloud.authorities[0]}/${tenantId}/v2.0`;
}

/** The issuers whose tokens a cloud's Graph takes. */
export function issuersOf(cloud: Cloud, tenantId: string): string[] {
    return cloud.authorities.map((authority) => `${authority}/${tenantId}/v2.0`);
}

/** @throws EmulatorStartError for what is no host name in lower case, addresses and `localhost` included. */
export function requireHostNames(hostNames: readonly string[]): void {
    for (const name of hostNames) {
        if (!/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
            throw new EmulatorStartError(
                "InvalidOption",
                "hostNames must be full host names in lower case, without scheme and port, such as graph.microsoft.com.",
            );
        }
    }
}
