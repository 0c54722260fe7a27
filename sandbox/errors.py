"""The one exception that the sandbox raises on purpose."""


class SandboxError(Exception):
    """Something the person at the keyboard can mend.

    Attributes:
        problem: What is wrong: the place, the value got and what was expected.
        fix: What to do about it. Empty when there is nothing to advise.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(f"{problem}\n  fix: {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix
