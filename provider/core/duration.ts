const unitsInMs: Readonly<Record<string, number>> = {
    w: 7 * 24 * 60 * 60 * 1000,
    d: 24 * 60 * 60 * 1000,
    h: 60 * 60 * 1000,
    m: 60 * 1000,
    s: 1000,
    ms: 1,
};

/** What a duration looks like, for messages. */
export const durationExamples = `a duration such as "30d", "720h", "5m", "90s" or "1h30m"`;

/**
 * Milliseconds of a duration as Go and azuread write it (`"720h"`, `"1h30m"`), with days and weeks beside that.
 *
 * `undefined` where the text is not a duration or is not above zero. A bare number is refused: its unit would be a guess.
 */
export function parseDurationMs(text: string): number | undefined {
    const parts = /^(?:\d+(?:\.\d+)?(?:ms|[wdhms]))+$/.test(text) ? text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g) : [];
    let total = 0;
    for (const [, amount, unit] of parts) {
        total += Number(amount) * (unitsInMs[unit ?? ""] ?? Number.NaN);
    }
    const totalMs = Math.round(total);
    return totalMs > 0 && Number.isFinite(totalMs) ? totalMs : undefined;
}
