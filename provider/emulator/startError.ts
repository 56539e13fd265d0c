/** Why the emulator could not start, and what to do about it. */
export class EmulatorStartError extends Error {
    override readonly name = "EmulatorStartError";
    readonly code: "NotLoopback" | "PortInUse" | "InvalidPort" | "InvalidOption" | "CannotListen";

    constructor(code: EmulatorStartError["code"], message: string) {
        super(message);
        this.code = code;
    }
}
