"""The checks of every track, as pytest files, and what they share."""
