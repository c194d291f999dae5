"""A page's clock, played as the browser plays it."""

from itertools import count


def play(page):
    """Tick until a step is done: on a busy machine one tick may be less than a step of all."""
    for number in count(page.clock.play.value + 1):
        page.clock.play.set_state({"playing": True, "value": number})
        if page.clock.bar.value:
            return
