"""Users whose first years may be left out, most with one thing that may forbid it.

A bill a month since the year before the user's day, each paid in full, until after it. The days
lie around the last one outside the 24 months of a night.
"""

from __future__ import annotations

from datetime import timedelta

from scoring.reference.values import Row, months_before
from tests.reference.edge_user import EdgeUser
from tests.reference.old_landing import NIGHTS, OldLanding

BILLED = range(-330, 91, 30)
"""Days from the user's day on which bills are issued."""
EDGE = months_before(NIGHTS[2], 24)


def send_settled_users(world: OldLanding) -> None:
    """Send every kind of user on the last day outside the windows and beside it."""
    for offset in (-1, 0, 1):
        for kind in KINDS:
            kind(world, EDGE + timedelta(days=offset)).send()


class Settled(EdgeUser):
    """Has paid everything, and a cash loan and a plan long ago."""

    amount = "100"

    def act(self) -> None:
        for offset in BILLED:
            self.issue(offset)
            self.settle(offset)
        self.lend(900, drawn=-300, due=-270, closed=-272)
        self.plan(901, drawn=-295, named=-300, closed=-260)
        self.add()

    def add(self) -> None:
        """Send the one thing."""

    def statement(self, offset: int) -> Row:
        """What names the bill of a day."""
        return {"statement_id": f"s{offset}-{self.name}"}

    def issue(self, offset: int, **columns: object) -> None:
        """A bill, at least 10, due 15 days later."""
        row = {
            "account_id": f"huabei-{self.name}",
            "statement_date": self.on(offset),
            "due_date": self.on(offset + 15),
            "amount_due": self.amount,
            "minimum_due": "10",
        }
        self.put("statements", self.on(offset), **(row | self.statement(offset) | columns))

    def settle(self, offset: int) -> None:
        """A payment of the whole bill, 10 days after its issue."""
        self.pay(offset, offset + 10, amount=self.amount, **self.statement(offset))

    def lend(self, number: int, drawn: int, due: int, closed: int | None, **columns: object) -> Row:
        """A loan of one instalment, paid as it is closed; returns what names the instalment."""
        name: Row = {"loan_id": f"l{number}-{self.name}", "installment_no": 1}
        if closed is not None:
            columns |= {"closed_at": self.at(closed, "13:00:00"), "close_reason": "repaid"}
            self.pay(number, closed, amount="40", **name)
        self.borrow(number, drawn, **({"principal": "40"} | columns))
        terms = {"due_date": self.on(due), "amount_due": "40"}
        self.put("installments", self.on(drawn), **(terms | name))
        return name

    def plan(self, number: int, drawn: int, named: int, closed: int | None) -> Row:
        """A plan of a part of a bill, due a month later."""
        line = {"product": "huabei", "account_id": f"huabei-{self.name}"}
        origin = {"origin_statement_id": self.statement(named)["statement_id"]}
        return self.lend(number, drawn, drawn + 30, closed, **(line | origin))

    def dispute(self, kind: str, record: str, offset: int, **columns: object) -> None:
        """A dispute about a record."""
        row = {"dispute_id": f"{kind}-{self.name}", "record_kind": kind, "record_id": record}
        self.put("disputes", self.on(offset), opened_at=self.at(offset), **(row | columns))


class PaidAtLast(Settled):
    """Owes from the first bill on and pays all of it on the day."""

    def settle(self, offset: int) -> None:
        if offset == 0:
            self.pay(0, 0, amount=self.amount, **self.statement(-30))
        elif offset > 0:
            super().settle(offset)


class NeverPaid(Settled):
    """Owes from the first bill on."""

    def settle(self, offset: int) -> None:
        pass


class PaidMinimum(Settled):
    """Pays the minimum of bills that carry the rest on, and all of them after the day."""

    def settle(self, offset: int) -> None:
        amount = "10" if offset < 60 else self.amount
        self.pay(offset, offset + 10, amount=amount, **self.statement(offset))


class PaidByFinal(PaidMinimum):
    """Part is enough: the payment of the bill before the day is final."""

    def add(self) -> None:
        self.pay(1000, -1, amount="20", is_final=True, **self.statement(-30))


class PaidLate(Settled):
    """Pays each bill after the next one was issued, naming the older one."""

    def settle(self, offset: int) -> None:
        self.pay(offset, offset + 34, amount=self.amount, **self.statement(offset))


class NamesOldBill(Settled):
    """Pays a bill of the year before after the day."""

    def add(self) -> None:
        self.pay(1000, 65, amount="30", **self.statement(-270))


class PaysAhead(Settled):
    """Pays a bill long before it is issued."""

    def add(self) -> None:
        self.pay(1000, -200, amount="30", **self.statement(60))


class PaysStranger(Settled):
    """Names a bill of nobody and one of somebody else, both long ago and now."""

    def add(self) -> None:
        other = self.world, self.day
        for number, offset in enumerate((-200, 50)):
            self.pay(1000 + number, offset, amount="30", statement_id="nobody's")
            name = Settled(*other).statement(-270)
            self.pay(1010 + number, offset, amount="30", **name)


class Objects(Settled):
    """Disputes an old bill, an old instalment and an old loan, after the day."""

    def add(self) -> None:
        self.dispute("statement", self.statement(-270)["statement_id"], 40)
        self.dispute("loan", f"l900-{self.name}", 40)
        resolved = {"resolved_at": self.at(50), "outcome": "upheld"}
        self.dispute("installment", f"l901-{self.name}#1", 40, **resolved)


class ObjectsToNewBill(Settled):
    """Disputes a bill after the day."""

    def add(self) -> None:
        self.dispute("statement", self.statement(60)["statement_id"], 70)


class Merges(Settled):
    """Turns out to be two people's accounts."""

    def add(self) -> None:
        twin = f"twin of {self.name}"
        row = {"user_id": twin, "merged_into": self.name, "registered_at": self.at(-400)}
        self.world.send_once("users", row, self.day)
        bill = {"statement_id": f"s-{twin}", "product": "huabei", "amount_due": "70"}
        dates = {"statement_date": self.on(-200), "due_date": self.on(-185)}
        self.world.send_once("statements", {"user_id": twin} | bill | dates, self.day)


class SecondLine(Settled):
    """Has bills of another account, left unpaid."""

    def add(self) -> None:
        self.issue(-215, account_id=f"second-{self.name}")


class NoAccount(Settled):
    """Is billed by product."""

    def issue(self, offset: int, **columns: object) -> None:
        super().issue(offset, **({"account_id": None, "product": "huabei"} | columns))


class IntoLine(NoAccount):
    """Is billed by product; now and then money goes into the account, also after a plan."""

    def add(self) -> None:
        for offset in (-200, 50):
            into_line = {"account_id": f"huabei-{self.name}", "amount": "5"}
            self.pay(1000 + offset, offset, **into_line)


class SomeAccounts(NoAccount):
    """Is billed by account once, long ago."""

    def issue(self, offset: int, **columns: object) -> None:
        account = {"account_id": f"other-{self.name}"} if offset == -300 else {}
        super().issue(offset, **(account | columns))


class PlansOldBill(Settled):
    """Puts an old bill into a plan after the day."""

    def add(self) -> None:
        self.plan(1000, drawn=20, named=-270, closed=None)


class PlansAcross(Settled):
    """Has a plan that runs over the day, and money in its account before and after."""

    def add(self) -> None:
        self.plan(1000, drawn=-55, named=-60, closed=None)
        for offset in (-40, 40):
            into_line = {"account_id": f"huabei-{self.name}", "amount": "15"}
            self.pay(1000 + offset, offset, **into_line)


class PaysIntoLater(Settled):
    """Has a plan after the day; before and after it more money than the bill asks for."""

    def add(self) -> None:
        self.plan(1000, drawn=20, named=0, closed=None)
        for offset in (15, 40):
            into_line = {"account_id": f"huabei-{self.name}", "amount": "115"}
            self.pay(1000 + offset, offset, **into_line)


class ClosesLoans(Settled):
    """Loans that end on the day, fall due after it, or are paid after it."""

    def add(self) -> None:
        self.lend(1000, drawn=-60, due=-30, closed=0)
        self.lend(1001, drawn=-60, due=-2, closed=-31)
        self.lend(1002, drawn=-60, due=30, closed=-31)
        name = self.lend(1003, drawn=-90, due=-60, closed=-60)
        self.pay(1010, 30, amount="5", **name)
        self.lend(1004, drawn=-90, due=-60, closed=-61, written_off_amount="3")


class PaysIntoCash(Settled):
    """Pays into the account of an old loan and of one that runs still."""

    def add(self) -> None:
        account = {"account_id": f"jiebei-{self.name}"}
        self.lend(1000, drawn=-100, due=-70, closed=-70, **account)
        self.lend(1001, drawn=-50, due=60, closed=None, **account)
        self.pay(1010, -80, amount="55", **account)


class PaysIntoCashLater(Settled):
    """Pays into the account after the old loan is over."""

    def add(self) -> None:
        account = {"account_id": f"jiebei-{self.name}"}
        self.lend(1000, drawn=-100, due=-70, closed=-70, **account)
        self.lend(1001, drawn=-50, due=60, closed=None, **account)
        self.pay(1010, 20, amount="25", **account)


class Credited(Settled):
    """Has a credit balance when the windows begin."""

    def issue(self, offset: int, **columns: object) -> None:
        credit = {"amount_due": "-20", "minimum_due": None} if offset in (-30, 0) else {}
        super().issue(offset, **(credit | columns))


class GivenUp(Settled):
    """Had a part of an old bill written off."""

    def issue(self, offset: int, **columns: object) -> None:
        given_up = {"written_off_amount": "20"} if offset == -270 else {}
        super().issue(offset, **(given_up | columns))


class Reported(Settled):
    """Was reported in arrears on one old bill."""

    def issue(self, offset: int, **columns: object) -> None:
        report = {"reported_dpd": 12} if offset == -270 else {}
        super().issue(offset, **(report | columns))


class ReportedAlone(Reported):
    """Is known by reports alone."""

    def settle(self, offset: int) -> None:
        pass


class LongDue(Settled):
    """Has an old bill that falls due within the windows."""

    def issue(self, offset: int, **columns: object) -> None:
        due = {"due_date": self.on(5)} if offset == -270 else {}
        super().issue(offset, **(due | columns))


class Stopped(Settled):
    """Has not been billed since half a year before the day."""

    def issue(self, offset: int, **columns: object) -> None:
        if offset < -180:
            super().issue(offset, **columns)

    def settle(self, offset: int) -> None:
        if offset < -180:
            super().settle(offset)


KINDS: tuple[type[Settled], ...] = (
    *(Settled, PaidAtLast, NeverPaid, PaidMinimum, PaidByFinal, PaidLate, NamesOldBill, PaysAhead),
    *(PaysStranger, Objects, ObjectsToNewBill, Merges, SecondLine, NoAccount, IntoLine),
    *(
        SomeAccounts,
        PlansOldBill,
        PlansAcross,
        PaysIntoLater,
        ClosesLoans,
        PaysIntoCash,
        PaysIntoCashLater,
    ),
    *(Credited, GivenUp, Reported, ReportedAlone, LongDue, Stopped),
)
