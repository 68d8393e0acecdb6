"""Broken landing files without end, and what must hold of every one."""
