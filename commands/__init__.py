"""The commands of `allpath`, one file a group. They talk to pathways and the store, and print; they decide nothing."""
