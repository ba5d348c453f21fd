"""Submissions: somebody's file, loaded in a process of its own, recognised, driven and checked."""

from gradcheck.submissions.check_file import check_file, check_path
from gradcheck.submissions.diagnose_file import Repair, diagnose_file, diagnose_path, repair_file
from gradcheck.submissions.request import TIME_LIMIT

__all__ = [
    "TIME_LIMIT",
    "Repair",
    "check_file",
    "check_path",
    "diagnose_file",
    "diagnose_path",
    "repair_file",
]
