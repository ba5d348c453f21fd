"""Pack each folder beside this file into submissions/NAME.zip, the same bytes every time: python build.py."""

import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def packed(folder, target):
    """Write an archive of a folder; stored, of one fixed time, in the order of names."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), date_time=(2026, 9, 30, 12, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())


if __name__ == "__main__":
    for held in sorted(path for path in HERE.iterdir() if path.is_dir()):
        packed(held, HERE.parent / "submissions" / f"{held.name}.zip")
