class ImageError(Exception):
    """An image cannot be built or pushed, and the person at the keyboard can mend that.

    Attributes:
        problem: What is wrong: the place, the value got and what was expected.
        fix: What to do about it. Empty when there is nothing to advise.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(f"{problem}, fix: {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix
