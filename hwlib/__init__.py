"""What every program of the homework shares and no student edits."""

__version__ = "0.1.0"
