"""The store: what allpath keeps of every pathway outside the Temporal server.

Events for ever, the rest as a read model.
"""
