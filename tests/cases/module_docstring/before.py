"""Doc one."""

X = 1
