"""What a report says, and what it never lets through."""

import json
import re
from pathlib import Path

import pytest

from livepatch import report
from livepatch.model import Change, ChangeKind, Note, Patch, PatchKind, Refusal

HOME = Path("home").absolute()
ROOT = str(HOME / "project")
CART = str(HOME / "project" / "shop" / "cart.py")
TAX = str(HOME / "project" / "shop" / "tax.py")
SHOP_CART = str(Path("shop", "cart.py"))
SHOP_TAX = str(Path("shop", "tax.py"))
OLD_FRAME = Note("old-frame", "Cart.checkout", CART, 44, "1 frame still runs the old code")
PATCH = Patch(
    3,
    changes=(
        Change(ChangeKind.UPDATED, "Cart.total", CART, 12, detail="body, 1 default"),
        Change(ChangeKind.ADDED, "Cart.discount", CART, 30),
        Change(ChangeKind.EXECUTED, "RATE = 20", TAX, 4, detail="also in shop.cart"),
        Change(ChangeKind.REMOVED, "old_rate", TAX, 9),
        Change(ChangeKind.RENAMED, "rebate", TAX, 20, detail="was discount"),
    ),
    notes=(OLD_FRAME,),
    files=(CART, TAX),
    seconds=0.0018,
)
REFUSAL = Refusal(
    "source",
    TAX,
    9,
    "SyntaxError: '(' was never closed",
    column=13,
    line_text="    def rate(x:",
    waiting=(CART,),
)
HELD = Patch(0, errors=(REFUSAL,), files=(CART, TAX))


def render(patch, **choices):
    return report.render(patch, **({"root": ROOT, "color": False} | choices))


def change(qualname="f", file=CART, line=1, detail=""):
    return Change(ChangeKind.UPDATED, qualname, file, line, detail=detail)


def without_colour(text):
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_a_patch_is_a_header_and_one_aligned_line_per_change_and_note():
    assert render(PATCH).splitlines() == [
        "livepatch  patch 3 · 2 files · 5 changes · 1.8 ms",
        f"  ~ {SHOP_CART}:12   Cart.total      body, 1 default",
        f"  + {SHOP_CART}:30   Cart.discount",
        f"  ↻ {SHOP_TAX}:4     RATE = 20       also in shop.cart",
        f"  - {SHOP_TAX}:9     old_rate",
        f"  → {SHOP_TAX}:20    rebate          was discount",
        "  ! Cart.checkout: 1 frame still runs the old code",
    ]


def test_a_held_patch_shows_the_place_the_caret_who_waits_and_what_goes_on():
    assert render(HELD, current=3).splitlines() == [
        f"livepatch  held · {SHOP_TAX}:9: SyntaxError: '(' was never closed",
        "      def rate(x:",
        "              ^",
        f"  nothing was applied; {SHOP_CART} waits for it; the program goes on with patch 3",
    ]


def test_a_patch_held_before_the_first_one_says_that_the_program_goes_on_as_it_was():
    assert render(HELD).endswith("the program goes on as it was")


def test_every_reason_of_a_held_patch_is_listed():
    second = Refusal("source", CART, 2, "SyntaxError: invalid syntax")
    text = render(Patch(0, errors=(REFUSAL, second)))
    assert f"  also {SHOP_CART}:2: SyntaxError: invalid syntax" in text.splitlines()
    assert f"{SHOP_CART} waits for them" in text


def test_a_refusal_names_its_place_or_else_the_definition():
    named = Refusal("execution", TAX, 3, "NameError: x", "rate")
    assert f"held · {SHOP_TAX}:3: NameError: x" in render(Patch(0, errors=(named,)))
    placeless = Refusal("execution", "", 0, "NameError: x", "rate")
    assert "held · rate: NameError: x" in render(Patch(0, errors=(placeless,)))
    nameless = Refusal("execution", "", 0, "NameError: x")
    assert "held · NameError: x" in render(Patch(0, errors=(nameless,)))


def test_many_waiting_files_are_counted_and_all_are_named_when_verbose():
    files = tuple(str(Path(ROOT, f"f{number}.py")) for number in range(9))
    held = Patch(0, errors=(Refusal("empty", TAX, 0, "the file is empty", waiting=files),))
    assert "f0.py, f1.py, f2.py and 6 more wait for it" in render(held)
    assert "f7.py and f8.py wait for it" in render(held, verbose=1)


def test_the_caret_stands_under_the_character_behind_wide_ones_and_tabs():
    wide = Refusal("source", TAX, 1, "SyntaxError: no", column=7, line_text="\t名前 = )")
    assert render(Patch(0, errors=(wide,))).splitlines()[1:3] == [
        "      名前 = )",
        "             ^",
    ]


def test_no_caret_is_drawn_where_the_column_is_unknown():
    refusal = Refusal("source", TAX, 1, "SyntaxError: no", line_text="x = )")
    assert "^" not in render(Patch(0, errors=(refusal,)))


def test_an_exception_of_the_program_is_shown_with_the_end_of_its_traceback():
    text = "Traceback:\n" + "".join(f"  line {n}\n" for n in range(30)) + "NameError: x\n"
    held = Patch(0, errors=(Refusal("execution", TAX, 3, "NameError: x", traceback=text),))
    assert "      NameError: x" in render(held).splitlines()
    assert "  line 1\n" not in render(held)
    assert "  line 1\n" in render(held, verbose=1)


def test_nothing_changed_is_said_in_one_line():
    assert render(Patch(0)) == "livepatch  nothing changed"


def test_a_patch_of_moved_lines_says_so():
    assert render(Patch(2, files=(CART,), seconds=0.0004)) == (
        "livepatch  patch 2 · 1 file · lines only · 0.4 ms"
    )


@pytest.mark.parametrize("kind", [PatchKind.UNDO, PatchKind.REDO, PatchKind.STRING])
def test_a_patch_that_is_no_save_says_where_it_came_from(kind):
    assert f"patch 4 ({kind.value})" in render(Patch(4, kind, changes=(change(),)))


def test_only_the_first_of_many_changes_are_listed_unless_verbose():
    patch = Patch(1, changes=tuple(change(f"f{n}") for n in range(57)))
    assert len(render(patch).splitlines()) == 22
    assert render(patch).splitlines()[-1] == "  … and 37 more"
    assert len(render(patch, verbose=1).splitlines()) == 58


def test_one_change_more_than_fits_is_listed_rather_than_counted():
    patch = Patch(1, changes=tuple(change(f"f{n}") for n in range(21)))
    assert "more" not in render(patch)


def test_many_notes_are_counted():
    text = render(Patch(1, notes=(OLD_FRAME,) * 40))
    assert text.splitlines()[-1] == "  … and 30 more notes"


def test_the_slug_of_a_note_is_for_verbose_readers():
    assert "[old-frame]" not in render(PATCH)
    assert render(PATCH, verbose=1).endswith("  [old-frame]")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 ms"),
        (0.00996, "10.0 ms"),
        (0.0999, "99.9 ms"),
        (0.09996, "100 ms"),
        (0.14, "140 ms"),
        (0.9996, "1.0 s"),
        (2.06, "2.1 s"),
    ],
)
def test_times_are_said_as_a_person_says_them(seconds, text):
    assert render(Patch(1, seconds=seconds)).endswith(f"· {text}")


def test_paths_outside_the_root_are_shown_whole():
    elsewhere = str(HOME / "project-two" / "a.py")
    assert f"{elsewhere}:1" in render(Patch(1, changes=(change(file=elsewhere),)))


def test_a_patch_from_a_string_keeps_the_name_of_its_source():
    assert "  ~ <string>:1 " in render(Patch(1, changes=(change(file="<string>"),)))


def test_a_long_path_is_never_broken_nor_does_it_push_the_others_out():
    long = str(Path(ROOT, *["folder"] * 20, "a.py"))
    patch = Patch(1, changes=(change("long_one", long), change("short_one")))
    first, second = render(patch, color=False).splitlines()[1:]
    assert str(Path(long).relative_to(ROOT)) + ":1   long_one" in first
    assert len(second) < 80
    assert without_colour(render(patch, color=True)) == render(patch)


def test_a_long_name_sticks_out_alone_and_leaves_the_columns_of_the_others():
    names = ["a" * 60, "short", "longer"]
    patch = Patch(1, changes=tuple(change(name, detail="body") for name in names))
    _, long, short, longer = render(patch).splitlines()
    assert long.endswith("a   body")
    assert short.index("body") == longer.index("body") == longer.index("longer") + 9


def test_a_statement_without_a_name_is_cut_to_a_readable_length():
    line = render(Patch(1, changes=(change("call(" + "x, " * 100 + ")"),))).splitlines()[1]
    assert line.endswith("…")
    assert len(line) < 110


@pytest.mark.parametrize("patch", [PATCH, HELD, Patch(0)], ids=["patch", "held", "nothing"])
def test_colour_adds_nothing_but_colour(patch):
    coloured = render(patch, color=True)
    assert "\x1b[" in coloured
    plain = [line.rstrip() for line in without_colour(coloured).splitlines()]
    assert plain == render(patch).splitlines()


@pytest.mark.parametrize("patch", [PATCH, HELD], ids=["patch", "held"])
def test_the_ascii_form_is_ascii(patch):
    assert render(patch, ascii=True).isascii()


def test_ascii_keeps_the_columns_and_names_the_symbols():
    text = render(PATCH, ascii=True)
    assert "livepatch  patch 3 | 2 files" in text
    assert "  > " in text
    assert "  * " in text


@pytest.mark.parametrize(
    ("encoding", "answer"),
    [("utf-8", False), ("utf-16", False), ("ascii", True), ("cp437", True), (None, True)],
)
def test_a_stream_that_cannot_take_the_symbols_needs_ascii(encoding, answer):
    assert report.needs_ascii(encoding) is answer


def test_an_unknown_encoding_needs_ascii():
    assert report.needs_ascii("no-such-encoding")


@pytest.mark.parametrize("evil", ["a\nb", "\x1b[2J", "\r", "\u202e", "\udc80", "\x9b"])
def test_nothing_of_the_program_can_break_a_line_or_drive_the_terminal(evil):
    patch = Patch(
        1,
        changes=(change(evil, str(Path(ROOT, evil)), detail=evil),),
        notes=(Note("x", evil, CART, 1, evil),),
    )
    held = Patch(
        0,
        errors=(
            Refusal("source", str(Path(ROOT, evil)), 1, evil, evil, 1, evil, (evil,)),
            Refusal("execution", CART, 1, evil, traceback=f"T\n{evil}E"),
        ),
    )
    assert len(render(patch).splitlines()) == 3
    for text in (render(patch), render(held), report.log_line(patch, root=ROOT)):
        for line in text.split("\n"):
            assert line.isprintable()
    assert report.log_line(held, root=ROOT).isprintable()


def test_a_log_line_tells_the_whole_patch_in_one_line_of_ascii():
    line = report.log_line(PATCH, root=ROOT, time="2026-11-22 10:00:00")
    assert line.startswith("2026-11-22 10:00:00 patch 3 in 1.8 ms: ")
    assert f"~ {SHOP_CART}:12 Cart.total (body, 1 default); " in line
    assert line.endswith("! Cart.checkout: 1 frame still runs the old code [old-frame]")
    assert line.isascii()
    assert "\n" not in line


def test_a_log_line_of_a_held_patch_has_every_reason():
    line = report.log_line(HELD, root=ROOT)
    assert line == f"held: {SHOP_TAX}:9: SyntaxError: '(' was never closed"


def test_a_log_line_says_when_nothing_changed_and_when_only_lines_moved():
    assert report.log_line(Patch(0), root=ROOT) == "nothing changed"
    assert report.log_line(Patch(2), root=ROOT) == "patch 2 in 0.0 ms: lines only"


def test_json_has_every_field_of_a_patch_on_one_line():
    text = report.to_json(PATCH, time="2026-11-22T10:00:00Z")
    data = json.loads(text)
    assert "\n" not in text
    assert data["time"] == "2026-11-22T10:00:00Z"
    assert (data["event"], data["number"], data["kind"]) == ("patch", 3, "files")
    assert data["ok"] is True
    assert data["files"] == [CART, TAX]
    assert data["changes"][0] == {
        "kind": "updated",
        "qualname": "Cart.total",
        "file": CART,
        "line": 12,
        "module": "",
        "detail": "body, 1 default",
    }
    assert data["notes"][0]["slug"] == "old-frame"


def test_json_of_a_held_patch_has_the_place_and_what_waits():
    data = json.loads(report.to_json(HELD))
    assert (data["event"], data["ok"], data["number"]) == ("held", False, 0)
    assert data["errors"][0]["line"] == 9
    assert data["errors"][0]["column"] == 13
    assert data["errors"][0]["waiting"] == [CART]
    assert "time" not in data


def test_json_says_when_nothing_changed():
    assert json.loads(report.to_json(Patch(0)))["event"] == "unchanged"


def test_a_message_has_the_look_of_a_report():
    assert report.render_message("watching a\nand b", color=False) == (
        "livepatch  watching a\n  and b"
    )
    assert report.render_message("über", color=False, ascii=True) == "livepatch  \\xfcber"
