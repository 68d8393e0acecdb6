"""A user with one day, and how its rows are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from scoring.reference.values import Row
from tests.reference.old_landing import OldLanding

LONG_AGO = "2021-08-01 12:00:00"


@dataclass
class EdgeUser:
    """Somebody known for long, with a line and a cash account, and a day."""

    world: OldLanding
    day: date

    @property
    def name(self) -> str:
        """The user's id."""
        return f"{type(self).__name__}-{self.day}"

    def send(self) -> None:
        """Send the user, both accounts and what the kind is about."""
        self.put("users", LONG_AGO[:10], registered_at=LONG_AGO)
        for product, limit in (("huabei", "100"), ("jiebei", "1000")):
            self.put(
                "accounts",
                LONG_AGO[:10],
                account_id=f"{product}-{self.name}",
                product=product,
                effective_at=LONG_AGO,
                status="active",
                credit_limit=limit,
            )
        self.act()

    def act(self) -> None:
        """Send what the kind is about."""
        raise NotImplementedError

    def put(self, feed: str, known: str, **columns: object) -> None:
        """Send a row of the user in the first batch that can know it."""
        self.world.send_once(feed, {"user_id": self.name} | columns, date.fromisoformat(known))

    def at(self, offset: int, time: str = "12:00:00") -> str:
        """A moment so many days from the user's day."""
        return f"{self.on(offset)} {time}"

    def on(self, offset: int) -> str:
        """The day so many days from the user's day."""
        return str(self.day + timedelta(days=offset))

    def pay(self, number: int, offset: int, **columns: object) -> None:
        """A successful payment, unless the columns say otherwise."""
        row = {"repayment_id": f"r{number}-{self.name}", "paid_at": self.at(offset)}
        self.put("repayments", self.on(offset), **(row | {"status": "succeeded"} | columns))

    def bill(self, offset: int, due: int) -> Row:
        """A bill of 100, at least 10; returns what a payment names."""
        name = {"statement_id": f"s-{self.name}"}
        self.put(
            "statements",
            self.on(offset),
            **name,
            account_id=f"huabei-{self.name}",
            statement_date=self.on(offset),
            due_date=self.on(due),
            amount_due="100",
            minimum_due="10",
        )
        return name

    def borrow(self, number: int, offset: int, **columns: object) -> str:
        """A cash loan of 300, unless the columns say otherwise; returns its id."""
        loan_id = f"l{number}-{self.name}"
        row = {"product": "jiebei", "principal": "300", "disbursed_at": self.at(offset, "00:00:00")}
        self.put("loans", self.on(offset), **(row | {"loan_id": loan_id} | columns))
        return loan_id

    def owe(self, number: int, due: int, paid: int) -> None:
        """A cash loan of one instalment, and the payment of it."""
        name = {"loan_id": self.borrow(number, due - 30), "installment_no": 1}
        self.put("installments", self.on(due - 30), due_date=self.on(due), amount_due="300", **name)
        self.pay(number, paid, amount="300", **name)
