/** The command as a process of its own, from the sources; what the package's bin does from what was built. */
import { runEmulatorCommand } from "../../provider/emulator/command.ts";

process.exitCode = await runEmulatorCommand(process.argv.slice(2));
