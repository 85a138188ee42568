"""What is for sale, and who comes to buy."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One thing with a price."""

    name: str
    price: float


SHELF = [Item("tea", 3.5), Item("bread", 4.2), Item("honey", 8.9), Item("apples", 2.4)]


def customers():
    """Give an endless row of customers, each as a list of items."""
    chance = random.Random(1)
    while True:
        yield chance.sample(SHELF, k=chance.randint(1, 3))
