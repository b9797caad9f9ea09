"""How a process meets the world: settings, connection, payload encryption, logging, the local server."""
