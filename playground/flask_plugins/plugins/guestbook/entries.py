"""The entries of the guest book."""

BOOK = []
SHOWN = 5  # change this line


def add(name, text):
    if not text.strip():
        return False
    BOOK.append((name.strip() or "somebody", text.strip()))
    return True


def newest():
    return BOOK[-SHOWN:][::-1]
