"""What is wrong in the settings, said before anything starts with them: traitlets leaves out what it does not know."""

from collections.abc import Iterator
from difflib import get_close_matches
from math import isfinite
from typing import Any

from traitlets import TraitError, TraitType
from traitlets.config import Configurable
from traitlets.config.loader import Config, DeferredConfig, LazyConfigValue

from labkit.server.errors import UsageError


def check_settings(config: Config) -> None:
    """UsageError for a class or a name that there is not, and for a value of another kind."""
    kinds: dict[str, list[type[Configurable]]] = {}
    for kind in _below(Configurable):
        kinds.setdefault(kind.__name__, []).append(kind)
    for section, values in config.items():
        if section not in kinds or not isinstance(values, Config):
            raise UsageError(f"a setting's class must be one that has settings{_near(section, kinds)}, got {section!r}")
        # What is set for a class is set for those made of it, as Voila's for labkit's own.
        heirs = [heir for kind in kinds[section] for heir in (kind, *_below(kind))]
        known = {name: trait for heir in heirs for name, trait in heir.class_traits(config=True).items()}
        for name, value in values.items():
            if name not in known:
                raise UsageError(f"a setting of {section} must be one that it has{_near(name, known)}, got {name!r}")
            _check_value(f"{section}.{name}", known[name], value)


def _check_value(name: str, trait: TraitType[Any, Any], value: Any) -> None:
    if isinstance(value, DeferredConfig):  # the text of a variable
        value = value.get_value(trait)
    if isinstance(value, LazyConfigValue) or (value is None and trait.allow_none) or not hasattr(trait, "validate"):
        return
    try:
        trait.validate(None, value)
    except TraitError:
        raise UsageError(f"{name} must be {trait.info()}{_bounds(trait)}, got {value!r}") from None
    except Exception:  # one that needs its object to be checked, which will be
        return


def _bounds(trait: TraitType[Any, Any]) -> str:
    found = {"from": getattr(trait, "min", None), "to": getattr(trait, "max", None)}
    return "".join(f" {word} {bound}" for word, bound in found.items() if bound is not None and isfinite(bound))


def _near(name: str, known: Any) -> str:
    return "".join(f", as {near}" for near in get_close_matches(name, list(known), 1))


def _below(kind: type[Configurable]) -> Iterator[type[Configurable]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
