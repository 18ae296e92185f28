"""OpenDSS circuits: scanned against a list of what is allowed, rebuilt as commands, run in a child."""
