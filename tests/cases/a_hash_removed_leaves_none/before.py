class C:
    def __call__(self): return 1
    def __iter__(self): yield 1
    def __enter__(self): return 1
    def __exit__(self, *a): return False
    def __contains__(self, x): return False
    def __eq__(self, o): return True
    def __hash__(self): return 1
