"""A shop that sells something every second; several files, one transaction.

    cd playground && python -m livepatch -m shop

`cart.py` took `RATE` and `discount` by `from shop.tax import ...`, and follows them all the
same. Then try an edit of two files: in cart.py, import `tip` as well and add `tip()` to the
price, and save. The report holds it, for there is no such name yet, and the shop sells on as
before. Now give tax.py a function `tip` and save: both files go live at once. Stop with
Ctrl-C.
"""

import itertools
import time

from shop.cart import Cart
from shop.stock import customers


def receipt(number, cart):
    """Give the line that the till prints."""
    names = ", ".join(item.name for item in cart.items)
    return f"#{number:<4} {names:<28} {cart.total():8.2f}"  # change this line: add a currency


def main():
    """Sell until Ctrl-C."""
    queue = customers()
    till = []  # every cart ever sold, alive to the end
    for number in itertools.count(1):
        cart = Cart(next(queue))
        till.append(cart)
        turnover = sum(cart.total() for cart in till)
        print(f"{receipt(number, cart)}   in all {turnover:10.2f}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the shop is closed")
