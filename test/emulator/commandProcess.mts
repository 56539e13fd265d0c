/** The command as a process of its own, from the sources; what the package's bin does from what was built. */
import { runCommand } from "../../provider/commandLine/run.ts";
import { emulatorCommand } from "../../provider/emulator/command.ts";

process.exitCode = await runCommand(emulatorCommand, process.argv.slice(2));
