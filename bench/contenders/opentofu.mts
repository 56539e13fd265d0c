import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../emulator.mts";
import type { OpenTofu } from "../peers/opentofu/programs.mts";
import { measure } from "../processes.mts";
import type { Contender, Operation, Project, Tenant } from "./contender.mts";

/*
 * What whoever has no resource for it does with OpenTofu: the generic REST provider, which POSTs on create and on update,
 * reads the target to see that it is there, and on destroy, having nothing to delete, reads it once more.
 */

const commands: Readonly<Record<Operation, readonly string[]>> = {
    up: ["apply", "-auto-approve"],
    noOp: ["apply", "-auto-approve"],
    preview: ["plan"],
    rotated: ["apply", "-auto-approve"],
    // `refresh` alone is deprecated.
    refresh: ["apply", "-refresh-only", "-auto-approve"],
    destroy: ["destroy", "-auto-approve"],
};

export function openTofu(programs: OpenTofu): Contender {
    return {
        name: "OpenTofu + restapi",
        acquires: true,
        open: async (tenants, emulator) => open(programs, tenants, emulator),
    };
}

function open({ command, providers }: OpenTofu, given: readonly Tenant[], emulator: Address): Project {
    let tenants = given;
    const folder = mkdtempSync(join(tmpdir(), "entrasync-tofu-"));
    const write = () => writeFileSync(join(folder, "tenants.json"), JSON.stringify(tenants));
    write();
    const configuration = join(folder, "cli.tofurc");
    writeFileSync(configuration, cliConfiguration(providers));
    writeFileSync(join(folder, "main.tf"), program(emulator));
    const env = {
        PATH: process.env.PATH,
        HOME: folder,
        TMPDIR: folder,
        TF_CLI_CONFIG_FILE: configuration,
        TF_IN_AUTOMATION: "1",
        CHECKPOINT_DISABLE: "1",
        SSL_CERT_FILE: emulator.caCertificatePath,
        TF_VAR_client_secret: emulator.clientSecret,
    };
    return {
        async run(operation, environment = {}) {
            const args = [...commands[operation], "-input=false", "-no-color"];
            return measure(
                { file: command, args, cwd: folder, env: { ...env, ...environment } },
                "terraform-provider-restapi",
            );
        },
        rotate(secretToken) {
            tenants = tenants.map((tenant, index) => (index === 0 ? { ...tenant, secretToken } : tenant));
            write();
        },
        async stateBytes() {
            const state: unknown = JSON.parse(readFileSync(join(folder, "terraform.tfstate"), "utf8"));
            const { resources } = state as { resources: readonly { readonly instances: readonly unknown[] }[] };
            return resources.flatMap(({ instances }) =>
                instances.map((instance) => Buffer.byteLength(JSON.stringify(instance))),
            );
        },
        async [Symbol.asyncDispose]() {
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** By which OpenTofu takes the provider from a folder. */
export function cliConfiguration(providers: string): string {
    return `provider_installation {
  dev_overrides {
    "mastercard/restapi" = ${JSON.stringify(providers)}
  }
  direct {}
}
`;
}

/** Where the generic REST provider finds Graph, and as whom; the secret is a variable. */
export function providerBlock({ url, tenantId, clientId }: Pick<Address, "url" | "tenantId" | "clientId">): string {
    return `terraform {
  required_providers {
    restapi = { source = "mastercard/restapi" }
  }
}

variable "client_secret" {
  type      = string
  sensitive = true
}

provider "restapi" {
  uri = "${url}"
  oauth_client_credentials {
    oauth_client_id      = "${clientId}"
    oauth_client_secret  = var.client_secret
    oauth_token_endpoint = "${url}/${tenantId}/oauth2/v2.0/token"
    oauth_scopes         = ["${url}/.default"]
  }
}
`;
}

function program(emulator: Address): string {
    return `${providerBlock(emulator)}
locals {
  tenants = { for tenant in jsondecode(file("tenants.json")) : tenant.name => tenant }
}

resource "restapi_object" "acquisition" {
  for_each       = local.tenants
  object_id      = each.value.servicePrincipalId
  path           = "/v1.0/servicePrincipals/\${each.value.servicePrincipalId}/synchronization/acquireAccessToken"
  read_path      = "/v1.0/servicePrincipals/\${each.value.servicePrincipalId}"
  update_path    = "/v1.0/servicePrincipals/\${each.value.servicePrincipalId}/synchronization/acquireAccessToken"
  update_method  = "POST"
  destroy_path   = "/v1.0/servicePrincipals/\${each.value.servicePrincipalId}"
  destroy_method = "GET"
  data = jsonencode({
    credentials = [
      { key = "BaseAddress", value = each.value.baseAddress },
      { key = "SecretToken", value = each.value.secretToken },
    ]
  })
}
`;
}
