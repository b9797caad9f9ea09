"""Rolling six, version P14: the 83 rows that the R package RollingSix is documented to ship. It has none for an empty level.

Differs from P13 in (4, 0, 1), (5, 0, 1), (5, 0, 2): escalate, and (6, 0, 1): suspend.
A row for each (n, t): n patients on the level, t with DLT. A column for each number pending, from 0 to 6.
S same level, E escalate, U suspend, D de-escalate, - impossible.
"""

from typing import Final

SOURCE: Final = "Rolling six, table P14 (R package labja/RollingSix; design: doi:10.1200/JCO.2007.12.7712)"
GRID: Final = """
1 0   S S - - - - -
1 1   S - - - - - -
2 0   S S S - - - -
2 1   S S - - - - -
2 2   D - - - - - -
3 0   E S S S - - -
3 1   S S S - - - -
3 2   D D - - - - -
3 3   D - - - - - -
4 0   E E S S S - -
4 1   S S S S - - -
4 2   D D D - - - -
4 3   D D - - - - -
4 4   D - - - - - -
5 0   E E E S S S -
5 1   S S S S S - -
5 2   D D D D - - -
5 3   D D D - - - -
5 4   D D - - - - -
5 5   D - - - - - -
6 0   E U U U U U U
6 1   E U U U U U -
6 2   D D D D D - -
6 3   D D D D - - -
6 4   D D D - - - -
6 5   D D - - - - -
6 6   D - - - - - -
"""
