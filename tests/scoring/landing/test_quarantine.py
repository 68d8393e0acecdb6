"""What is shown of a quarantined row, and how to read the rest."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import InvalidToken
from pydantic import SecretStr

from scoring.landing.quarantine import RowCipher, mask_value, show_value
from tests.scoring.landing.conftest import DAY, Bench, transactions


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("12a.50", "99x.99"),
        ("-1,234.5", "-9,999.9"),
        ("U-0042", "x-9999"),
        ("张三", "??"),
        ("Ann Lee\n", "xxx xxx?"),
        ("7" * 31, "9" * 30 + "…"),
        ("", ""),
    ],
)
def test_shape_keeps_no_digit_and_no_letter(value: str, shape: str) -> None:
    assert mask_value(value) == shape


def test_only_the_shape_of_the_column_at_fault_is_shown() -> None:
    row = json.dumps({"status": "on_hold", "amount": "12.345", "long": "a" * 21, "n": 5})
    assert show_value(row, "status") == "xx_xxxx"
    assert show_value(row, "amount") == "99.999"
    assert show_value(row, "long") == "x" * 21
    assert show_value(row, "n") == "9"
    assert show_value(row, "absent") is None
    assert show_value(row, None) is None


def test_raw_row_can_be_read_with_the_key_only(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T2,SECRET,bad,9", "T3,SECRET"))
    bench.ingest()
    rows = bench.query(
        "select feed, batch_date, file_name, row_number, rule, shown_value, run_id, raw_row "
        "from quality.quarantine order by row_number"
    )
    assert [row[:7] for row in rows] == [
        ("transactions", DAY, "part.csv", 2, "type", "xxx", "test"),
        ("transactions", DAY, "part.csv", 3, "malformed", None, "test"),
    ]
    cipher = RowCipher(bench.settings)
    assert json.loads(cipher.decrypt(rows[0][7])) == {
        "transaction_id": "T2", "user_id": "SECRET", "occurred_at": "bad", "amount": "9",
    }  # fmt: skip
    assert cipher.decrypt(rows[1][7]) == "T3,SECRET"
    other = bench.settings.model_copy(update={"identity_key": SecretStr("z" * 40)})
    with pytest.raises(InvalidToken):
        RowCipher(other).decrypt(rows[0][7])
