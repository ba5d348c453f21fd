"""Submissions: somebody's file, loaded in a process of its own, recognised, driven and checked."""

from gradcheck.submissions.check_file import TIME_LIMIT, check_file, check_path

__all__ = ["TIME_LIMIT", "check_file", "check_path"]
