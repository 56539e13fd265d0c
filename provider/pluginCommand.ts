import { version } from "../package.json";
import { serve } from "./plugin/main.js";

/* What the engine starts. Bundled to one file: `tools/plugin/bundle.mts`. */

const name = "pulumi-resource-entrasync";

const help = `Usage: ${name} [ENGINE-ADDRESS]

The provider plugin of the Pulumi package entrasync. Pulumi starts it by itself for a program that declares an entrasync
resource; there is nothing to start by hand. It prints the port of the loopback that it listens on, and serves Pulumi's
gRPC protocol for providers there until it is ended.

What there is for people is the command pulumi-entrasync, of the npm package of that name.

Options:
  -h, --help  print this
  --version   print the version
`;

const args = process.argv.slice(2);
// An engine gives its address, after flags of its own where it has any: a word alone that asks for this is a person's.
const [only] = args.length === 1 ? args : [];
if (only === "--version") {
    process.stdout.write(`${name} ${version}\n`);
} else if (only === "--help" || only === "-h" || only === "help") {
    process.stdout.write(help);
} else {
    // No engine reads the port from a terminal. A person may attach one to it (PULUMI_DEBUG_PROVIDERS), so it serves.
    if (process.stdout.isTTY) {
        process.stderr.write(
            `${name}: Pulumi starts this by itself; --help tells more. The port that it listens on:\n`,
        );
    }
    serve(version, args);
}
