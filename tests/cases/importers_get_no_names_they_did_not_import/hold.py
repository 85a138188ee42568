import sys

modules = sys.modules["lib"], sys.modules["user"]
