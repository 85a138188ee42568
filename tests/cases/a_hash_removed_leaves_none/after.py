class C:
    def __call__(self, *a): return 2
    def __iter__(self): yield from (1, 2)
    def __enter__(self): return 2
    def __exit__(self, *a): return True
    def __contains__(self, x): return True
    def __eq__(self, o): return True
