"""What went wrong, said in one line to the person at the terminal."""


class CommandError(Exception):
    """A mistake that its user can mend; the message names the thing, the rule and the value.

    `status` is the exit status of the command: 2 for a wrong option, 1 for anything else.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
