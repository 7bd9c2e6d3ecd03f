"""A count of the changes made to modules by assignment and registration: who remembers something about a module knows when to look again."""


class Mutations:
    """`count` grows with every change of any module."""

    __slots__ = ("count",)

    def __init__(self):
        self.count = 0


mutations = Mutations()
