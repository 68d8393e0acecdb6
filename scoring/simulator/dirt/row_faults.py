"""Row-level faults: what lands of a picked row today, and what comes later."""

from __future__ import annotations

from collections.abc import Callable

from scoring.landing.contract import Feed
from scoring.simulator.dirt.blocks import Row, key_text
from scoring.simulator.dirt.breaks import list_breaks, to_foreign
from scoring.simulator.dirt.file_faults import FileFaultCalendar
from scoring.simulator.dirt.landing import Landing
from scoring.simulator.dirt.ledger import Fault, Ledger, Outcome
from scoring.simulator.dirt.levels import (
    LONGEST_DELAY_DAYS,
    LONGEST_USER_DELAY_DAYS,
    RowFaultKind,
)
from scoring.simulator.dirt.pending import PendingRow
from scoring.simulator.dirt.picks import Pick
from scoring.simulator.dirt.variants import make_ghost, make_phantom, make_wrong
from scoring.simulator.randomness import mix_one

HIDING_KINDS: frozenset[RowFaultKind] = frozenset({"late", "conflicting_key", "bad_value"})
"""After these no version of the row has landed that day."""


class RowFaults:
    """The row-level faults of one feed."""

    def __init__(self, feed: Feed, calendar: FileFaultCalendar, ledger: Ledger) -> None:
        self._feed, self._calendar, self._ledger = feed, calendar, ledger
        self._longest = LONGEST_USER_DELAY_DAYS if feed.name == "users" else LONGEST_DELAY_DAYS
        self._acts: dict[RowFaultKind, Callable[[Pick, Landing], PendingRow | None]] = {
            "late": self._delay,
            "resent": self._resend,
            "corrected": self._correct,
            "withdrawn": self._withdraw,
            "duplicate": self._duplicate,
            "conflicting_key": self._contradict,
            "bad_value": self._spoil,
            "unknown_user": self._add_ghost,
        }

    def inject(self, pick: Pick, landing: Landing) -> PendingRow | None:
        """Change what lands today; returns what is to land later, if anything."""
        return self._acts[pick.kind](pick, landing)

    def _delay(self, pick: Pick, landing: Landing) -> PendingRow:
        landing.removed.append(pick.place)
        return self._later(pick, self._fault(pick, "late"))

    def _resend(self, pick: Pick, _: Landing) -> PendingRow:
        return self._later(pick, self._fault(pick, "resent"))

    def _correct(self, pick: Pick, landing: Landing) -> PendingRow:
        landing.removed.append(pick.place)
        landing.rows.append(make_wrong(self._feed, pick.row))
        return self._later(pick, self._fault(pick, "corrected"))

    def _withdraw(self, pick: Pick, landing: Landing) -> PendingRow:
        phantom = make_phantom(self._feed, pick.row, pick.day)
        landing.rows.append(phantom)
        fault = self._fault(pick, "withdrawn", phantom)
        return PendingRow(pick.bits, self._due(pick), phantom, fault, is_withdrawal=True)

    def _duplicate(self, pick: Pick, landing: Landing) -> None:
        landing.rows.append(pick.row)
        self._ledger.add(
            self._fault(pick, "quarantined", rule="duplicate", arrives=pick.day),
        )

    def _contradict(self, pick: Pick, landing: Landing) -> PendingRow:
        landing.rows.append(make_wrong(self._feed, pick.row))
        fault = self._fault(pick, "quarantined", rule="conflicting_key", row_count=2)
        return self._later(pick, fault)

    def _spoil(self, pick: Pick, landing: Landing) -> PendingRow:
        breaks = list_breaks(self._feed.name)
        chosen = breaks[mix_one(pick.bits) % len(breaks)]
        spoiled = dict(pick.row)
        chosen.spoil(spoiled)
        landing.removed.append(pick.place)
        if chosen.is_foreign:
            landing.foreign_rows.append(to_foreign(self._feed, spoiled))
        else:
            landing.rows.append(spoiled)
        fault = self._fault(pick, "quarantined", rule=chosen.rule, column=chosen.column)
        return self._later(pick, fault)

    def _add_ghost(self, pick: Pick, landing: Landing) -> None:
        ghost = make_ghost(self._feed, pick.row, pick.day)
        landing.rows.append(ghost)
        self._ledger.add(self._fault(pick, "held", ghost))

    def _fault(
        self,
        pick: Pick,
        outcome: Outcome,
        row: Row | None = None,
        *,
        rule: str | None = None,
        column: str | None = None,
        arrives: int | None = None,
        row_count: int = 1,
    ) -> Fault:
        key = key_text(self._feed, pick.row if row is None else row)
        return Fault(
            kind=pick.kind,
            feed=self._feed.name,
            day=pick.day,
            outcome=outcome,
            key=key,
            rule=rule,
            column=column,
            arrives=arrives,
            row_count=row_count,
        )

    def _later(self, pick: Pick, fault: Fault) -> PendingRow:
        return PendingRow(pick.key_hash, self._due(pick), pick.row, fault)

    def _due(self, pick: Pick) -> int:
        day = pick.day + 1 + pick.bits % self._longest
        return self._calendar.find_whole_day(self._feed.name, day)
