"""Where people sign in and work: pages over the store and the pathways, each read and each answer by somebody with a name."""
