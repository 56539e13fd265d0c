/**
 * Of `candidates`, the one that a person who wrote `word` most likely meant; `undefined` when none is near.
 *
 * Near is: the same but for case and punctuation, else at most a third of the word's letters away. Two neighbours that
 * changed places are one mistake, as the fingers make it: else no short key would be found for the commonest typo.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
    const wanted = bare(word);
    let best: string | undefined;
    let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
    for (const candidate of candidates) {
        const distance = editDistance(wanted, bare(candidate));
        if (distance < bestDistance) {
            best = candidate;
            bestDistance = distance;
        }
    }
    return best;
}

function bare(word: string): string {
    return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Edits and swaps of neighbours between two words; some thirty letters at most, so nothing faster is called for. */
function editDistance(from: string, to: string): number {
    let beforePrevious: number[] = [];
    let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
    for (let row = 1; row <= from.length; row++) {
        const current = [row];
        for (let column = 1; column <= to.length; column++) {
            const substituted = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
            const removed = (previous[column] ?? 0) + 1;
            const added = (current[column - 1] ?? 0) + 1;
            const isSwap =
                row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
            const swapped = isSwap ? (beforePrevious[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
            current.push(Math.min(substituted, removed, added, swapped));
        }
        beforePrevious = previous;
        previous = current;
    }
    return previous[to.length] ?? 0;
}
