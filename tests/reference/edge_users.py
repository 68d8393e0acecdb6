"""Users with one thing each, on a day beside which a window of a night begins or ends.

A window that is a day too long or too short changes all that is counted of such a user.
"""

from __future__ import annotations

from datetime import timedelta

from scoring.reference.values import months_before
from tests.reference.edge_user import EdgeUser
from tests.reference.old_landing import GRACE_DAYS, NIGHTS, OldLanding

STARTS = [NIGHTS[0] - timedelta(days=days) for days in (7, 30, 90, 180, 360, 365)]
STARTS.append(months_before(NIGHTS[0], 24))
ENDS = [NIGHTS[1]]
"""Of a night with batches to look at after it, so that only the night ends its windows."""


def send_edge_users(world: OldLanding) -> None:
    """Send every kind of user for every edge."""
    for edge in STARTS + ENDS:
        for offset in (-1, 0, 1):
            day = edge + timedelta(days=offset)
            for kind in (Active, Billed, Due, Matured, Late, Cured, CuredLate):
                kind(world, day).send()


class Active(EdgeUser):
    """Buys, gives back, pays in every way, applies, draws and has the limit changed on the day."""

    def act(self) -> None:
        bought = {"direction": "out", "category_code": "groceries", "merchant_id": "m1"}
        late, noon = self.at(0, "23:00:00"), self.at(0)
        for number, (moment, more) in enumerate(
            (
                (late, {"amount": "100", "payment_method": "huabei_installment"}),
                (noon, {"amount": "40", "payment_method": "huabei"}),
                (noon, {"amount": "30", "refund_of": f"t0-{self.name}"}),
            )
        ):
            row = {"transaction_id": f"t{number}-{self.name}", "occurred_at": moment}
            self.put("transactions", self.on(0), **(row | bought | more))
        for number, (method, status) in enumerate(
            (
                ("autopay", "succeeded"),
                ("autopay", "failed"),
                ("manual", "reversed"),
                ("manual", "succeeded"),
                ("early", "succeeded"),
                ("third_party", "succeeded"),
            )
        ):
            paid = {"account_id": f"huabei-{self.name}", "amount": "20"}
            self.pay(number, 0, method=method, status=status, **paid)
        self.borrow(0, 0, applied_at=self.at(0, "00:00:00"), lender_id="bank_a")
        self.borrow(1, 0, applied_at=noon, disbursed_at=None, decision="rejected")
        self.borrow(2, 0, product="huabei")
        for action in ("raise", "cut", "freeze", "decline"):
            row = {"decision_id": f"{action}-{self.name}", "decided_at": noon, "action": action}
            self.put("limit_decisions", self.on(0), product="jiebei", **row)


class Billed(EdgeUser):
    """Is billed all of the limit while a cash loan runs, and pays on the next day."""

    def act(self) -> None:
        self.borrow(0, 0)
        self.pay(0, 1, amount="100", **self.bill(0, due=10))


class Due(EdgeUser):
    """Has a bill that falls due on the day, part of it in a plan."""

    def act(self) -> None:
        name = self.bill(-20, due=0)
        plan = {"origin_statement_id": name["statement_id"], "principal": "40"}
        self.borrow(0, -15, product="huabei", **plan)
        self.pay(0, -10, amount="30", **name)


class Matured(EdgeUser):
    """Has a bill, met at the minimum, and an instalment whose last day it is."""

    def act(self) -> None:
        self.pay(0, -20, amount="10", **self.bill(-25, due=-GRACE_DAYS))
        self.owe(1, due=-GRACE_DAYS, paid=-7)


class Late(EdgeUser):
    """Becomes late on the day, and with other debts 7, 30, 60 and 90 days past due."""

    def act(self) -> None:
        self.owe(0, due=-GRACE_DAYS - 1, paid=7)
        for days in (7, 30, 60, 90):
            self.owe(days, due=-days, paid=1)


class Cured(EdgeUser):
    """Pays a little late, on the day."""

    def act(self) -> None:
        self.owe(0, due=-5, paid=0)


class CuredLate(EdgeUser):
    """Pays more than a month late, on the day."""

    def act(self) -> None:
        self.owe(0, due=-35, paid=0)
