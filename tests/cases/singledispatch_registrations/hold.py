from app import show

show(1), show("a")
