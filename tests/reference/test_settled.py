"""What was settled before the windows is left out, of whom it may be."""

from __future__ import annotations

import pytest

from scoring.warehouse.store import open_warehouse
from tests.reference.settled_users import KINDS
from tests.reference.worlds import World, old_world
