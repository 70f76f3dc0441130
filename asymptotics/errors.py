"""What an iteration raises when it has no number to give."""


class ConvergenceError(ArithmeticError):
    """An iteration ended without its certificate; no number is returned.

    Attributes: `residual` (what was left), `iterations` (how many were made).
    """

    def __init__(self, what: str, *, residual: float, iterations: int, causes: str) -> None:
        super().__init__(
            f"{what} did not converge: residual {residual:.3g} after {iterations} iterations. Usual causes: {causes}"
        )
        self.residual = residual
        self.iterations = iterations
