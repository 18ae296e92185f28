"""Reading and writing cases: one file for each format."""

from v2g.formats.draft import Draft
from v2g.formats.folder import read_folder
from v2g.formats.folder_out import write_folder
from v2g.formats.shipped import locate, shipped_cases

__all__ = ["Draft", "locate", "read_folder", "shipped_cases", "write_folder"]
