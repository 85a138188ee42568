middle.assigned = "the program's own"
