"""Landed files, good and broken: a small corpus, and strategies that break it further."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

HEADER = "transaction_id,user_id,occurred_at,amount,channel"
ROWS = ("T1,U1,2025-01-06,1.00,app", 'T2,U2,2025-01-06 10:00:00+08:00,2.50,"a ""b"", c"',
        "T3,U9,2025-01-06T09:30:00Z,1e2,网", "T4,U1,bad,2.555,", "T2,U2,2025-01-07,9,")  # fmt: skip
TOKENS = (
    b"", b"\0", b'"', b"\n", b"\r", b"\r\n", b",", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    b"\x1a", b"\x01", b"{", b"}", b"[" * 2_000, b"null", b"NaN", b"-1e999", b"9" * 400, b"\\u0000",
    b"\\ud800", b"'; drop table ops.batches; --", b"%s%n", b"x" * 5_000, "𝟙٣\u202e".encode(),
    b"PAR1", b"\x1f\x8b", b"0001-01-01", b"9999-12-31", b"-0", b"is_deleted", b"user_id",
)  # fmt: skip
CONTROLS = ("", "{", "[]", "null", '{"rows": 0}', '{"rows": 5}', '{"rows": -1}', '{"rows": 1e3}',
            '{"rows": 5, "sums": {"amount": "NaN"}}', '{"rows": 5, "sums": {"x": 1}}',
            '{"rows": 5, "sums": {"amount": 1e400}}', "[" * 5_000, '{"rows": true}')  # fmt: skip
NAMES = ("a.csv", "a.csv.gz", "a.parquet", "a.jsonl", "A.CSV", "a'b.csv", "a;--.jsonl", "ä 网.csv",
         "a*.csv", "a%20.parquet", "a.txt", "a..csv", "-a.csv", "a" * 200 + ".csv")  # fmt: skip


@cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """Whole files that load, by name."""
    text = "\n".join([HEADER, *ROWS, ""]).encode()
    names = HEADER.split(",")
    plain = [dict(zip(names, row.split(",")[:5], strict=False)) for row in (ROWS[0], ROWS[3])]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in plain).encode()
    texts = pa.table({name: [str(row.get(name)) for row in plain] * 20 for name in names})
    typed = texts.set_column(3, "amount", pa.array([1.25, 2.5] * 20, pa.float64()))
    return (
        ("a.csv", text),
        ("a.csv", text.replace(b"\n", b"\r\n")),
        ("a.csv.gz", gzip.compress(text, mtime=0)),
        ("a.jsonl", lines),
        ("a.parquet", _parquet(texts, "none")),
        ("a.parquet", _parquet(typed, "zstd")),
        ("a.csv", HEADER.encode()),
        ("a.csv", b""),
    )


def _parquet(table: pa.Table, compression: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression=compression)
    return sink.getvalue()


@dataclass(frozen=True)
class Break:
    """One change: at a place (0-1 of the length) cut, drop, repeat or overwrite, or put a token."""

    kind: str
    place: float
    length: int
    token: int

    def apply(self, content: bytes) -> bytes:
        """The content with this change."""
        start = int(self.place * len(content))
        end = start + self.length
        token = TOKENS[self.token % len(TOKENS)]
        return {
            "cut": content[:start],
            "drop": content[:start] + content[end:],
            "repeat": content[:end] + content[start:],
            "flip": content[:start] + bytes(255 - b for b in content[start:end]) + content[end:],
            "insert": content[:start] + token + content[start:],
            "overwrite": content[:start] + token + content[start + len(token) :],
        }[self.kind]


@dataclass(frozen=True)
class Case:
    """One landing folder.

    Attributes:
        base: Which file of the corpus.
        breaks: What is done to it, in order.
        inside: Whether a compressed file is broken before it is compressed.
        name: Another name than the corpus gives it, as a place in ``NAMES``.
        control: A control file, as a place in ``CONTROLS``.
    """

    base: int
    breaks: tuple[Break, ...]
    inside: bool = False
    name: int | None = None
    control: int | None = None

    def files(self) -> dict[str, bytes]:
        """Name -> content of everything in the folder."""
        name, content = corpus()[self.base]
        unpack = self.inside and name.endswith(".gz")
        content = gzip.decompress(content) if unpack else content
        for each in self.breaks:
            content = each.apply(content)
        content = gzip.compress(content, mtime=0) if unpack else content
        found = {name if self.name is None else NAMES[self.name]: content}
        if self.control is None:
            return found
        return found | {"_control.json": CONTROLS[self.control].encode()}


BREAKS = st.builds(
    Break,
    st.sampled_from(["cut", "drop", "repeat", "flip", "insert", "overwrite"]),
    st.floats(0, 1),
    st.integers(1, 40),
    st.integers(0, len(TOKENS) - 1),
)
CASES = st.builds(
    Case,
    st.integers(0, len(corpus()) - 1),
    st.lists(BREAKS, min_size=0, max_size=4).map(tuple),
    st.booleans(),
    st.none() | st.none() | st.none() | st.integers(0, len(NAMES) - 1),
    st.none() | st.none() | st.none() | st.integers(0, len(CONTROLS) - 1),
)
