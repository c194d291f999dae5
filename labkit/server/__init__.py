"""The commands and the servers: `labkit serve`, `labkit lab`, `labkit list`."""

import sys

# A grammar of addresses in every language, which takes seconds to be read and which nothing here asks for: jsonschema
# goes without where it cannot be imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
