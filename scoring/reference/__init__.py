"""A second, slow and obvious way to compute every feature: plain Python, one user at a time.

It reads the same raw Parquet files as the feature marts and shares no code with their models, so a
rule misread or a join gone wrong on one side shows as a difference. Every night the gate ``marts``
computes a few users (``CREDITLOOP_REFERENCE_USERS``) in this way and compares; the tests compare
everybody in three worlds. To see how a feature of a user comes about, read in this order:

    raw_rows -> known_world -> bills, loans -> payments -> lines, schedules -> obligations
    -> spending, repayment, history, linkage, consent -> features

``sample`` draws a night's users, ``comparison`` and ``agreement`` put both sides next to each
other. Nothing here is made for speed: where a model aggregates, this looks at one row after the
other, so that it can be checked against docs/features.md by reading.
"""
