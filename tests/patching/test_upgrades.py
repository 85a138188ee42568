"""State that follows its class: upgrade hooks, and what `__init__` newly assigns."""

import pytest

import livepatch

HOOKED = """
import livepatch


class Account:
    def __init__(self, euros):
        self.euros = euros

    def show(self):
        return self.euros


class Savings(Account):
    pass
"""
CENTS = HOOKED.replace("self.euros = euros", "self.cents = 100 * euros").replace(
    "return self.euros", "return self.cents"
)
HOOK = """

@livepatch.upgrade(Account)
def to_cents(account):
    account.cents = 100 * account.__dict__.pop("euros")
"""


def test_a_hook_runs_once_on_every_live_instance_with_the_new_code_in_place(project):
    app = project.start("app", HOOKED)
    accounts = app.Account(1), app.Savings(2)
    project.write("app.py", CENTS + HOOK)
    assert project.refresh().ok
    assert [account.show() for account in accounts] == [100, 200]
    assert [vars(account) for account in accounts] == [{"cents": 100}, {"cents": 200}]


def test_a_hook_that_raises_takes_back_the_patch_and_what_it_did_to_all_instances(project):
    app = project.start("app", HOOKED)
    accounts = app.Account(1), app.Account("no number")
    project.write("app.py", CENTS + HOOK.replace("100 *", "100 +"))
    patch = project.refresh()
    assert not patch.ok
    assert "TypeError" in patch.errors[0].message
    assert [account.show() for account in accounts] == [1, "no number"]
    assert not hasattr(app, "to_cents")


def test_an_undo_takes_back_what_a_hook_did(project):
    app = project.start("app", HOOKED)
    account = app.Account(1)
    project.write("app.py", CENTS + HOOK)
    project.refresh()
    livepatch.undo()
    assert vars(account) == {"euros": 1}
    assert account.show() == 1


def test_a_hook_is_for_classes_only():
    with pytest.raises(livepatch.UsageError, match="not a class"):
        livepatch.upgrade("Account")


def test_live_instances_get_what_init_newly_assigns_each_a_value_of_its_own(project):
    app = project.start("app", HOOKED)
    account, savings = app.Account(1), app.Savings(2)
    more = "self.euros = euros\n        self.log = []\n        self.tries = 3"
    project.edit("app.py", "self.euros = euros", more)
    patch = project.refresh()
    assert (account.log, account.tries, savings.log) == ([], 3, [])
    assert account.log is not savings.log
    assert "2 live instances were given log, tries" in patch.changes[0].detail
    livepatch.undo()
    assert vars(account) == {"euros": 1}


def test_an_attribute_that_an_instance_has_already_is_left_alone(project):
    app = project.start("app", HOOKED)
    account = app.Account(1)
    account.tries = 7
    project.edit("app.py", "self.euros = euros", "self.euros = euros\n        self.tries = 3")
    project.refresh()
    assert account.tries == 7


def test_what_init_makes_of_its_arguments_cannot_be_given_and_is_reported(project):
    app = project.start("app", HOOKED)
    account = app.Account(1)
    project.edit("app.py", "self.euros = euros", "self.euros = euros\n        self.n = euros")
    (note,) = project.refresh().notes
    assert note.slug == "old-instances"
    assert "1 live instances have no n" in note.message
    assert not hasattr(account, "n")
