"""What is stored, as Parquet with a manifest, and the check of such an export where there is no warehouse."""

from python_processors.export.checking import ExportCheck, check_export
from python_processors.export.manifest import MANIFEST, Manifest, ManifestError, read_manifest
from python_processors.export.writing import ExportError, Wanted, export

__all__ = [
    "MANIFEST", "ExportCheck", "ExportError", "Manifest", "ManifestError", "Wanted", "check_export", "export",
    "read_manifest",
]  # fmt: skip
