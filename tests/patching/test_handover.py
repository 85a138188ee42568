"""`__livepatch__`: the hook of pyflyby lets an object decide what becomes of an older one."""

import livepatch

POOL = """
class Pool:
    def __init__(self, size):
        self.size = size
        self.open = []

    def __livepatch__(self, old):
        self.open = old.open
        return self


pool = Pool(2)
"""


def test_a_value_made_anew_takes_over_from_the_one_before(project):
    app = project.start("app", POOL)
    old = app.pool
    old.open.append("connection")
    project.edit("app.py", "Pool(2)", "Pool(3)")
    assert project.refresh().ok
    assert app.pool is not old
    assert (app.pool.size, app.pool.open) == (3, ["connection"])


def test_a_hook_that_gives_the_old_object_keeps_it_for_everybody(project):
    app = project.start("app", POOL.replace("return self", "old.size = self.size; return old"))
    old = app.pool
    project.edit("app.py", "Pool(2)", "Pool(3)")
    project.refresh()
    assert app.pool is old
    assert old.size == 3
    livepatch.undo()
    assert app.pool is old
    assert old.size == 2


def test_do_livepatch_gives_the_old_object_with_the_contents_of_the_new_one(project):
    text = POOL.replace("(self, old)", "(self, old, do_livepatch)").replace(
        "self.open = old.open\n        return self",
        "before = old.open\n        kept = do_livepatch()\n        kept.open = before\n        return kept",
    )
    app = project.start("app", text)
    old = app.pool
    old.open.append("connection")
    project.edit("app.py", "Pool(2)", "Pool(3)")
    assert project.refresh().ok
    assert app.pool is old
    assert (old.size, old.open) == (3, ["connection"])


def test_what_a_hook_raises_holds_the_patch_and_what_it_did_is_taken_back(project):
    text = POOL.replace("return self", "old.size = 99; 1 / 0")
    app = project.start("app", text)
    old = app.pool
    project.edit("app.py", "Pool(2)", "Pool(3)")
    patch = project.refresh()
    assert not patch.ok
    assert "ZeroDivisionError" in patch.errors[0].message
    assert app.pool is old
    assert old.size == 2


def test_a_decorator_hands_its_cache_over_to_its_next_wrapper(project):
    app = project.start(
        "app",
        """
        def memoize(limit):
            def decorate(function):
                cache = {}
                def wrapper(x):
                    if x not in cache:
                        cache[x] = (limit, function(x))
                    return cache[x]
                wrapper.cache = cache
                def hand_over(old, new, do_livepatch):
                    kept = dict(old.cache)
                    result = do_livepatch()
                    result.cache.update(kept)
                    return result
                wrapper.__livepatch__ = hand_over
                return wrapper
            return decorate

        @memoize(1)
        def f(x):
            return x
        """,
    )
    held = app.f
    held(5)
    project.edit("app.py", "@memoize(1)", "@memoize(2)")
    assert project.refresh().ok
    assert app.f is held
    assert (held(5), held(6)) == ((1, 5), (2, 6))


CLASS = """
class Base:
    def who(self):
        return "base"


class Other:
    def who(self):
        return "other"


class C(Base):
    calls = []

    @classmethod
    def __livepatch__(cls, old, new, do_livepatch):
        old.calls.append((old, new))
        ANSWER
"""


def test_a_class_may_go_on_as_a_new_object(project):
    app = project.start("app", CLASS.replace("ANSWER", "return new"))
    old = app.C
    project.edit("app.py", "class C(Base)", "class C(Other)")
    assert project.refresh().ok
    assert app.C is not old
    assert old.calls == app.C.calls == [(old, app.C)]
    assert app.C().who() == "other"
    assert old().who() == "base"


def test_a_class_may_let_livepatch_do_what_it_always_does(project):
    app = project.start("app", CLASS.replace("ANSWER", "return do_livepatch()"))
    old, instance = app.C, app.C()
    project.edit("app.py", "class C(Base)", "class C(Other)")
    assert project.refresh().ok
    assert app.C is old
    assert instance.who() == "other"
    assert len(old.calls) == 1


def test_a_method_called_livepatch_is_no_hook_of_its_class(project):
    app = project.start("app", CLASS.replace("@classmethod\n", "# no classmethod\n"))
    old = app.C
    project.edit("app.py", "class C(Base)", "class C(Other)")
    assert project.refresh().ok
    assert app.C is old
    assert old.calls == []


def test_the_hook_of_a_module_runs_once_after_its_changes(project):
    app = project.start(
        "app",
        """
        SEEN = []
        def f():
            return 1
        def __livepatch__(old, new):
            SEEN.append((old is new, f(), X))
        X = 1
        """,
    )
    project.edit("app.py", "return 1", "return 2")
    project.edit("app.py", "X = 1", "X = 2")
    assert project.refresh().ok
    assert app.SEEN == [(True, 2, 2)]
    project.write("app.py", "# a comment\n" + project.path("app.py").read_text())
    assert project.refresh().ok
    assert len(app.SEEN) == 1


def test_an_object_that_answers_to_any_name_has_no_hook(project):
    app = project.start(
        "app",
        """
        class Anything:
            def __init__(self, n):
                self.n = n
            def __getattr__(self, name):
                return lambda *_: 1 / 0
        value = Anything(1)
        """,
    )
    project.edit("app.py", "value = Anything(1)", "value = Anything(2)")
    assert project.refresh().ok
    assert app.value.n == 2
