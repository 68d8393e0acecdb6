"""The adapters on sources small enough to check by hand; the real sets are not needed here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tests.acceptance.adapters import online_retail, taiwan, xente
from tests.acceptance.adapters.landing import Account, Fate

TRAIN_HEADER = (
    "CustomerId,TransactionStartTime,Value,Amount,TransactionId,BatchId,SubscriptionId,CurrencyCode,"
    "CountryCode,ProviderId,ProductId,ProductCategory,ChannelId,TransactionStatus,IssuedDateLoan,"
    "AmountLoan,Currency,LoanId,PaidOnDate,IsFinalPayBack,InvestorId,DueDate,LoanApplicationId,"
    "PayBackId,ThirdPartyId,IsThirdPartyConfirmed,IsDefaulted"
)
TEST_HEADER = (
    "CustomerId,TransactionStartTime,Value,Amount,TransactionId,BatchId,SubscriptionId,CurrencyCode,"
    "CountryCode,ProviderId,ProductId,ProductCategory,ChannelId,TransactionStatus,IssuedDateLoan,"
    "LoanId,InvestorId,LoanApplicationId,ThirdPartyId"
)
UNLINKED_HEADER = (
    "TransactionId,BatchId,CustomerId,CurrencyCode,CountryCode,ProviderId,ProductId,ProductCategory,"
    "ChannelId,Amount,Value,TransactionStartTime"
)


def rows_of(landing: Path, feed: str) -> list[dict[str, str | None]]:
    """Every landed row of a feed as text, with its folder's dt, ordered."""
    files = f"read_csv('{landing}/{feed}/*/*.csv', all_varchar = true, hive_partitioning = true, "
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select * from {files} hive_types_autocast = false) order by all"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def fetch(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def xente_landing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Account]:
    source, landing = tmp_path_factory.mktemp("xente"), tmp_path_factory.mktemp("landing")
    shop = "UGX,256,ProviderId_1,ProductId_7,airtime,ChannelId_1"
    loan = "c1,2019-01-05 10:00:02,4e+05,-4e+05,t1,b,s," + shop + ",1,2019-01-05 10:00:00"
    tail = "I1,2019-02-04 09:59:58,a1"
    (source / "Train.csv").write_text(
        f"{TRAIN_HEADER}\n"
        f"{loan},1e+05,UGX,l1,2019-01-20 08:00:00,0,{tail},p1,tp1,1,1\n"
        f"{loan},320000,UGX,l1,2019-03-01 08:00:00,1,{tail},p2,NA,1,1\n"
        f"c1,2019-01-05 09:00:00,700,-700,t9,b,s,{shop},0{',NA' * 13}\n"
        f"c2,2019-01-06 09:00:00,800,-800,t9,b,s,{shop},0{',NA' * 13}\n"
    )
    (source / "Test.csv").write_text(
        f"{TEST_HEADER}\n"
        f"c3,2019-04-02 09:00:01,500,-500,t5,b,s,{shop},1,2019-04-02 09:00:00,l5,I1,a5,tp5\n"
    )
    (source / "unlinked_masked_final.csv").write_text(
        f"{UNLINKED_HEADER}\nt100,b,c4,{shop},2000,1950,3/1/19 22:57:49\n"
    )
    return landing, xente.write_landing(source, landing)


def test_xente_account_has_every_source_row_once(xente_landing: tuple[Path, Account]) -> None:
    account = xente_landing[1]
    assert account.source_rows == {"Train.csv": 4, "Test.csv": 1, "unlinked_masked_final.csv": 1}
    assert account.unaccounted() == {}
    assert account.landed() == {
        "installments": 1,
        "loans": 4,
        "repayments": 3,
        "transactions": 3,
        "users": 4,
    }


def test_xente_loan_lands_on_its_issue_with_value_as_principal(
    xente_landing: tuple[Path, Account],
) -> None:
    loans = {row["loan_id"]: row for row in rows_of(xente_landing[0], "loans")}
    assert set(loans) == {"l1", "l5", "t9@20190105T090000", "t9@20190106T090000"}
    assert (loans["l1"]["principal"], loans["l1"]["dt"]) == ("400000.00", "2019-01-05")
    assert loans["l1"]["disbursed_at"] == "2019-01-05 10:00:00"
    rejected = loans["t9@20190106T090000"]
    assert (rejected["decision"], rejected["disbursed_at"]) == ("rejected", None)
    (installment,) = rows_of(xente_landing[0], "installments")
    assert (installment["loan_id"], installment["due_date"]) == ("l1", "2019-02-04")


def test_xente_pay_backs_land_on_the_day_they_were_paid(
    xente_landing: tuple[Path, Account],
) -> None:
    told = sorted(
        (str(row["repayment_id"]), str(row["dt"]), row["amount"], row["is_final"])
        for row in rows_of(xente_landing[0], "repayments")
    )
    assert told == [
        ("p1", "2019-01-20", "100000.00", "false"),
        ("p2", "2019-03-01", "320000.00", "true"),
        ("p2", "2019-04-02", "320000.00", "false"),  # IsDefaulted, known on the last day
    ]


def test_xente_reads_both_date_formats(xente_landing: tuple[Path, Account]) -> None:
    times = {
        row["transaction_id"]: row["occurred_at"]
        for row in rows_of(xente_landing[0], "transactions")
    }
    assert times == {
        "t1@20190105T100002": "2019-01-05 10:00:02",
        "t5@20190402T090001": "2019-04-02 09:00:01",
        "t100": "2019-01-03 22:57:49",  # 3/1/19 is the third of January
    }


def test_xente_user_lands_on_the_first_day_seen(xente_landing: tuple[Path, Account]) -> None:
    days = {row["user_id"]: row["dt"] for row in rows_of(xente_landing[0], "users")}
    assert days == {"c1": "2019-01-05", "c2": "2019-01-06", "c3": "2019-04-02", "c4": "2019-01-03"}


@pytest.fixture(scope="module")
def retail_landing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Account]:
    source, landing = tmp_path_factory.mktemp("retail"), tmp_path_factory.mktemp("landing")
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    (source / "by-day").mkdir()
    (source / "by-day" / "2010-12-01.csv").write_text(
        f"{header}\n"
        "1,A,MUG,6,2010-12-01 08:26:00,2.55,17850.0,France\n"
        "1,A,MUG,6,2010-12-01 08:26:00,2.55,17850.0,France\n"  # an exact duplicate
        "1,A,MUG,2,2010-12-01 08:26:00,2.55,17850.0,France\n"  # another line of one article
        "2,B,,3,2010-12-01 09:00:00,1.25,,France\n"  # no customer
        "3,C,GIFT,1,2010-12-01 09:00:00,0.0,12.0,Italy\n"  # costs nothing
        "4,D,FEE,1,2010-12-01 09:00:00,0.001,,Italy\n"  # more decimals than money has
    )
    (source / "by-day" / "2010-12-03.csv").write_text(
        f"{header}\n"
        "C5,A,MUG,-4,2010-12-03 10:00:00,2.55,17850.0,France\n"  # fits the first line only
        "C6,A,MUG,-3,2010-12-03 11:00:00,2.55,17850.0,France\n"  # would make it 7 of 6
        "C7,Z,ELSE,-1,2010-12-03 12:00:00,9.99,17850.0,France\n"  # never bought here
    )
    return landing, online_retail.write_landing(source, landing)


def test_retail_exact_duplicates_share_an_id_and_other_lines_do_not(
    retail_landing: tuple[Path, Account],
) -> None:
    ids = [
        row["transaction_id"]
        for row in rows_of(retail_landing[0], "transactions")
        if row["user_id"] == "17850" and row["dt"] == "2010-12-01"
    ]
    assert len(ids) == 3
    assert len(set(ids)) == 2


def test_retail_amounts_are_exact_and_bad_rows_land_as_they_are(
    retail_landing: tuple[Path, Account],
) -> None:
    rows = [row for row in rows_of(retail_landing[0], "transactions") if row["dt"] == "2010-12-01"]
    amounts = Counter((row["amount"], row["user_id"]) for row in rows)
    assert amounts == {
        ("15.30", "17850"): 2,
        ("5.10", "17850"): 1,
        ("3.75", None): 1,
        ("0.00", "12"): 1,
        ("0.001", None): 1,
    }
    control = retail_landing[0] / "transactions" / "dt=2010-12-01" / "_control.json"
    assert json.loads(control.read_text()) == {"rows": 6, "sums": {"amount": "39.451"}}


def test_retail_cancellation_refunds_the_line_it_fits(retail_landing: tuple[Path, Account]) -> None:
    landing, account = retail_landing
    rows = rows_of(landing, "transactions")
    purchase = {row["transaction_id"] for row in rows if row["amount"] == "15.30"}
    back = {row["amount"]: row["refund_of"] for row in rows if row["dt"] == "2010-12-03"}
    assert back == {"10.20": purchase.pop(), "-7.65": None, "-9.99": None}
    assert account.unaccounted() == {}
    assert [fate.rows for fate in account.fates] == [6, 1, 2]


def test_retail_user_lands_on_the_first_day_seen(retail_landing: tuple[Path, Account]) -> None:
    assert rows_of(retail_landing[0], "users") == [
        {"user_id": "12", "region_code": "Italy", "dt": "2010-12-01"},
        {"user_id": "17850", "region_code": "France", "dt": "2010-12-01"},
    ]


@pytest.fixture(scope="module")
def taiwan_landing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Account]:
    source, landing = tmp_path_factory.mktemp("taiwan"), tmp_path_factory.mktemp("landing")
    months = range(1, 7)
    header = ["ID", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", "PAY_0"]
    header += [f"PAY_{k}" for k in months if k > 1]
    header += [f"BILL_AMT{k}" for k in months] + [f"PAY_AMT{k}" for k in months]
    row = "7,20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,-50,0,689,0,0,0,40,1"
    text = ",".join([*header, "default.payment.next.month"]) + "\r" + row
    (source / "UCI_Credit_Card.csv").write_bytes(text.encode())
    return landing, taiwan.write_landing(source, landing)


def test_taiwan_bills_are_due_on_the_25th_of_the_next_month(
    taiwan_landing: tuple[Path, Account],
) -> None:
    landing, _ = taiwan_landing
    bills = fetch(
        "select statement_id, statement_date::varchar, due_date::varchar, amount_due::integer "
        f"from '{landing}/statements/*/*.parquet' order by statement_id"
    )
    assert bills == [
        ("bill-7-200504", "2005-04-30", "2005-05-25", -50),
        ("bill-7-200505", "2005-05-31", "2005-06-25", 0),
        ("bill-7-200506", "2005-06-30", "2005-07-25", 0),
        ("bill-7-200507", "2005-07-31", "2005-08-25", 689),
        ("bill-7-200508", "2005-08-31", "2005-09-25", 3102),
        ("bill-7-200509", "2005-09-30", "2005-10-25", 3913),
    ]


def test_taiwan_payments_answer_the_bill_of_the_month_before(
    taiwan_landing: tuple[Path, Account],
) -> None:
    landing, account = taiwan_landing
    paid = fetch(
        "select repayment_id, statement_id, account_id, paid_at::varchar, amount::integer, "
        f"from '{landing}/repayments/*/*.parquet' order by repayment_id"
    )
    assert paid == [
        ("pay-7-200504", None, "card-7", "2005-04-20 12:00:00", 40),
        ("pay-7-200508", "bill-7-200507", None, "2005-08-20 12:00:00", 689),
    ]
    assert account.unaccounted() == {}
    assert account.listed()["zero: nothing was paid in this month"] == 4


def test_taiwan_lands_neither_arrears_codes_nor_the_label(
    taiwan_landing: tuple[Path, Account],
) -> None:
    landing, _ = taiwan_landing
    names = {
        str(row[0])
        for feed in taiwan.FEEDS
        for row in fetch(f"describe from '{landing}/{feed}/*/*.parquet'")
    }
    assert names == {
        *("user_id", "birth_year", "gender", "account_id", "product", "effective_at", "status"),
        *("credit_limit", "due_day", "statement_id", "statement_date", "due_date", "amount_due"),
        *("repayment_id", "paid_at", "amount", "dt"),
    }


def test_account_finds_rows_without_a_fate() -> None:
    account = Account({"a.csv": 3}, (Fate("a.csv", "users", "seen", 2),), ())
    assert account.unaccounted() == {"a.csv": 1}
