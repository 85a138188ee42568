"""Taxes and discounts: the file that lawmakers edit while the shop is open."""

RATE = 20  # change this line: 7


def discount(pieces):
    """Give the share of the price that a customer with so many pieces is spared."""
    return 0.1 if pieces > 2 else 0.0  # change this line: 0.5
