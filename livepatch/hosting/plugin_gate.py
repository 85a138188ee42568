"""Keeps patches out after which a plugin would break the contract or take another's name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from livepatch.hosting.contract import Contract, names_after
from livepatch.hosting.loading import error_text
from livepatch.hosting.plugin_folder import PluginFolder
from livepatch.hosting.plugin_values import name_in
from livepatch.model import FilePlan, Refusal
from livepatch.patching.transaction import Transaction


class PluginGate:
    """A gate of the patcher, and the judge of plugins that are new."""

    def __init__(self, folder: PluginFolder, contract: Contract) -> None:
        """Judge the plugins of `folder`."""
        self._folder = folder
        self._contract = contract

    def wrong_in(self, unit: str, names: Mapping[str, Any]) -> list[str]:
        """Give what breaks the contract; a contract that raises is not kept, either."""
        try:
            return list(self._contract(names))
        except Exception as error:  # noqa: BLE001  the contract is the user's code
            return [f"the contract could not be checked: {error_text(error, (unit,))}"]

    def clashes(self, changed: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Give a line for each of the changed plugins whose name another plugin has."""
        names: dict[str, str] = {}
        for unit, plugin in list(self._folder.plugins.items()):
            if unit not in changed and not self._folder.is_missing(unit):
                names[plugin.meta.name] = unit
        lines = {}
        for unit, namespace in changed.items():
            name = name_in(namespace, unit)
            if name in names:
                taken = os.path.relpath(names[name], self._folder.path)
                lines[unit] = f"the name {name!r} is taken by {taken}"
            names[name] = unit
        return lines

    def __call__(self, transaction: Transaction, plans: Sequence[FilePlan]) -> Refusal | None:
        """Refuse a patch after which one of its plugins would break the contract.

        The patcher calls this under its own lock: that of the manager may not be asked for here.
        """
        files = {plan.file for plan in plans}
        after: dict[str, Mapping[str, Any]] = {}
        for unit, plugin in list(self._folder.plugins.items()):
            if plugin.entry in files:
                writes = [*transaction.forward, *transaction.pending]
                after[unit] = names_after(vars(plugin.module), writes)
        clashes = self.clashes(after)
        for unit, names in after.items():
            text = "; ".join(self.wrong_in(unit, names)) or clashes.get(unit)
            if text:
                entry = self._folder.plugins[unit].entry
                return Refusal("contract", entry, 1, text)
        return None
