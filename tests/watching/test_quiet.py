"""When a batch is ready; the clock is a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livepatch.watching.quiet import PATIENCE, SETTLE, SLICE, Quiet

DEBOUNCE = 0.05


@pytest.fixture
def quiet():
    return Quiet(debounce=DEBOUNCE)


def test_nothing_is_due_while_nothing_has_changed(quiet):
    assert quiet.due() is None


def test_a_finished_save_is_due_after_the_settle(quiet):
    quiet.add("a", complete=True, now=10.0)
    assert quiet.due() == 10.0 + SETTLE


def test_on_a_contended_machine_the_settle_is_longer(quiet):
    quiet.add("a", complete=True, now=10.0)
    quiet.contend(0.5)
    assert quiet.due() == pytest.approx(10.0 + SETTLE + SLICE / 2)
    quiet.contend(0.0)
    assert quiet.due() == 10.0 + SETTLE
    quiet.contend(0.5)
    quiet.take()
    quiet.add("a", complete=True, now=20.0)
    assert quiet.due() == 20.0 + SETTLE, "every batch is asked for anew"


def test_an_unfinished_save_waits_for_quiet(quiet):
    quiet.add("a", complete=False, now=10.0)
    assert quiet.due() == 10.0 + DEBOUNCE


def test_the_close_of_a_file_ends_the_wait_for_it(quiet):
    quiet.add("a", complete=False, now=10.0)
    quiet.add("a", complete=True, now=10.01)
    assert quiet.due() == 10.01 + SETTLE


def test_a_file_touched_again_after_its_close_waits_again(quiet):
    quiet.add("a", complete=True, now=10.0)
    quiet.add("a", complete=False, now=10.0)
    assert quiet.due() == 10.0 + DEBOUNCE


def test_a_second_file_makes_a_burst_of_it(quiet):
    quiet.add("a", complete=True, now=10.0)
    quiet.add("b", complete=True, now=10.001)
    assert quiet.due() == 10.001 + DEBOUNCE
    assert quiet.take() == {"a", "b"}


def test_in_the_middle_of_a_burst_nobody_need_look_for_a_moment(quiet):
    assert quiet.lull == 0.0
    quiet.add("a", complete=True, now=10.0)
    assert quiet.lull == 0.0, "a save of one file goes live at once"
    quiet.add("b", complete=False, now=10.001)
    assert 0.0 < quiet.lull < DEBOUNCE
    quiet.take()
    assert quiet.lull == 0.0


def test_who_says_that_a_file_is_finished_is_believed_until_it_changes_again(quiet):
    quiet.add("a", complete=True, now=10.0)
    quiet.add("b", complete=False, now=10.0)
    assert quiet.unfinished == ["b"]
    quiet.add("a", complete=False, now=10.01)
    assert quiet.unfinished == ["a", "b"]


def test_a_taken_batch_is_pending_no_more(quiet):
    quiet.add("a", complete=True, now=10.0)
    quiet.take()
    assert quiet.due() is None
    assert quiet.pending == frozenset()


def test_a_batch_that_never_falls_quiet_is_due_in_the_end(quiet):
    for step in range(1000):
        quiet.add("a", complete=False, now=10.0 + step * 0.01)
    assert quiet.due() == 10.0 + PATIENCE


def test_a_touch_begins_the_quiet_time_anew(quiet):
    quiet.add("a", complete=True, now=10.0)
    quiet.touch(20.0)
    assert quiet.due() == 20.0 + DEBOUNCE


def test_an_event_noticed_late_is_counted_from_when_it_happened(quiet):
    quiet.add("a", complete=True, now=10.0 - 0.005)
    assert quiet.due() < 10.0


def test_without_debounce_there_is_no_settle_either():
    quiet = Quiet(debounce=0.0)
    quiet.add("a", complete=True, now=10.0)
    assert quiet.due() == 10.0


EVENTS = st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 0.02)))


@given(EVENTS)
def test_nothing_is_lost_and_nothing_waits_longer_than_the_quiet_time(events):
    quiet = Quiet(debounce=DEBOUNCE)
    now = 10.0
    for file, complete, gap in events:
        now += gap
        quiet.add(file, complete=complete, now=now)
        assert quiet.due() <= now + DEBOUNCE
    assert quiet.take() == {file for file, _, _ in events}
