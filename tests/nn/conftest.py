"""Settings of the property tests: no deadline (machines are noisy), the same examples in every run, no files left."""

from hypothesis import settings

settings.register_profile("labkit", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("labkit")
