/** Arguments that make no sense: one or more whole sentences for whoever wrote them, with no secret in them. */
export class Mistake extends Error {
    override readonly name = "Mistake";
}
