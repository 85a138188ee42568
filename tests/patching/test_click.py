"""Commands of click follow edits: callbacks, options, help texts, names; they come and go."""

import pytest

import livepatch

click = pytest.importorskip("click")

TEXT = """
import click


@click.group()
def cli():
    '''Tools.'''


@cli.command()
@click.option("--n", default=1)
@click.argument("who")
def greet(n, who):
    '''Old help.'''
    click.echo(f"old {who} {n}")


@cli.command()
def other():
    click.echo("other")
"""


def run(command, *arguments):
    from click.testing import CliRunner

    return CliRunner().invoke(command, arguments).output


@pytest.fixture
def app(project):
    return project.start("app", TEXT)


def test_the_body_of_a_command_follows(project, app):
    cli, greet = app.cli, app.greet
    project.edit("app.py", 'f"old {who} {n}"', 'f"new {who} {n}"')
    assert project.refresh().ok
    assert run(cli, "greet", "ann") == run(greet, "ann") == "new ann 1\n"


def test_options_follow_in_the_group_and_in_commands_that_are_held(project, app):
    cli, greet = app.cli, app.greet
    project.edit("app.py", "default=1", "default=2")
    assert project.refresh().ok
    assert app.greet is greet is cli.commands["greet"]
    assert run(cli, "greet", "ann") == run(greet, "ann") == "old ann 2\n"
    livepatch.undo()
    assert run(cli, "greet", "ann") == run(greet, "ann") == "old ann 1\n"


def test_the_help_text_follows_the_docstring(project, app):
    cli = app.cli
    project.edit("app.py", "Old help", "New help")
    assert project.refresh().ok
    assert "New help" in run(cli, "greet", "--help")
    assert "New help" in run(cli, "--help")


def test_a_removed_command_leaves_its_group_until_an_undo(project, app):
    cli = app.cli
    project.edit("app.py", TEXT[TEXT.rindex("@cli.command()") :], "")
    assert project.refresh().ok
    assert "No such command" in run(cli, "other")
    livepatch.undo()
    assert run(cli, "other") == "other\n"


def test_a_renamed_command_goes_by_its_new_name_only(project, app):
    cli, other = app.cli, app.other
    project.edit("app.py", "def other", "def another")
    assert project.refresh().ok
    assert run(cli, "another") == "other\n"
    assert "No such command" in run(cli, "other")
    assert app.another is other


def test_a_patch_that_is_refused_registers_nothing(project, app):
    cli = app.cli
    before = dict(cli.commands)
    text = project.path("app.py").read_text().replace("def other", "def another")
    project.write("app.py", text + "\n\n@cli.command()\ndef more():\n    pass\n\n\n1 / 0\n")
    assert not project.refresh().ok
    assert cli.commands == before
    assert run(cli, "other") == "other\n"


def test_a_new_command_is_there_and_an_undo_takes_it_out(project, app):
    cli = app.cli
    text = project.path("app.py").read_text()
    project.write("app.py", text + "\n\n@cli.command()\ndef more():\n    click.echo('more')\n")
    assert project.refresh().ok
    assert run(cli, "more") == "more\n"
    livepatch.undo()
    assert "No such command" in run(cli, "more")


def test_a_group_whose_init_was_not_run_is_in_nobodys_way(project, app):
    bare = type(app.cli).__new__(type(app.cli))
    project.edit("app.py", "Old help.", "New help.")
    assert project.refresh().ok
    assert "New help." in run(app.cli, "greet", "--help")
    assert not vars(bare)
