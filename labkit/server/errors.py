"""What went wrong, said in one line to the person at the terminal."""


class CommandError(Exception):
    """A mistake that its user can mend; the message names the thing, the rule and the value."""

    status = 1  # of the command when it ends


class StoppedError(CommandError):
    """Ended with Ctrl-C before it was done."""

    status = 130  # 128 + SIGINT, as shells have it


class UsageError(CommandError):
    """An option that does not exist, or a value that it does not take."""

    status = 2
