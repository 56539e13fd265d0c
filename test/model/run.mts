import { getCACertificates, setDefaultCACertificates } from "node:tls";
import fc from "fast-check";
import { sequences } from "./sequences.mts";
import { newTally, openPlace, type Tally, World } from "./world.mts";

/** Runs so many random sequences; fast-check names the seed and the shortest sequence where one breaks an invariant. */
export async function runSequences(count: number): Promise<Tally> {
    const place = await openPlace();
    setDefaultCACertificates([...getCACertificates("default"), place.emulator.caCertificate]);
    const tally = newTally();
    try {
        await fc.assert(
            fc.asyncProperty(sequences, async (sequence) => {
                using world = new World(place, tally);
                for (const command of sequence) {
                    await world.run(command);
                }
                await world.end();
            }),
            { numRuns: count },
        );
    } finally {
        await place.emulator.close();
    }
    return tally;
}
