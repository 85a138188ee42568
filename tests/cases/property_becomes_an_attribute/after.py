class C:
    v = "attr"
