"""Random programs under random edits: what runs must be what a fresh interpreter would run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "oracle"))
import oracle_editing as oracle

oracle.Editing.TestCase.settings = oracle.settings(steps=12)
TestEditsOfRandomPrograms = oracle.Editing.TestCase
pytestmark = pytest.mark.timeout(oracle.TIMEOUT)
