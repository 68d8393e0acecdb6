"""The world's state: what is known of every user, line, bill, loan and instalment today."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoring.simulator.agenda import Agenda, Table
from scoring.simulator.arrays import NO_ROWS, SECONDS_PER_DAY, Bools, Floats, Ints, rank_in_group
from scoring.simulator.batches import DayBatch
from scoring.simulator.parameters import Parameters
from scoring.simulator.population import Population, draw_population
from scoring.simulator.randomness import Randomness

NO_LINE, ACTIVE, FROZEN, CLOSED = range(4)
"""States of a credit line; the same order as encoding.LINE_STATUS."""
OPEN, SETTLED, LOST = range(3)
"""States of a bill, instalment or loan."""
HUABEI, JIEBEI = range(2)
SHORT, LONG, ENDLESS = range(3)
"""Kinds of distress."""


@dataclass
class Line:
    """One product's credit line per user; money in fen.

    Attributes:
        used: What is drawn on the line, unconfirmed purchases included.
        is_changed: Terms that must be sent tonight.
    """

    product: int
    status: Ints
    limit: Ints
    temporary_limit: Ints
    temporary_until: Ints
    used: Ints
    opened_day: Ints
    rate: Ints
    is_changed: Bools

    @classmethod
    def empty(cls, product: int, users: int) -> Line:
        """Nobody has a line yet."""
        zeros = np.zeros(users, dtype=np.int64)
        return cls(
            product=product,
            status=zeros.copy(),
            limit=zeros.copy(),
            temporary_limit=zeros.copy(),
            temporary_until=zeros.copy(),
            used=zeros.copy(),
            opened_day=zeros.copy(),
            rate=zeros.copy(),
            is_changed=np.zeros(users, dtype=np.bool_),
        )

    def available(self, day: int) -> Ints:
        """Room for new debt; 0 where the line is not active or opens only tonight."""
        is_temporary = self.temporary_until > day * SECONDS_PER_DAY
        limit = self.limit + np.where(is_temporary, self.temporary_limit, 0)
        is_usable = (self.status == ACTIVE) & (self.opened_day < day)
        return np.where(is_usable, np.maximum(limit - self.used, 0), 0)


@dataclass
class State:
    """What changes from day to day, one entry per user.

    Attributes:
        score: The lender's own score, 350-950, that moves limits (never published by creditloop).
        spending_30d: Exponential average of spending over about 30 days, in fen.
        baseline_limit: Pay-later limit at the baseline flow and a score of 600, in fen.
        streak: Bills and instalments paid on time in a row.
        late_memory: Recent late payments; halves in 90 days.
        strain_until: First day without strain.
        distress_until: First day on which the user can pay again.
        distress_kind: SHORT, LONG or ENDLESS, of the last distress.
        overdue_count: Bills and instalments past due now.
        open_loans: Cash loans not closed.
        newest_bill: Row of the newest bill; -1 = none yet.
        billed_left: Unpaid part of the newest bill, in fen; earlier bills are contained in it.
        paid_total: All that was ever paid on bills, in fen.
        unbilled: Confirmed pay-later purchases, fees and refunds since the last bill, in fen.
        is_billable: Something happened on the line since the last bill.
        balance: Money on the platform, in fen.
        is_lost: Written off once; no credit any more.
    """

    score: Floats
    spending_30d: Floats
    baseline_limit: Floats
    streak: Ints
    late_memory: Floats
    strain_until: Ints
    distress_until: Ints
    distress_kind: Ints
    overdue_count: Ints
    open_loans: Ints
    newest_bill: Ints
    billed_left: Ints
    paid_total: Ints
    unbilled: Ints
    is_billable: Bools
    balance: Ints
    is_lost: Bools
    numbers: dict[str, Ints]


@dataclass
class World:
    """Everything a step of the day needs.

    Users are numbered from 0 in every vector; ``first_user`` is the number in the whole population
    of the first of them.
    """

    first_user: int
    start: int
    last_day: int
    random: Randomness
    parameters: Parameters
    hidden: Population
    state: State
    lines: tuple[Line, Line]
    batch: DayBatch = field(default_factory=DayBatch)
    agendas: dict[str, Agenda] = field(default_factory=dict)
    bills: Table = field(
        default_factory=lambda: Table(
            *("user_id", "number", "statement_day", "due_day", "amount", "minimum", "paid_before"),
            *("state", "reported", "written_off"),
        )
    )
    loans: Table = field(
        default_factory=lambda: Table(
            *("user_id", "number", "product", "applied_at", "disbursed_at", "decision"),
            *("principal", "total_due", "rate", "term_months", "term_days", "method", "lender"),
            *("origin", "closed_at", "close_reason", "written_off", "reported", "status_at"),
            *("state", "first_installment", "installment_count", "unpaid_count", "principal_left"),
        )
    )
    installments: Table = field(
        default_factory=lambda: Table(
            *("user_id", "loan", "number", "due_day", "amount", "principal", "interest", "state")
        )
    )
    overdue_bills: Ints = field(default_factory=lambda: NO_ROWS)
    overdue_installments: Ints = field(default_factory=lambda: NO_ROWS)

    @property
    def huabei(self) -> Line:
        """The pay-later line."""
        return self.lines[HUABEI]

    @property
    def jiebei(self) -> Line:
        """The cash line."""
        return self.lines[JIEBEI]

    def agenda(self, name: str) -> Agenda:
        """The agenda of that name, made on first use."""
        return self.agendas.setdefault(name, Agenda(self.last_day))

    def number(self, kind: str, users: Ints, digits: int) -> Ints:
        """New ids: the user's number followed by the next ``digits`` digits of that kind."""
        counters = self.state.numbers.setdefault(kind, np.zeros(self.hidden.size, dtype=np.int64))
        numbers: Ints = (
            self.user_number(users) * 10**digits + counters[users] + rank_in_group(users)
        )
        np.add.at(counters, users, 1)
        return numbers

    def user_number(self, users: Ints) -> Ints:
        """Numbers of the users in the whole population."""
        return users + self.first_user

    def account_number(self, product: Ints | int, users: Ints) -> Ints:
        """Number of each user's line of the product."""
        return (product + 1) * 10**8 + self.user_number(users)

    def moment(self, purpose: str, day: int, users: Ints, item: Ints | None = None) -> Ints:
        """A moment between 06:00 and 23:59 of the day for each row."""
        hour = 3600
        return day * SECONDS_PER_DAY + self.random.integer(
            f"second of {purpose}", 6 * hour, SECONDS_PER_DAY - 60, day, users, item
        )

    def is_distressed(self, day: int, users: Ints) -> Bools:
        """Whether the users cannot pay today."""
        distressed: Bools = self.state.distress_until[users] > day
        return distressed

    def has_cash_access(self) -> Bools:
        """Whether each user's cash line is open."""
        has_access: Bools = self.jiebei.status == ACTIVE
        return has_access


def create_world(
    *,
    users: int,
    start: int,
    last_day: int,
    seed: int,
    parameters: Parameters,
    first_user: int = 0,
    branch: int = 0,
    branch_day: int | None = None,
) -> World:
    """A world on the morning of day ``start``: traits are drawn, nothing has happened yet.

    ``branch`` other than 0 is another future of the same world from ``branch_day`` on.
    """
    random = Randomness(seed, users, first_user, branch=branch, branch_day=branch_day)
    hidden = draw_population(random, start, parameters)
    zeros = np.zeros(users, dtype=np.int64)
    long_ago = zeros - 10**6
    state = State(
        score=np.full(users, 500.0),
        spending_30d=np.zeros(users),
        baseline_limit=np.ones(users),
        streak=zeros.copy(),
        late_memory=np.zeros(users),
        strain_until=long_ago.copy(),
        distress_until=long_ago.copy(),
        distress_kind=zeros.copy(),
        overdue_count=zeros.copy(),
        open_loans=zeros.copy(),
        newest_bill=zeros - 1,
        billed_left=zeros.copy(),
        paid_total=zeros.copy(),
        unbilled=zeros.copy(),
        is_billable=np.zeros(users, dtype=np.bool_),
        balance=hidden.income // 3,
        is_lost=np.zeros(users, dtype=np.bool_),
        numbers={},
    )
    lines = (Line.empty(HUABEI, users), Line.empty(JIEBEI, users))
    return World(first_user, start, last_day, random, parameters, hidden, state, lines)
