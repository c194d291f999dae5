"""What can keep a sweep from going on."""


class SweepError(Exception):
    """A sweep that cannot go on, in words for whoever started it."""
