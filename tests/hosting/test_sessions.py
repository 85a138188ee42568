"""Hosts share the default patcher: sessions, undo and history hold for their code, too."""

import pytest

import livepatch
from livepatch.hosting import Engine, PluginManager

PLUGIN = "_plugin_name = 'p'\n_plugin_version = '{0}'\ndef run(): return {0}, _plugin_version\n"


@pytest.fixture
def engine(folder):
    with Engine(
        folder.write("lp_engine.py", "def f(): return 1\n"), 3600, events=False
    ) as made:
        yield made


def test_a_session_stays_with_the_code_it_began_with(engine, folder):
    with livepatch.session():
        folder.write("lp_engine.py", "def f(): return 2\n")
        assert engine.notify()
        assert engine.f() == 1
    assert engine.f() == 2


def test_an_undo_of_the_program_takes_back_the_patch_of_a_host(engine, folder):
    folder.write("lp_engine.py", "def f(): return 2\n")
    assert engine.notify() == livepatch.history()[-1]
    livepatch.undo()
    assert engine.f() == 1
    livepatch.redo()
    assert engine.f() == 2


def test_a_watch_of_the_same_folder_leaves_the_files_of_hosts_to_them(engine, folder):
    folder.write("plugins/p.py", PLUGIN.format(1))
    with (
        PluginManager(folder.path / "plugins", is_reload=False) as manager,
        livepatch.watch(folder.path, report=False),
    ):
        folder.write("lp_engine.py", "def f(): return 2\n")
        folder.write("plugins/p.py", PLUGIN.format(2))
        assert not livepatch.refresh()
        assert (engine.f(), manager.get_plugin("p").call()) == (1, (1, "1"))
        manager.refresh()
        engine.notify()
        assert (engine.f(), manager.get_plugin("p").call()) == (2, (2, "2"))
