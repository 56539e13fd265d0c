/* Makes sure that there is an engine, for scripts that shall show the wait before they start; says which. */
import { ensureForCommand } from "./command.mts";

const { command, version, origin } = await ensureForCommand();
console.log(`Pulumi ${version} (${origin}): ${command}`);
