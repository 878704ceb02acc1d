"""The version, readable where the package is not installed: on a node with only the sources."""

__version__ = "0.1.0"
