"""Worlds in which marts and reference must agree, and ways to show that a difference is seen.

``simulated_world``; ``dirty_world``, landing files that are legal and as nasty as we could think
of; ``old_world``, five years of the same with rows on every edge of every window. ``leaks`` lets
the marts see what they must not, which has to show.
"""
