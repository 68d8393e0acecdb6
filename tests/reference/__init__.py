"""A second, slow and obvious way to compute every feature: plain Python, one user at a time.

It reads the same raw Parquet files as the feature marts and shares no code with their models, so a
rule misread or a join gone wrong on one side shows as a difference. The order of reading:

    raw_rows -> known_world -> bills, loans -> payments -> lines, schedules -> obligations
    -> spending, repayment, history, linkage, consent -> features

Three worlds are read in both ways: ``simulated_world``; ``dirty_world``, landing files that are
legal and as nasty as we could think of; ``old_world``, five years of the same with rows on every
edge of every window. ``leaks`` lets the marts see what they must not, which has to show.
"""
