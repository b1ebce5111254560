"""What is on this machine, looked for once, for the first page of a home."""

import msgspec


class Found(msgspec.Struct, frozen=True):
    """Nothing of it is used: it is told."""

    keys: tuple[str, ...] = ()
    """Names of variables that hold keys of models; never what they hold."""
    agents: tuple[str, ...] = ()
    """Programs of other agents."""
