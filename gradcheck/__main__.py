"""``python -m gradcheck``, where no script is installed."""

from __future__ import annotations

import sys

from gradcheck.cli import main

sys.exit(main())
