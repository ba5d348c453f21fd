"""Submissions: somebody's file, loaded in a process of its own, recognised, driven and checked."""

from gradcheck.submissions.check_file import TIME_LIMIT, check_file, check_path
from gradcheck.submissions.diagnose_file import Repair, diagnose_file, diagnose_path, repair_file

__all__ = [
    "TIME_LIMIT",
    "Repair",
    "check_file",
    "check_path",
    "diagnose_file",
    "diagnose_path",
    "repair_file",
]
