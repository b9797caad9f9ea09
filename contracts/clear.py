"""Text that is meant to be read in the Temporal UI, by anyone who can open it."""


class Clear(str):
    """A string that is deliberately left unencrypted: a summary or a detail shown in the Temporal UI.

    It holds nothing of a patient: no value, no date of birth, no free text that a person typed. Only exactly this
    type stays readable; what is not wrapped is encrypted, so forgetting it shows as a blank and not as a leak.
    String operations return a plain `str`, so wrap last: `Clear(f"Due {day}")`.
    """

    __slots__ = ()
