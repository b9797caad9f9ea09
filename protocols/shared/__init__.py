"""Clinical rules that several trials refer to: each trial names its own sources and says what it takes.

A rule set is a function that returns a `RuleSet`: facts, tables, deviations, ready to stand in a protocol. It has a version;
a trial whose text differs changes single cells or limits. The protocol's text always wins.
"""
