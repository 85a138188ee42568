"""jurigged's recoder, on livepatch."""

import pytest

from livepatch.ext import jurigged

TEXT = """
def poem(*what):
    return "roses"

class Poet:
    def write(self):
        return "violets"
"""


@pytest.fixture
def poems(project):
    return project.start("poems_recoder", TEXT)


def test_a_recoder_patches_reverts_and_commits(project, poems):
    recoder = jurigged.make_recoder(poems.poem)
    assert recoder.status == "live"
    recoder.patch('def poem(*what):\n    return "tulips"')
    assert poems.poem() == "tulips"
    recoder.revert()
    assert poems.poem() == "roses"
    recoder.patch('def poem(*what):\n    return "lilies"')
    recoder.commit()
    assert recoder.status == "saved"
    assert '    return "lilies"\n' in project.path("poems_recoder.py").read_text()
    recoder.revert()
    assert poems.poem() == "lilies"


def test_a_recoder_of_a_method_indents_what_it_is_given(project, poems):
    recoder = jurigged.make_recoder(poems.Poet.write)
    recoder.patch("def write(self):\n    return 'prose'")
    assert poems.Poet().write() == "prose"
    recoder.commit()
    assert (
        "    def write(self):\n        return 'prose'\n"
        in project.path("poems_recoder.py").read_text()
    )


def test_a_recoder_refuses_another_definition(poems):
    recoder = jurigged.make_recoder(poems.poem)
    with pytest.raises(ValueError, match="other"):
        recoder.patch("def other(): pass")
    assert poems.poem() == "roses"


def test_a_recoder_is_out_of_sync_when_the_file_changes_its_function(project, poems):
    recoder = jurigged.make_recoder(poems.poem)
    seen = []
    recoder.on_status.register(lambda source, status: seen.append((source, status)))
    recoder.patch('def poem(*what):\n    return "tulips"')
    project.edit("poems_recoder.py", '"roses"', '"edited"')
    project.refresh()
    assert poems.poem() == "edited"
    assert seen == [(recoder, "live"), (recoder, "out-of-sync")]
    with pytest.raises(jurigged.OutOfSyncException):
        recoder.commit()
    recoder.repatch()
    assert poems.poem() == "tulips"
    recoder.commit()
    assert '"tulips"' in project.path("poems_recoder.py").read_text()


def test_a_commit_is_refused_when_the_file_was_edited_and_not_applied_yet(project, poems):
    recoder = jurigged.make_recoder(poems.poem)
    recoder.patch('def poem(*what):\n    return "tulips"')
    project.edit("poems_recoder.py", '"violets"', '"edited"')
    with pytest.raises(jurigged.OutOfSyncException):
        recoder.commit()


def test_there_is_no_recoder_for_what_has_no_source():
    assert jurigged.make_recoder(len) is None
