"""The commands and the servers: `labkit serve`, `labkit lab`, `labkit list`."""
