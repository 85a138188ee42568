held = a.value
